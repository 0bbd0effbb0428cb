"""The oracle: the right network comes to the truth, and what it says of others holds."""

import math
from fractions import Fraction

import pytest
from flint import arb

from backproof.errors import BoundUnavailable
from backproof.network.float_formats import FORMATS
from backproof.network.mistakes import CATALOGUE
from backproof.network.network import Network
from backproof.truth.arithmetics import BoundedValue, MachineArithmetic
from backproof.truth.predictions import Prediction, effective_format, predict, simulate
from backproof.vectors.vectors import Vector

pytestmark = pytest.mark.proof


def test_what_is_predicted_of_the_right_network_is_the_truth(vector: Vector, dtype: str) -> None:
    """Its bounds, too, but for training, where `trajectory` proves better ones.

    Where 1 − σ is lost in the oracle's fixed precision, its bound is at most twice as wide.
    """
    fmt = FORMATS[dtype]
    try:
        predicted = predict(Network, vector.op, vector.inputs.rounded(fmt), fmt)
    except BoundUnavailable:
        assert vector.op == "train"
        assert vector.inputs.schedule is not None
        assert vector.inputs.schedule.epochs >= 10
        return
    assert list(predicted) == list(vector.expected[dtype])
    for quantity, expected in vector.expected[dtype].items():
        value, error = predicted[quantity].number.value, predicted[quantity].number.bound
        if not expected.value.is_finite():
            assert str(float(value)) == str(float(expected.value))
            continue
        assert predicted[quantity].contains(fmt.round(Fraction(expected.value)))
        if vector.op != "train":
            bound = float(expected.bound)
            assert 0.99 * bound <= float(error) <= 2 * bound


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("mistake", CATALOGUE.values(), ids=CATALOGUE)
def test_an_imitation_of_a_mistake_is_as_predicted(
    mistake: type[Network], dtype: str, tutorials: dict[str, Vector]
) -> None:
    fmt = FORMATS[dtype]
    compared = 0
    for vector in tutorials.values():
        schedule = vector.inputs.schedule
        if dtype not in vector.expected or (schedule and schedule.epochs > 1):
            continue
        inputs = vector.inputs.rounded(fmt)
        try:
            predicted = predict(mistake, vector.op, inputs, fmt)
        except BoundUnavailable:
            continue
        for quantity, number in simulate(mistake, vector.op, inputs, fmt).items():
            assert predicted[quantity].contains(number), (vector.id, quantity, number)
            compared += 1
    assert compared >= 40


@pytest.mark.parametrize(
    ("name", "z", "activation"),
    [
        ("sigmoid-overflows-to-nan", -math.inf, 0.0),
        ("sigmoid-overflows-to-nan", math.inf, math.nan),
        ("sigmoid-argument-clipped-at-20", math.inf, 0.9999999979388464),
        ("hidden-relu", -math.inf, 0.0),
        ("hard-sigmoid", math.inf, 1.0),
        ("fast-sigmoid", -math.inf, math.nan),
        ("activations-rounded-to-8-decimals", -math.inf, 0.0),
    ],
)
def test_a_mistake_makes_of_an_infinity_what_a_program_does(
    name: str, z: float, activation: float
) -> None:
    made = CATALOGUE[name]().hidden_activation(MachineArithmetic(FORMATS["float64"]), z)
    assert made == pytest.approx(activation, rel=0, abs=0, nan_ok=True)


def within(value: float, bound: float, dtype: str = "float64") -> Prediction:
    return Prediction(BoundedValue(arb(value), arb(bound)), FORMATS[dtype])


@pytest.mark.parametrize(
    ("x", "contained"),
    [
        (1.0, True),
        (2.0, True),
        (3.0, True),
        (0.875, False),
        (3.125, False),
        (2 + 2.0**-20, False),  # no float16 number
        (math.nan, False),
    ],
)
def test_a_prediction_contains_the_numbers_of_its_format_within_its_bound(
    x: float, contained: bool
) -> None:
    assert within(2, 1, "float16").contains(x) is contained


@pytest.mark.parametrize(
    ("low", "high", "outside"),
    [(0, 0.5, True), (0, 1.5, False), (1.5, 1.5, False), (2.5, 4, False), (3.5, 4, True)],
)
def test_a_prediction_lies_outside_an_interval_that_it_does_not_touch(
    low: float, high: float, outside: bool
) -> None:
    assert within(2, 1).lies_outside(low, high) is outside
    assert within(math.inf, 0).lies_outside(low, high)


@pytest.mark.parametrize(
    ("one", "other", "disjoint"),
    [
        (within(1, 1), within(4, 1), True),
        (within(1, 1), within(2.5, 1), False),
        (within(math.nan, 0), within(math.nan, 0), False),
        (within(math.inf, 0), within(1, 1), True),
    ],
    ids=["apart", "overlapping", "nan-twice", "infinite"],
)
def test_predictions_are_disjoint_if_no_number_is_in_both(
    one: Prediction, other: Prediction, disjoint: bool
) -> None:
    assert one.is_disjoint_from(other) is other.is_disjoint_from(one) is disjoint


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_mistake_of_precision_computes_in_the_narrower_of_two_formats(dtype: str) -> None:
    class InFloat32(Network):
        precision = "float32"

    narrower = "float32" if dtype in {"float64", "float32"} else dtype
    assert effective_format(InFloat32, FORMATS[dtype]) is FORMATS[narrower]
    assert effective_format(Network, FORMATS[dtype]) is FORMATS[dtype]
