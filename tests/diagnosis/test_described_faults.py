"""Faults that are told by where they are made, or by which factor of a product is wrong."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from diagnosed import diagnose_backend
from handwritten import HandWritten, Numbers, Rows

from backproof import Loss, Params
from backproof.interface import Matrix
from backproof.judging.results import Run

pytestmark = pytest.mark.proof

Parts = dict[str, Any]  # what of a backend is replaced, by name


def diagnosed(parts: Parts) -> Run:
    """Check and diagnose a backend of which some parts are replaced."""
    return diagnose_backend(type("Wrong", (HandWritten,), parts))


def without_hidden_slope(
    self: HandWritten, p: Numbers, X: Rows, T: Rows, rate: float, *, biases: bool
) -> Numbers:
    own = type("Own", (HandWritten,), {"slope_at_hidden": lambda *_: 1.0})()
    return self.move(p, own.batch_gradients(p, X, T), rate, biases=biases)


def test_a_mistake_is_named_that_training_makes_alone() -> None:
    """Its backward pass is not that of the gradients, which are correct."""
    run = diagnosed({"step": without_hidden_slope})
    assert run.diagnosis
    assert run.diagnosis[0].mistakes == ("hidden-slope-missing",)
    assert run.diagnosis[0].descriptions[0].startswith("Only in training: The hidden delta lacks")


def biases_moved_by_several_rows(
    self: HandWritten, p: Numbers, X: Rows, T: Rows, rate: float, *, biases: bool
) -> Numbers:
    return self.move(p, self.batch_gradients(p, X, T), rate, biases=biases and len(X) > 1)


def test_a_mistake_that_is_not_always_made_is_told_with_its_condition() -> None:
    run = diagnosed({"step": biases_moved_by_several_rows})
    assert not run.diagnosis
    made, when = run.clues[-2:]
    assert "The biases stay fixed although they should be trained." in made
    assert when.startswith("It is made only with one row in each batch: in all ")


def weights_for_activations(
    self: HandWritten, p: Numbers, x: Sequence[float], t: Sequence[float]
) -> Numbers:
    _, d, e = self.deltas(p, x, t)
    hidden = [e[i] * p[2 * i + j] for i in (0, 1) for j in (0, 1)]
    output = [d[k] * p[5 + 2 * k + i] for k in (0, 1) for i in (0, 1)]
    return [*hidden, e[0] + e[1], *output, d[0] + d[1]]


def error_squared(_: HandWritten, out: float, target: float) -> float:
    return (out - target) ** 2


FACTORS = {
    "weights-for-activations": (
        {"row_gradients": weights_for_activations},
        "has the weight in place of x, with one row",
    ),
    "an-error-squared": ({"error": error_squared}, "is o − T times the correct one, with one row"),
}


@pytest.mark.parametrize(("parts", "told"), FACTORS.values(), ids=FACTORS)
def test_a_wrong_factor_of_gradients_is_told(parts: Parts, told: str) -> None:
    assert any(told in clue for clue in diagnosed(parts).clues)


def rounded_deltas(
    self: HandWritten, p: Numbers, x: Sequence[float], t: Sequence[float]
) -> tuple[Numbers, ...]:
    out_h, d, e = HandWritten.deltas(self, p, x, t)
    return out_h, [round(v, 3) for v in d], [round(v, 3) for v in e]


def test_rounded_deltas_are_told_by_the_gradients_of_the_biases() -> None:
    clues = diagnosed({"deltas": rounded_deltas}).clues
    told = "has at most 3 decimals, as if something were rounded"
    assert any(f"∂E/∂b1 and ∂E/∂b2 {told}" in clue for clue in clues)


def root_of_loss(self: HandWritten, params: Params, X: Matrix, T: Matrix) -> Loss:
    each = HandWritten.loss(self, params, X, T).per_output
    return Loss(each, [math.sqrt(a + b) for a, b in each])


def test_gradients_are_spoken_of_beside_an_unknown_loss() -> None:
    """They are not computed from it."""
    clues = diagnosed({"loss": root_of_loss, "error": error_squared}).clues
    assert any("E_Total goes wrong first" in clue for clue in clues)
    assert any("is o − T times the correct one" in clue for clue in clues)
