"""What can be said of wrong numbers that no mistake in the catalogue reproduces.

Only what the numbers prove is said, and only of where they first go wrong: a later op follows from
an earlier one, and in the forward pass and the loss one quantity from another.
"""

from backproof.diagnosis.clues.sentences import find_clues

__all__ = ["find_clues"]
