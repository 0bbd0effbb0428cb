"""In how many digits numbers agree, and how many are no accident."""

from collections.abc import Iterable
from fractions import Fraction
from math import log10

ENOUGH = 9  # digits: a chance of one in 10⁹
MOST = 17  # that a float64 has


def digits(size: Fraction, width: Fraction) -> float:
    """Return in how many digits a number of this size is confined to an interval so wide."""
    if width == 0 or size > width * 10**MOST:
        return MOST
    return log10(size / width) if size > width else 0.0


def no_accident(agreeing: Iterable[float]) -> bool:
    """Whether so many digits of each number are enough, all together."""
    return sum(agreeing) >= ENOUGH
