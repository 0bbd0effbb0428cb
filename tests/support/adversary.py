"""Implementations that use every freedom which the rounding model leaves them, at random.

`Adversary` is an arithmetic for `network`. Its numbers are exact rationals, or floats for
NaN and the infinities; each result is rounded once to the format, so that any format is simulated
to the bit. What the model leaves open is drawn by lot: the order of a sum, and whether it is kept
in a wider format; whether a product is fused into the addition after it; which of several equal
formulas is used; how far the sigmoid is off, up to 4 ulps; and whether subnormal numbers are
flushed to zero, written or read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite, isnan
from operator import add, mul
from random import Random
from typing import Any

from mpmath import mp  # type: ignore[import-untyped]  # mpmath has no annotations

from backproof.network.float_formats import FORMATS, Format, Real

SIGMOID_ULPS = 4
NOTHING_BELOW = 2**14  # σ(−2¹⁴) is 1e-7115, to every format the same as 0
LINEAR_ABOVE = Fraction(1, 2**64)  # there σ(−z) is ½ − z/4 + z³/48 − …
ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Computed:
    """A number of the format, and how else it may be had."""

    value: Real
    unrounded: Real | None = None  # of a product, what may be fused into an addition
    factors: tuple["Computed", "Computed"] | None = None  # of a slope, to be multiplied in turn


class Adversary:
    """An arithmetic as hostile as it may be."""

    def __init__(self, fmt: Format, draw: Random) -> None:
        self.format = fmt
        self.draw = draw
        self.flushes = draw.choice([0.0, 0.5, 1.0])  # how often
        self.fuses = draw.choice([0.0, 0.5, 1.0])
        self.adds_in = draw.choice([fmt, max(fmt, FORMATS["float32"], key=lambda f: f.precision)])
        self.drift = draw.choice([-1, 1, None])  # of the sigmoid; None is another one every time

    def given(self, x: Real) -> Computed:
        return Computed(exact(x))

    def total(self, terms: Sequence[Computed]) -> Computed:
        """Add any two of what is left, until one is left."""
        left = list(terms)
        while len(left) > 1:
            self.draw.shuffle(left)
            last = len(left) == 2
            fmt = self.format if last else self.adds_in
            left.append(self._sum(left.pop(), left.pop(), fmt))
        return left[0]

    def product(self, a: Computed, b: Computed) -> Computed:
        if b.factors and self._happens(0.5):
            first, second = b.factors if self._happens(0.5) else reversed(b.factors)
            return self.product(self.product(a, first), second)
        unrounded = combined(mul, self._read(a), self._read(b))
        return Computed(self._written(unrounded, self.format), unrounded)

    def difference(self, a: Computed, b: Computed) -> Computed:
        return self._sum(a, Computed(-b.value, b.unrounded and -b.unrounded), self.format)

    def half_square(self, d: Computed) -> Computed:
        """As ½ (d · d) or as (½ d) · d."""
        half = Computed(ONE / 2)
        if self._happens(0.5):
            return self.product(half, self.product(d, d))
        return self.product(self.product(half, d), d)

    def sigmoid(self, z: Computed) -> Computed:
        argument = self._read(z)
        if isinstance(argument, float):
            return Computed(argument if isnan(argument) else Fraction(argument > 0))
        true_value = sigmoid(argument)
        farthest = SIGMOID_ULPS * self.format.ulp(true_value)
        share = self.drift or Fraction(self.draw.uniform(-1, 1))
        drifted = self._written(min(true_value + share * farthest, ONE), self.format)
        near = abs(Fraction(drifted) - true_value) <= farthest
        return Computed(drifted if near else self._written(true_value, self.format))

    def sigmoid_derivative(self, s: Computed) -> Computed:
        """As s (1 − s) or as s − s²."""
        if self._happens(0.5):
            return self.difference(s, self.product(s, s))
        rest = self.difference(Computed(ONE), s)
        return Computed(self.product(s, rest).value, factors=(s, rest))

    def constant(self, x: Real) -> Computed:
        return Computed(exact(self.format.round(Fraction(x))))

    def apply_monotone(self, f: Callable[[Real], Real], x: Computed) -> Computed:
        read = self._read(x)
        return x if isnan(read) else Computed(self._written(exact(f(read)), self.format))

    def _sum(self, a: Computed, b: Computed, fmt: Format) -> Computed:
        """Add in `fmt`, one of the two perhaps fused into the addition."""
        a, b = (a, b) if self._happens(0.5) else (b, a)
        if a.unrounded is not None and self._happens(self.fuses):
            return Computed(self._written(combined(add, a.unrounded, self._read(b)), fmt))
        return Computed(self._written(combined(add, self._read(a), self._read(b)), fmt))

    def _written(self, x: Real, fmt: Format) -> Real:
        return self._flushed(x if isinstance(x, float) else exact(fmt.round(x)))

    def _read(self, x: Computed) -> Real:
        return self._flushed(x.value)

    def _flushed(self, x: Real) -> Real:
        if isinstance(x, float):
            return x
        small = abs(x) < self.format.min_normal
        return Fraction(0) if small and self._happens(self.flushes) else x

    def _happens(self, probability: float) -> bool:
        return self.draw.random() < probability


def exact(x: Real) -> Real:
    """Return a number as a Fraction; NaN and the infinities stay."""
    return Fraction(x) if isfinite(x) else x


def combined(operation: Callable[[Any, Any], Any], a: Real, b: Real) -> Real:
    """Add or multiply; beside NaN or an infinity, only the sign of a number matters."""
    if isinstance(a, float) or isinstance(b, float):
        a, b = (x if isinstance(x, float) else float((x > 0) - (x < 0)) for x in (a, b))
    result: Real = operation(a, b)
    return result


def sigmoid(z: Fraction) -> Fraction:
    """Return σ(z), its distance from the nearest of 0, ½ and 1 to 38 digits."""
    if z > 0:
        return 1 - sigmoid(-z)
    if z < -NOTHING_BELOW:
        return Fraction(0)
    if z > -LINEAR_ABOVE:
        return (2 + z) / 4
    with mp.workdps(60):
        power = mp.exp(mp.convert(z))
        return Fraction(str(power / (1 + power)))
