"""The diagnosis of several faults: each is told with its share, and none hides another."""

import math
from collections.abc import Callable
from fractions import Fraction

import pytest
from test_roundings import rounded_otherwise

from backproof.diagnosis.search import Diagnosis, diagnose
from backproof.network.mistakes import CATALOGUE, combine_mistakes
from backproof.network.network import Network
from backproof.vectors.vectors import Vector

pytestmark = pytest.mark.proof

Affected = Callable[[Vector], bool]


def told(network: type[Network], affected: Affected, wrong: float) -> Diagnosis:
    """Diagnose a network of which every number of some test vectors is replaced."""
    return diagnose(
        [
            (vector, dict.fromkeys(numbers, wrong) if affected(vector) else numbers)
            for vector, numbers in rounded_otherwise(network, "float64", seed=0)
        ],
        "float64",
    )


def has_nan(vector: Vector) -> bool:
    return any(x != x for row in vector.inputs.X for x in row)  # noqa: PLR0124  # NaN


def test_a_fault_with_nan_does_not_hide_a_mistake() -> None:
    mistake = CATALOGUE["output-slope-missing"]
    diagnosis = told(mistake, lambda v: has_nan(v) and v.op in {"forward", "gradients"}, 0.0)
    best, *_ = diagnosis.explanations
    assert best.mistakes == (mistake.id(),)
    assert set(diagnosis.unexplained) == {
        "hard/non-finite/nan-input/forward",
        "hard/non-finite/nan-input/gradients",
    }
    assert best.of - best.explains == 4  # of two more there is no bound


def test_an_unknown_fault_in_the_forward_pass_does_not_hide_a_mistake_in_training() -> None:
    def affected(vector: Vector) -> bool:
        return vector.op == "forward" and vector.id.startswith("hard/overflow/")

    diagnosis = told(CATALOGUE["weight-decay"], affected, 0.123)
    best, *_ = diagnosis.explanations
    assert best.mistakes == ("weight-decay",)
    assert diagnosis.unexplained
    assert all(name.startswith("hard/overflow/") for name in diagnosis.unexplained)


def test_a_mistake_and_another_with_a_constant_are_both_named() -> None:
    decay = CATALOGUE["weight-decay"].with_constant(Fraction(5, 10_000))
    network = combine_mistakes((CATALOGUE["gradients-averaged-over-rows"], decay))
    diagnosis = told(network, lambda _: False, 0.0)
    best, *_ = diagnosis.explanations
    assert best.mistakes == ("gradients-averaged-over-rows", "weight-decay")
    assert best.descriptions[1] == "Each parameter times 0.0005 is added to its gradient."
    assert diagnosis.unexplained == ()


@pytest.mark.parametrize("wrong", [0.5, 0.0, math.nan])
def test_a_fault_that_nobody_knows_is_given_no_name(wrong: float) -> None:
    """Some test vectors fail, too few to say why."""

    def affected(vector: Vector) -> bool:
        return vector.id.startswith("random/large-")

    diagnosis = told(Network, affected, wrong)
    assert diagnosis.explanations == ()
    assert diagnosis.unexplained
