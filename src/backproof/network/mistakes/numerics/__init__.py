"""Numerical mistakes: right formulas, computed in another precision or by an unsafe method."""
