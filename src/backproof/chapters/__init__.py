"""What the fixtures ask, a module for each file; what they expect comes from `backproof.truth`.

A chapter has a `SOURCE`, `NOTES` that say for each flag what a failure means, and `vectors()`,
which yields the vectors as a file holds them, but for what is expected. A vector may name the
`dtypes` in which it is judged; without, it is judged in all.
"""
