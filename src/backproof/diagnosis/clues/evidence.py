"""How many digits of agreement rule out a chance match."""

from collections.abc import Iterable
from fractions import Fraction
from math import log10

MIN_DIGITS = 9  # digits: a chance of one in 10⁹
MAX_DIGITS = 17  # that a float64 has


def agreeing_digits(size: Fraction, width: Fraction) -> float:
    """Return how many digits of a number of this size an interval of this width fixes."""
    if width == 0 or size > width * 10**MAX_DIGITS:
        return MAX_DIGITS
    return log10(size / width) if size > width else 0.0


def is_significant(agreeing: Iterable[float]) -> bool:
    """Whether these digits of agreement together rule out a chance match."""
    return sum(agreeing) >= MIN_DIGITS
