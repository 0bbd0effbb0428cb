"""The floating-point formats that a backend may support, and rounding to them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import copysign, frexp, inf, isfinite, ldexp
from types import MappingProxyType
from typing import TypeAlias

Real: TypeAlias = Fraction | float  # a float only for NaN, the infinities and −0
FLOAT64_PRECISION = 53


@dataclass(frozen=True)
class Format:
    """A binary floating-point format as in IEEE 754, no wider than float64."""

    name: str
    precision: int  # bits of the significand, including the implicit one
    min_exponent: int  # 2**min_exponent is the smallest normal number
    max_exponent: int  # the largest finite number is just below 2**(max_exponent + 1)

    @cached_property
    def unit_roundoff(self) -> Fraction:
        """u, half the distance from 1 to the next larger number."""
        return Fraction(1, 2**self.precision)

    @cached_property
    def min_normal(self) -> Fraction:
        """λ, the smallest normal number; smaller ones are subnormal and may be flushed to zero."""
        return _power_of_two(self.min_exponent)

    @cached_property
    def max_finite(self) -> Fraction:
        return (2 - 2 * self.unit_roundoff) * _power_of_two(self.max_exponent)

    def ulp(self, x: Fraction) -> Fraction:
        """Return the distance between neighbouring numbers in the binade of `x`."""
        return _power_of_two(self._last_place(x))

    def round(self, x: Fraction) -> float:
        """Round to nearest, ties to even; overflow gives an infinity."""
        n, d = x.numerator, x.denominator
        try:
            if self.precision == FLOAT64_PRECISION:
                return n / d  # Python rounds the quotient of two integers correctly
            place = self._last_place(x)
            rounded = ldexp(divide_half_even(n << max(-place, 0), d << max(place, 0)), place)
        except OverflowError:
            return inf if n > 0 else -inf
        return rounded if abs(rounded) <= self._largest else copysign(inf, rounded)

    def round_float(self, x: float) -> float:
        """Round a float64 as `round` does; NaN, the infinities and zeros are returned unchanged."""
        size = abs(x)
        if self.precision == FLOAT64_PRECISION or size == 0 or not isfinite(size):
            return x
        if size > self._largest:
            return self.round(Fraction(x))
        exponent = frexp(size)[1] if size >= self._smallest else self.min_exponent + 1
        # The last place of `large` in float64 is that of x here, so adding it rounds x there.
        large = ldexp(1.5, exponent + FLOAT64_PRECISION - 1 - self.precision)
        return (x + large) - large

    def represents_exactly(self, x: Fraction) -> bool:
        """Whether `x` is a finite number of this format."""
        nearest = self.round(x)
        return isfinite(nearest) and nearest == x

    def represents(self, x: float) -> bool:
        """Whether `x`, which may be NaN or infinite, is a number of this format."""
        return not isfinite(x) or self.round_float(x) == x

    def _last_place(self, x: Fraction) -> int:
        """Return the exponent of the distance between neighbouring numbers at `x`."""
        exponent = max(floor_log2(x), self.min_exponent) if x else self.min_exponent
        return exponent - self.precision + 1

    @cached_property
    def _smallest(self) -> float:
        return float(self.min_normal)

    @cached_property
    def _largest(self) -> float:
        return float(self.max_finite)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "float64": Format("float64", FLOAT64_PRECISION, -1022, 1023),
        "float32": Format("float32", 24, -126, 127),
        "bfloat16": Format("bfloat16", 8, -126, 127),
        "float16": Format("float16", 11, -14, 15),
    }
)


def divide_half_even(n: int, d: int) -> int:
    """Round n/d to the nearest integer, ties to even; d > 0."""
    whole, rest = divmod(2 * n + d, 2 * d)
    return whole - (rest == 0 and whole % 2)


@lru_cache(maxsize=2**12)
def _power_of_two(exponent: int) -> Fraction:
    return Fraction(2) ** exponent


def floor_log2(x: Fraction) -> int:
    """Return the largest e with 2**e ≤ |x|, for x ≠ 0."""
    n, d = abs(x.numerator), x.denominator
    e = n.bit_length() - d.bit_length()
    return e if d << max(e, 0) <= n << max(-e, 0) else e - 1


def equal_nan(x: float, y: float) -> bool:
    """Whether two numbers are equal, or both NaN."""
    return x == y or (math.isnan(x) and math.isnan(y))
