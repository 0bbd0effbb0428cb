"""Diagnosis: which mistake explains wrong numbers, clues, the proof of the suite.

Knows `judging` and what is below it; not how a diagnosis is shown.
"""

__all__ = ["broken", "clues", "proof", "questions", "search", "tolerances"]
