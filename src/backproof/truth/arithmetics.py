"""Arithmetics for the network's formulas: exact, with error bounds, with derivatives, and rounded.

In all but the last, a machine's arithmetic, numbers are balls (Arb, through python-flint): a
midpoint and a radius that enclose a real number, computed at the working precision
`flint.ctx.prec`. So every result is proven to within its radius.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce
from math import isfinite, isnan, prod
from operator import add

from flint import arb, ctx, fmpq

from backproof.errors import BoundUnavailable
from backproof.network.float_formats import Format, Real

SIGMOID_PRECISION = 128  # bits
SATURATION_LIMIT = 2**13  # σ(−2**13) is below 1e-3500, smaller than any number of any format


class Undecided(Exception):
    """An enclosure is too wide to prove the digits requested; a higher precision is needed."""


def enclose(x: Real) -> arb:
    """Return a ball that encloses a rational number, NaN or an infinity."""
    return arb(x) if isinstance(x, float) else arb(fmpq(x.numerator, x.denominator))


def to_fraction(x: arb) -> Fraction:
    """Return the midpoint of a ball of radius 0.

    Raises `BoundUnavailable` if it is not finite.
    """
    if not x.is_finite():
        raise BoundUnavailable("the error bound is not finite")
    mantissa, exponent = x.man_exp()
    return int(mantissa) * Fraction(2) ** int(exponent)


def sigmoid_derivative_at(z: arb) -> arb:
    """Return σ′(z) = σ(z) σ(−z), without cancellation."""
    return _sigmoid(z) * _sigmoid(-z)


class BallArithmetic:
    """Real arithmetic on balls."""

    def total(self, terms: Sequence[arb]) -> arb:
        return reduce(add, terms)

    def product(self, a: arb, b: arb) -> arb:
        return a * b

    def difference(self, a: arb, b: arb) -> arb:
        return a - b

    def half_square(self, d: arb) -> arb:
        return d * d / 2

    def sigmoid(self, z: arb) -> arb:
        return _sigmoid(z)

    def sigmoid_derivative(self, s: arb) -> arb:
        return s * (1 - s)

    def constant(self, x: Real) -> arb:
        return enclose(x)

    def apply_monotone(self, f: Callable[[Real], Real], x: arb) -> arb:
        if not x.is_finite():
            return x if x.is_nan() else enclose(f(float(x)))
        low, high = f(to_fraction(x.lower())), f(to_fraction(x.upper()))
        return enclose(low) if low == high else enclose(low).union(enclose(high))


@dataclass(frozen=True, slots=True)
class BoundedValue:
    """A result of exact arithmetic and an error bound for implementations in some format."""

    value: arb  # the exact result
    bound: arb  # the largest distance of an implementation's result from it


class RoundingModel:
    """The rounding model: error bounds of each operation of an implementation in one format.

    u is the unit roundoff, λ the smallest normal number, and x̂ the computed value of x, with
    |x̂| ≤ |x| + its error bound. Each rule is derived in `docs/evidence/numerics.md`.
    """

    def __init__(self, fmt: Format) -> None:
        self.format = fmt
        self.u = enclose(fmt.unit_roundoff)
        self.min_normal = enclose(fmt.min_normal)
        self.max_finite = enclose(fmt.max_finite)

    def from_input(self, x: Real) -> BoundedValue:
        """Return an input, which is exact."""
        return self.from_stored(enclose(x))

    def from_stored(self, value: arb) -> BoundedValue:
        """Return a number stored in the format; if subnormal, it may be flushed to zero."""
        if value.abs_lower() >= self.min_normal or value.is_nan():
            return BoundedValue(value, arb(0))
        return BoundedValue(value, value.abs_upper().min(self.min_normal))

    def total(self, terms: Sequence[BoundedValue]) -> BoundedValue:
        """Add in any order; a term passes through at most k − 2 inner additions and the last."""
        if special := _non_finite(sum, terms):
            finite = [t for t in terms if t.value.is_finite()]
            if len(finite) > 1 and not special.value.is_nan():
                self._finite((1 + self.u) ** (len(finite) - 1) * _magnitudes(finite))
            return special
        terms = [t for t in terms if not _exact_zero(t)] or terms[:1]
        if len(terms) == 1:
            return terms[0]
        value, error = reduce(add, (t.value for t in terms)), reduce(add, (t.bound for t in terms))
        inner, magnitudes = (1 + self.u) ** (len(terms) - 2) - 1, _magnitudes(terms)
        self._finite((1 + inner) * magnitudes)  # a partial sum may be that large
        error += inner * magnitudes
        if not self._all_normal_of_one_sign(terms):
            error += (len(terms) - 2) * (1 + inner) * self.min_normal
        return self._rounded(value, error)

    def product(self, a: BoundedValue, b: BoundedValue) -> BoundedValue:
        if special := _non_finite(prod, (a, b)):
            unsure = any(_may_vanish(x) for x in (a, b))
            if unsure and not any(x.value.is_nan() for x in (a, b)):
                raise BoundUnavailable("an infinity is multiplied by a number that may round to 0")
            return special
        error = _upper(a) * b.bound + _upper(b) * a.bound + a.bound * b.bound
        return self._rounded(a.value * b.value, error)

    def difference(self, a: BoundedValue, b: BoundedValue) -> BoundedValue:
        if special := _non_finite(lambda pair: pair[0] - pair[1], (a, b)):
            return special
        if _exact_zero(b):
            return a
        return self._rounded(a.value - b.value, a.bound + b.bound)

    def half_square(self, d: BoundedValue) -> BoundedValue:
        """Return ½ d² with one rounding, since multiplying by ½ only changes the exponent."""
        if special := _non_finite(prod, (d, d)):
            return special
        self._finite(_magnitude(d) ** 2)
        return self._rounded(d.value**2 / 2, _upper(d) * d.bound + d.bound**2 / 2)

    def sigmoid(self, z: BoundedValue) -> BoundedValue:
        """Return σ(ẑ) within 4 ulps; |σ(ẑ) − σ(z)| ≤ error of z · max σ′ between z and ẑ."""
        if z.value.is_nan():
            return z
        if not z.value.is_finite():
            return BoundedValue(arb(int(z.value > 0)), arb(0))
        value = _sigmoid(z.value)
        nearest_zero = arb(0).max(z.value.abs_lower() - z.bound)
        error = z.bound * sigmoid_derivative_at(nearest_zero)
        error += 4 * enclose(self.format.ulp(to_fraction((value + error).abs_upper())))
        return BoundedValue(value, error + self._flush(value, error))

    def sigmoid_derivative(self, s: BoundedValue) -> BoundedValue:
        """Cover s (1 − s) and s − s², each operation rounded, with the error of s propagated."""
        if special := _non_finite(prod, (s,)):
            return special
        value = s.value * (1 - s.value)
        if value.is_zero() and s.bound.is_zero():  # s is exactly 0 or 1
            return BoundedValue(value, arb(0))
        slope = (1 - 2 * s.value).abs_upper().max(arb(1))  # of s (1 − s); above 1 outside 0 … 1
        error = slope * s.bound + s.bound**2
        square = _magnitude(s) ** 2
        error += self.u * (value.abs_upper() + error).max(square)
        if not arb(0).max(s.value.abs_lower() - s.bound) ** 2 > self.min_normal:
            error += square.min(self.min_normal)  # s² may be flushed where s − s² is not
        return self._rounded(value, error)

    def constant(self, x: Real) -> BoundedValue:
        """Return a constant of the program, rounded if it is not a number of the format."""
        value = enclose(x)
        if isinstance(x, float) or self.format.represents_exactly(x):
            return BoundedValue(value, arb(0))
        return self._rounded(value, arb(0))

    def apply_monotone(self, f: Callable[[Real], Real], x: BoundedValue) -> BoundedValue:
        """Bound f(x̂) by f at both ends of the interval in which x̂ lies."""
        if not x.value.is_finite():
            return x if x.value.is_nan() else self.constant(f(float(x.value)))
        low, high = (
            f(to_fraction((x.value - x.bound).lower())),
            f(to_fraction((x.value + x.bound).upper())),
        )
        if low == high:
            return self.constant(low)
        value = BallArithmetic().apply_monotone(f, x.value)
        error = (enclose(high) - value).abs_upper().max((value - enclose(low)).abs_upper())
        return self._rounded(value, error)

    def _rounded(self, value: arb, error: arb) -> BoundedValue:
        """Add the rounding error of the operation's result."""
        computed = value.abs_upper() + error
        self._finite(computed)
        error = error + self.u * computed
        return BoundedValue(value, error + self._flush(value, error))

    def _flush(self, value: arb, error: arb) -> arb:
        """Return λ if the result may be subnormal, and thus flushed to zero; else 0."""
        if _exact_zero(BoundedValue(value, error)):
            return arb(0)
        return arb(0) if value.abs_lower() - error > self.min_normal else self.min_normal

    def _finite(self, magnitude: arb) -> None:
        if not magnitude < self.max_finite:
            raise BoundUnavailable(f"the calculation may overflow in {self.format.name}")

    def _all_normal_of_one_sign(self, terms: Sequence[BoundedValue]) -> bool:
        low = [t.value - t.bound for t in terms]
        high = [t.value + t.bound for t in terms]
        return all(x > self.min_normal for x in low) or all(x < -self.min_normal for x in high)


