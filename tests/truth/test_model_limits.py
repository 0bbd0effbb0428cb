"""Where the rounding model had gaps once: implementations within it are admitted, or not judged."""

from fractions import Fraction

import pytest

from backproof.errors import BoundUnavailable
from backproof.network.float_formats import FORMATS, Real
from backproof.network.inputs import Inputs, parse_number
from backproof.network.network import Parameters
from backproof.truth.certified import compute_expected

ZEROS: list[list[Real]] = [[Fraction(0), Fraction(0)], [Fraction(0), Fraction(0)]]


def only_b2(b2: str, targets: list[str], x: str = "1") -> Inputs:
    """Return a net whose every parameter but b2 is 0."""
    params: Parameters[Real] = Parameters(ZEROS, Fraction(0), ZEROS, parse_number(b2))
    return Inputs(
        params, [[parse_number(x), parse_number(x)]], [[parse_number(t) for t in targets]], None
    )


def test_a_flushed_square_in_float16_is_admitted() -> None:
    """With s − s² and s² flushed to zero, worked by hand: ∂E/∂b2 comes out as −0.76806640625."""
    b2 = compute_expected("gradients", only_b2("-4.86328125", ["100", "0"]), FORMATS["float16"])[
        "b2"
    ]
    assert abs(Fraction(b2.value) - Fraction(-0.76806640625)) <= Fraction(b2.bound)


def test_a_sum_whose_parts_may_overflow_has_no_bound() -> None:
    params: Parameters[Real] = Parameters(
        [[Fraction(200), Fraction(200)], [Fraction(0), Fraction(0)]],
        Fraction(-40000),
        ZEROS,
        Fraction(0),
    )
    inputs = Inputs(params, [[Fraction(200), Fraction(200)]], [], None)
    with pytest.raises(BoundUnavailable, match="may overflow in float16"):
        compute_expected("forward", inputs, FORMATS["float16"])


def test_an_infinity_beside_a_sum_that_may_overflow_has_no_bound() -> None:
    """If the other two terms are added first, they come to −∞, and all three to NaN."""
    weights: list[list[Real]] = [
        [parse_number("Infinity"), Fraction(200)],
        [Fraction(0), Fraction(0)],
    ]
    params: Parameters[Real] = Parameters(weights, Fraction(-40000), ZEROS, Fraction(0))
    inputs = Inputs(params, [[Fraction(1), Fraction(-200)]], [], None)
    with pytest.raises(BoundUnavailable, match="may overflow in float16"):
        compute_expected("forward", inputs, FORMATS["float16"])


def test_nan_times_what_may_round_to_zero_is_nan() -> None:
    """Infinite, the same target has no bound."""
    answer = compute_expected("gradients", only_b2("40", ["NaN", "0"]), FORMATS["float64"])
    assert answer["b2"].value.is_nan()


def test_nan_beside_a_sum_that_may_overflow_is_nan() -> None:
    weights: list[list[Real]] = [[parse_number("NaN"), Fraction(200)], [Fraction(0), Fraction(0)]]
    params: Parameters[Real] = Parameters(weights, Fraction(-40000), ZEROS, Fraction(0))
    inputs = Inputs(params, [[Fraction(1), Fraction(-200)]], [], None)
    assert compute_expected("forward", inputs, FORMATS["float16"])["h[0][0]"].value.is_nan()


def test_an_infinity_times_what_may_round_to_zero_has_no_bound() -> None:
    """At y = 40 σ′ is 4e-18, and 0 as float64 computes it: −∞ or NaN, as rounding has it."""
    with pytest.raises(BoundUnavailable, match="an infinity is multiplied by a number"):
        compute_expected("gradients", only_b2("40", ["Infinity", "0"]), FORMATS["float64"])
