"""Worked examples: check the numbers that others published, and explain the wrong ones.

May import `truth` and below; needs no test vector, no backend and no verdict.

- `example`: read and validate a file; `vector_forms`: a vector file as a worked example.
- `conventions`: networks with other conventions, which are not mistakes.
- `calculation`: compute the exact numbers; `example_formulas`: how each follows from others.
- `digits`: a published number, and the values that it can stand for.
- `expressions`: a formula as a tree, to evaluate or to alter.
- `verdicts`: the verdict on each number; `evaluation_state`: the state during the evaluation.
- `evaluation`: the order of the searches; `earlier_lines`, `learning_rate`, `causes` and `by_hand`:
  the searches; `candidates`: the mistakes that the conventions allow.
- `other_networks`: signs of another loss or activation; `dependencies`: which numbers to mend.
"""

__all__ = [
    "conventions",
    "digits",
    "evaluation",
    "example",
    "verdicts",
]