@dataclass(frozen=True, slots=True)
class Dual:
    """A number and its derivatives with respect to the trained parameters; a constant has none."""

    value: arb
    derivatives: Sequence[arb]


class DualArithmetic:
    """Exact arithmetic with forward-mode differentiation."""

    def total(self, terms: Sequence[Dual]) -> Dual:
        return reduce(lambda a, b: _combined(a.value + b.value, (a, 1), (b, 1)), terms)

    def product(self, a: Dual, b: Dual) -> Dual:
        return _combined(a.value * b.value, (a, b.value), (b, a.value))

    def difference(self, a: Dual, b: Dual) -> Dual:
        return _combined(a.value - b.value, (a, 1), (b, -1))

    def half_square(self, d: Dual) -> Dual:
        return _combined(d.value**2 / 2, (d, d.value))

    def sigmoid(self, z: Dual) -> Dual:
        return _combined(_sigmoid(z.value), (z, sigmoid_derivative_at(z.value)))

    def sigmoid_derivative(self, s: Dual) -> Dual:
        return _combined(s.value * (1 - s.value), (s, 1 - 2 * s.value))

    def constant(self, x: Real) -> Dual:
        return Dual(enclose(x), ())

    def apply_monotone(self, f: Callable[[Real], Real], x: Dual) -> Dual:  # noqa: ARG002
        """Raise `BoundUnavailable`: a step function has no derivative."""
        raise BoundUnavailable("rounding and clipping have no derivative")


