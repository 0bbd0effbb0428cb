"""Clues: patterns in wrong numbers that no known mistake reproduces.

A clue states only what the numbers prove, and only of the first op that goes wrong: later ops
build on it, as later quantities of the forward pass and the loss build on earlier ones.
"""

from backproof.diagnosis.clues.sentences import (
    describe_correct,
    describe_sometimes_made,
    find_clues,
    find_clues_to_rest,
)

__all__ = ["describe_correct", "describe_sometimes_made", "find_clues", "find_clues_to_rest"]
