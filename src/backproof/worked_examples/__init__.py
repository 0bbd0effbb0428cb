"""Worked examples that somebody printed: which digits are right, and what explains the others.

- `example`: what a file says, checked; `names`: what it calls each number.
- `conventions`: networks that differ from ours and are no mistake.
- `calculation`: the true numbers; `formulas`: how each follows from others.
- `digits`: what a printed number admits.
- `verdicts`: what is said of each number; `causes`: the search for what explains it.
- `page`: the result, for the terminal and in Markdown.
"""
