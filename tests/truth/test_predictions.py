"""The oracle: the right network comes to the truth, and what it says of others holds."""

import math
from fractions import Fraction

import pytest

from backproof.errors import BoundUnavailable
from backproof.network.float_formats import FORMATS
from backproof.network.mistakes import CATALOGUE
from backproof.network.network import Network
from backproof.truth.arithmetics import MachineArithmetic
from backproof.truth.predictions import predict, simulate
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
