"""Single rules of the rounding model, against every implementation of one operation."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from random import Random

import pytest
from adversary import Adversary, Computed
from bit_patterns import encode, step
from flint import arb, ctx

from backproof.errors import BoundUnavailable
from backproof.network.float_formats import FORMATS
from backproof.truth.arithmetics import (
    BallArithmetic,
    BoundedValue,
    Dual,
    DualArithmetic,
    RoundingModel,
    enclose,
)

IMPLEMENTATIONS = 12  # of each operation
PRECISION = 2048  # bits; 1 − s is exact for every s here
EVERY_DTYPE = pytest.mark.parametrize("dtype", FORMATS)


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    with ctx.workprec(PRECISION):
        yield


def implementations(dtype: str) -> list[Adversary]:
    draw = Random(dtype)  # noqa: S311  # no secret
    return [Adversary(FORMATS[dtype], draw) for _ in range(IMPLEMENTATIONS)]


@pytest.mark.parametrize("ulps", [0, 1, 4], ids="off-by-{}".format)
def test_every_slope_is_admitted_where_s_squared_begins_to_be_flushed(ulps: int) -> None:
    """Around √λ some implementations lose s² in s − s²; s itself may be some ulps off.

    Only in float16 does it matter: in the other formats s² is less than the last place of s there.
    """
    fmt = FORMATS["float16"]
    used = []
    for places in range(-12, 13, 2):
        s = step("float16", 2.0**-7, places)
        off = [step("float16", s, n) for n in (-ulps, 0, ulps)]
        bound = max(abs(Fraction(x) - Fraction(s)) for x in off)
        admitted = RoundingModel(fmt).sigmoid_derivative(BoundedValue(arb(s), enclose(bound)))
        for x, one in product(off, implementations("float16")):
            slope = Fraction(one.sigmoid_derivative(Computed(Fraction(x))).value)
            error = abs(enclose(slope) - admitted.value)
            assert error <= admitted.bound, f"s = {s}, computed as {x}: {float(slope)}"
            used.append(float(error / admitted.bound))
    assert max(used) > 0.5


@EVERY_DTYPE
def test_half_a_square_has_a_bound_unless_the_square_may_overflow(dtype: str) -> None:
    """½(d · d) is infinite where (½d) · d is not yet: both are allowed."""
    fmt = FORMATS[dtype]
    root = 2.0 ** ((fmt.max_exponent + 1) // 2)  # its square is the first power of two beyond
    above, below = step(dtype, root, 2), step(dtype, root, -4)
    assert encode(dtype, above) != encode(dtype, below)
    for d, unsure in ((above, True), (below, False)):
        results = {one.half_square(Computed(Fraction(d))).value for one in implementations(dtype)}
        assert len(results) == 1 + unsure
        assert (float("inf") in results) is unsure
    model = RoundingModel(fmt)
    assert model.half_square(model.from_input(Fraction(below))).bound.is_finite()
    with pytest.raises(BoundUnavailable, match=f"may overflow in {dtype}"):
        model.half_square(model.from_input(Fraction(above)))


def test_half_a_square_of_what_may_be_off_is_off_by_no_more() -> None:
    """Of d = 1 ± ½: from ⅛ to 1⅛, and to ½ at 1."""
    for value, error in ((0.0, 0.125), (1.0, 0.625), (-1.0, 0.625)):
        admitted = RoundingModel(FORMATS["float64"]).half_square(BoundedValue(arb(value), arb(0.5)))
        assert admitted.value == value**2 / 2
        assert error <= admitted.bound < 1.001 * error


@EVERY_DTYPE
def test_every_sum_around_the_smallest_normal_number_is_admitted(dtype: str) -> None:
    """Each partial sum may be flushed, or not, whatever the signs of its terms."""
    fmt = FORMATS[dtype]
    model, draw = RoundingModel(fmt), Random(dtype)  # noqa: S311  # no secret
    used = []
    for _ in range(300):
        terms = [
            fmt.min_normal * Fraction(draw.randint(-64, 64), 32) for _ in range(draw.randint(2, 6))
        ]
        admitted = model.total([model.from_input(t) for t in terms])
        for one in implementations(dtype):
            found = Fraction(one.total([Computed(t) for t in terms]).value)
            error = enclose(abs(found - sum(terms)))
            assert error <= admitted.bound, terms
            used.append(float(error / admitted.bound) if error else 0.0)
    assert max(used) > 0.5


def test_the_greatest_number_beside_an_infinity_adds_nothing() -> None:
    model = RoundingModel(FORMATS["float16"])
    total = model.total([model.from_input(x) for x in (float("inf"), Fraction(65504))])
    assert (total.value, total.bound) == (arb("inf"), arb(0))


@pytest.mark.parametrize(("low", "high"), [(0.25, 1.5), (-1.5, -0.25), (-0.5, 0.75), (2.25, 2.25)])
def test_a_monotone_function_is_bounded_by_its_values_at_both_ends(low: float, high: float) -> None:
    def floor(x: Fraction | float) -> Fraction:
        return Fraction(x // 1)

    middle, radius = (low + high) / 2, (high - low) / 2
    admitted = RoundingModel(FORMATS["float64"]).apply_monotone(
        floor, BoundedValue(arb(middle), arb(radius))
    )
    assert admitted.value == middle // 1
    farthest = max(abs(end // 1 - middle // 1) for end in (low, high))
    assert farthest <= admitted.bound <= farthest + 1e-9


@pytest.mark.parametrize("x", [-1.5, 0.0, 0.75])
def test_dual_numbers_have_the_values_of_balls_and_the_slopes_of_the_formulas(x: float) -> None:
    given, balls = Dual(arb(x), [arb(1)]), BallArithmetic()
    half = DualArithmetic().half_square(given)
    assert (half.value, half.derivatives) == (balls.half_square(arb(x)), [arb(x)])
    slope = DualArithmetic().sigmoid_derivative(given)
    assert (slope.value, slope.derivatives) == (balls.sigmoid_derivative(arb(x)), [arb(1 - 2 * x)])
