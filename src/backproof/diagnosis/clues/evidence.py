"""In how many digits numbers agree, and how many are no accident."""

from collections.abc import Iterable
from fractions import Fraction
from math import log10

MIN_DIGITS = 9  # digits: a chance of one in 10⁹
MAX_DIGITS = 17  # that a float64 has


def agreeing_digits(size: Fraction, width: Fraction) -> float:
    """Return in how many digits a number of this size is confined to an interval so wide."""
    if width == 0 or size > width * 10**MAX_DIGITS:
        return MAX_DIGITS
    return log10(size / width) if size > width else 0.0


def is_significant(agreeing: Iterable[float]) -> bool:
    """Whether so many digits of each number are enough, all together."""
    return sum(agreeing) >= MIN_DIGITS
