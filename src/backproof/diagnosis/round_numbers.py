"""The number in an interval that a person would have written."""

from collections.abc import Iterator
from fractions import Fraction

MAX_DENOMINATOR = 12
FEW_DIGITS, MAX_DIGITS = 3, 17


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """Return a number of few digits, a fraction such as 1/3, or else that with the fewest digits.

    It is the middle of the interval if there is no other.
    """
    middle = (low + high) / 2
    return next((x for x in _candidates(middle) if low <= x <= high), middle)


def is_round(x: Fraction) -> bool:
    """Whether a number has few digits, or is a fraction with a small denominator."""
    return x.denominator <= MAX_DENOMINATOR or x == _rounded(x, FEW_DIGITS)


def _candidates(x: Fraction) -> Iterator[Fraction]:
    for digits in range(1, FEW_DIGITS + 1):
        yield _rounded(x, digits)
    for denominator in range(1, MAX_DENOMINATOR + 1):
        yield Fraction(round(x * denominator), denominator)
    for digits in range(FEW_DIGITS + 1, MAX_DIGITS + 1):
        yield _rounded(x, digits)


def _rounded(x: Fraction, digits: int) -> Fraction:
    return Fraction(f"{float(x):.{digits}g}")
