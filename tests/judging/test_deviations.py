"""One number against its true value and bound: what is wrong with it, and by how much."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from by_hand import vector
from hypothesis import given
from hypothesis import strategies as st

from backproof.judging.deviations import Deviation, measure_deviations, worst_deviation

ULP = 2.0**-23  # of float32 from 1 to 2
u = 2.0**-24  # the unit roundoff of float32


def judged(value: str, bound: str, actual: float, op: str = "forward") -> Deviation:
    asked = vector({"y[0][0]": (value, bound)}, op=op)  # type: ignore[arg-type]  # an op
    (deviation,) = measure_deviations(asked, "float32", {"y[0][0]": actual})
    return deviation


@pytest.mark.parametrize(
    ("actual", "complaint"),
    [
        (1.5, None),
        (1.5 + 2 * ULP, None),
        (1.5 - 2 * ULP, None),
        (1.5 + 3 * ULP, "exceeds its error bound"),
        (1.5 - 3 * ULP, "exceeds its error bound"),
        (1.5 + ULP / 2, "is not a float32 number, so computed in another dtype"),
        (1.5 + 2.5 * ULP, "exceeds its error bound"),
        (-1.5, "exceeds its error bound"),
        (math.nan, "is not finite"),
        (math.inf, "is not finite"),
        (-math.inf, "is not finite"),
    ],
)
def test_a_number_is_right_within_its_bound(actual: float, complaint: str | None) -> None:
    """The bound is 2.4 ulps."""
    assert judged("1.5", "2.861e-7", actual).problem == complaint


def test_a_bound_itself_is_still_within() -> None:
    assert judged("1.5", "0.25", 1.75).problem is None
    assert judged("1.5", "0.25", 1.25).problem is None


@pytest.mark.parametrize("place", [-1, -400, -5000])
def test_a_distance_is_exact_however_small_a_part_of_it_decides(place: int) -> None:
    value = f"1{'.' + '0' * (-place - 1)}1"
    assert judged(value, f"1e{place}", 1.0).problem is None
    assert judged(value, f"0.9999e{place}", 1.0).problem == "exceeds its error bound"


@given(
    actual=st.floats(width=32, allow_nan=False, allow_infinity=False),
    bound=st.decimals(0, 10**20, allow_nan=False, places=30),
    step=st.sampled_from([-1, 0, 1]),
    sign=st.sampled_from([-1, 1]),
)
def test_a_number_at_the_edge_of_its_bound_is_judged_as_fractions_judge_it(
    actual: float, bound: Decimal, step: int, sign: int
) -> None:
    with localcontext() as exact:
        exact.prec = 500
        value = Decimal(actual) + sign * bound + step * Decimal("1e-60")
    outside = abs(Fraction(actual) - Fraction(value)) > Fraction(bound)
    deviation = judged(str(value), str(bound), actual)
    assert deviation.problem == ("exceeds its error bound" if outside else None)


def test_a_bound_of_zero_admits_one_number() -> None:
    assert judged("1.5", "0", 1.5).problem is None
    assert judged("1.5", "0", 1.5 + ULP).problem == "exceeds its error bound"


def test_the_zeros_are_equal() -> None:
    assert judged("0", "0", -0.0).problem is None


@pytest.mark.parametrize(
    ("value", "actual", "error"),
    [("1.5", 1.5 + 3 * ULP, 3.0), ("0.75", 0.75 + ULP, 2.0), ("-6", -6 - 8 * ULP, 2.0)],
)
def test_an_error_is_measured_in_ulps_at_the_true_value(
    value: str, actual: float, error: float
) -> None:
    deviation = judged(value, "1", actual)
    assert (deviation.error, deviation.unit) == (error, "ulp")


@pytest.mark.parametrize(
    ("value", "actual", "error"),
    [("0", 3 * u, 3.0), ("0.25", 0.25 + 2 * u, 2.0), ("-4", -4 + 8 * u, 2.0)],
)
def test_the_error_of_a_trained_parameter_is_measured_in_u(
    value: str, actual: float, error: float
) -> None:
    """An ulp means nothing where a weight crosses zero: the unit is u · max(|w|, 1)."""
    deviation = judged(value, "1e-6", actual, op="train")
    assert (deviation.error, deviation.unit) == (error, "u")


def test_a_bound_is_measured_as_the_error_is() -> None:
    assert judged("0.75", "0.5", 0.75).bound == 0.5 / 2.0**-24
    assert judged("0.75", "0.5", 0.75, op="train").bound == 0.5 / u


def test_headroom_is_the_error_over_the_bound() -> None:
    assert judged("1", "0.5", 1.125).error_ratio == 0.25
    assert judged("1", "0.5", 2.0).error_ratio == 2.0
    assert judged("1", "0", 1.0).error_ratio == 0.0
    assert judged("1", "0", 1.5).error_ratio == math.inf


def test_a_subnormal_number_that_came_out_as_zero_has_used_nothing_up() -> None:
    assert judged("1e-40", "2.36e-38", 0.0).error_ratio == 0.0
    assert judged("1e-40", "1e-41", 0.0).error_ratio == 10.0


def test_a_subnormal_number_that_is_not_flushed_uses_its_bound_as_any_error_does() -> None:
    assert judged("0", str(Decimal(2.0**-126)), 2.0**-127).error_ratio == 0.5
    assert judged("0", str(Decimal(2.0**-126)), -(2.0**-127)).error_ratio == 0.5


def test_a_zero_for_a_normal_number_uses_its_bound_as_any_error_does() -> None:
    assert judged("1", "4", 0.0).error_ratio == 0.25
    assert judged(str(Decimal(2.0**-126)), str(Decimal(2.0**-125)), 0.0).error_ratio == 0.5


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_where_the_truth_is_not_finite_the_answer_is_that_or_wrong(word: str) -> None:
    same = float(word)
    assert judged(word, "0", same).problem is None
    assert judged(word, "0", same).error_ratio == 0.0
    for other in (0.0, math.nan, math.inf, -math.inf):
        if repr(other) != repr(same):
            assert judged(word, "0", other).problem == f"is not {word}"
            assert judged(word, "0", other).error == math.inf
            assert judged(word, "0", other).error_ratio == math.inf


def test_numbers_are_judged_in_the_order_in_which_they_are_computed() -> None:
    asked = vector({"h[0][0]": ("1", "1"), "y[0][0]": ("1", "1"), "out_y[0][0]": ("1", "1")})
    answer = {"out_y[0][0]": 1.0, "h[0][0]": 1.0, "y[0][0]": 1.0}
    assert [d.quantity for d in measure_deviations(asked, "float32", answer)] == list(
        asked.expected["float32"]
    )


def test_the_worst_number_is_nearest_to_its_bound_and_a_wrong_one_is_worse_than_any() -> None:
    close, far = judged("1", "1", 1.875), judged("1", "1", 1.125)
    wrong_format = judged("1", "1", 1 + 2.0**-30)
    assert worst_deviation([far, close]) is close
    assert worst_deviation([close, wrong_format]) is wrong_format


def test_among_wrong_numbers_one_at_a_finite_distance_is_worse() -> None:
    far, nan, exact = judged("1", "1", 3.0), judged("1", "1", math.nan), judged("1", "0", 1.5)
    assert worst_deviation([nan, far]) is worst_deviation([far, nan]) is far
    assert worst_deviation([nan, far, exact]) is exact  # whose bound is 0
    assert worst_deviation([nan, judged("1", "1", 1.5)]) is nan


def test_what_is_printed_stands_beside_the_number_that_answers_it() -> None:
    printed = [("gradients.W1[0][0]", "1.00"), ("dout_dy[0][0]", "0.25")]
    asked = vector({"W1[0][0]": ("1", "1"), "b1": ("1", "1")}, op="gradients", printed=printed)
    deviations = measure_deviations(asked, "float32", {"W1[0][0]": 1.0, "b1": 1.0})
    assert [d.published for d in deviations] == ["1.00", None]
