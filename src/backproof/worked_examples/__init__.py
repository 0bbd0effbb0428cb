"""Worked examples: numbers published by others, and what explains the wrong ones.

Knows `truth` and what is below it; needs no test vector, no backend and no verdict.

- `example`: what a file says, checked; `names`: what it calls each number.
- `conventions`: networks that differ from ours and are no mistake.
- `calculation`: the true numbers; `formulas`: how each follows from others.
- `digits`: what a printed number admits.
- `expressions`: a formula as a tree, to compute and to get wrong.
- `verdicts`: what is said of each number; `working`: what is known while it is judged.
- `judging`: the order of the searches; `earlier_lines`, `causes` and `by_hand`: the searches.
"""

__all__ = ["conventions", "digits", "example", "judging", "names", "verdicts"]
