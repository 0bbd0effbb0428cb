"""Numerical mistakes: right formulas, computed in another precision or by an unsafe method.

May import `network` and `text`. They change every op, so they are tried at every level.
"""

__all__ = ["methods", "rounding"]