class MachineArithmetic:
    """A machine's arithmetic: every operation, including the sigmoid, is rounded to nearest.

    Its numbers are Python floats, whose operations are those of float64. For a narrower format, a
    sum, difference or product may be rounded to float64 first: float64 has more than twice the
    digits, so the second rounding gives the same result.
    """

    def __init__(self, fmt: Format) -> None:
        self.format = fmt
        self.nearest = fmt.round_float

    def total(self, terms: Sequence[float]) -> float:
        return reduce(self._sum, terms)

    def product(self, a: float, b: float) -> float:
        return self.nearest(a * b)

    def difference(self, a: float, b: float) -> float:
        return self.nearest(a - b)

    def half_square(self, d: float) -> float:
        return self.product(self.nearest(0.5 * d), d)

    def sigmoid(self, z: float) -> float:
        return self.nearest(_nearest_sigmoid(z))

    def sigmoid_derivative(self, s: float) -> float:
        return self.product(s, self.difference(1.0, s))

    def constant(self, x: Real) -> float:
        return x if isinstance(x, float) else self.format.round(x)

    def apply_monotone(self, f: Callable[[Real], Real], x: float) -> float:
        if isnan(x):
            return x
        return self.constant(f(Fraction(x) if isfinite(x) else x))

    def _sum(self, a: float, b: float) -> float:
        return self.nearest(a + b)


@lru_cache(maxsize=2**16)
def _nearest_sigmoid(z: float) -> float:
    if not isfinite(z):
        return z if z != z else float(z > 0)  # noqa: PLR0124  # NaN
    with ctx.workprec(SIGMOID_PRECISION):
        return float(_sigmoid(arb(z)))


def _combined(value: arb, *parts: tuple[Dual, arb | int]) -> Dual:
    """Return a result with its derivatives: the sum over operands of derivative times factor."""
    moving = [(part.derivatives, factor) for part, factor in parts if part.derivatives]
    if not moving:
        return Dual(value, ())
    scaled = [[slope * factor for slope in slopes] for slopes, factor in moving]
    return Dual(value, [reduce(add, column) for column in zip(*scaled, strict=True)])


def _sigmoid(z: arb) -> arb:
    if z.is_finite() and abs(z) > SATURATION_LIMIT:  # e^z would be slow, then overflow
        rest = arb(0).union(arb(-SATURATION_LIMIT).exp())
        return rest if z < 0 else 1 - rest
    return 1 / (1 + (-z).exp())


def _non_finite(
    operation: Callable[[Sequence[float]], float], operands: Sequence[BoundedValue]
) -> BoundedValue | None:
    """Return the result of IEEE 754 for NaN and infinities; `None` if all operands are finite.

    Of finite operands only the sign matters then. (Ball arithmetic would not do: ∞ times a ball is
    a ball of infinite radius, which encloses every number.)
    """
    if all(x.value.is_finite() for x in operands):
        return None
    signs = [(x.value > 0) - (x.value < 0) if x.value.is_finite() else x.value for x in operands]
    return BoundedValue(arb(operation([float(sign) for sign in signs])), arb(0))


def _exact_zero(x: BoundedValue) -> bool:
    """Whether every implementation computes exactly 0, so adding or subtracting it is exact."""
    return x.value.is_zero() and x.bound.is_zero()


def _may_vanish(x: BoundedValue) -> bool:
    """Whether an implementation may compute 0 or the wrong sign for a nonzero number."""
    return x.value.is_finite() and not _exact_zero(x) and not x.value.abs_lower() > x.bound


def _upper(x: BoundedValue) -> arb:
    return x.value.abs_upper()


def _magnitude(x: BoundedValue) -> arb:
    """Return an upper bound of |x̂|."""
    return _upper(x) + x.bound


def _magnitudes(terms: Sequence[BoundedValue]) -> arb:
    """Return an upper bound of the sum of all |x̂|."""
    return reduce(add, map(_magnitude, terms))
