"""The floating-point formats that a backend may claim, and how a real number is rounded to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import isfinite
from types import MappingProxyType
from typing import TypeAlias

Real: TypeAlias = Fraction | float  # a float only for NaN and the infinities


@dataclass(frozen=True)
class Format:
    """A binary format of IEEE 754 shape, no wider than float64."""

    name: str
    precision: int  # bits of the significand, the hidden one included
    min_exponent: int  # 2**min_exponent is the smallest normal number
    max_exponent: int  # the largest finite number is just below 2**(max_exponent + 1)

    @property
    def unit_roundoff(self) -> Fraction:
        """u: half the distance from 1 to the next number."""
        return Fraction(1, 2**self.precision)

    @property
    def min_normal(self) -> Fraction:
        """λ: below it, numbers are subnormal and may be flushed to zero."""
        return _power_of_two(self.min_exponent)

    @property
    def max_finite(self) -> Fraction:
        return (2 - 2 * self.unit_roundoff) * _power_of_two(self.max_exponent)

    def ulp(self, x: Fraction) -> Fraction:
        """Return the distance between neighbouring numbers of the binade of `x`."""
        exponent = max(_floor_log2(abs(x)), self.min_exponent) if x else self.min_exponent
        return _power_of_two(exponent - self.precision + 1)

    def round(self, x: Fraction) -> float:
        """Round to nearest, ties to even; beyond the largest finite number, to an infinity."""
        spacing = self.ulp(x)
        nearest = round(x / spacing) * spacing  # Fraction rounds ties to even
        if abs(nearest) > self.max_finite:
            return float("inf") if x > 0 else float("-inf")
        return float(nearest)

    def holds_exactly(self, x: Fraction) -> bool:
        """Whether `x` is a finite number of this format."""
        nearest = self.round(x)
        return isfinite(nearest) and nearest == x

    def holds(self, x: float) -> bool:
        """Whether `x` is a number of this format; NaN and the infinities are."""
        return not isfinite(x) or self.round(Fraction(x)) == x


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "float64": Format("float64", 53, -1022, 1023),
        "float32": Format("float32", 24, -126, 127),
        "bfloat16": Format("bfloat16", 8, -126, 127),
        "float16": Format("float16", 11, -14, 15),
    }
)


@lru_cache(maxsize=2**12)
def _power_of_two(exponent: int) -> Fraction:
    return Fraction(2) ** exponent


def _floor_log2(x: Fraction) -> int:
    """Return the largest e with 2**e ≤ x, for x > 0."""
    e = x.numerator.bit_length() - x.denominator.bit_length()
    return e if _power_of_two(e) <= x else e - 1
