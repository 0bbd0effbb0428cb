"""The network on paper: its formulas over any arithmetic, its conventions, its number formats.

A mistake is a network too, one with a convention broken. Knows `text` and the exceptions only.
"""

__all__ = ["formats", "inputs", "mistakes", "network", "notation", "quantities"]
