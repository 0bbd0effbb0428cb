"""Diagnosis: the mistake that explains wrong numbers, clues, the proof of the suite.

May import `judging` and below. How a diagnosis is shown is not decided here.
"""

__all__ = [
    "broken",
    "clues",
    "own_numbers",
    "prepared_vectors",
    "proof",
    "search",
    "tolerances",
    "weights_alone",
]
