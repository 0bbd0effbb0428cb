"""The tutorial's program lacks gradients of the biases: whoever adds them is told its mistakes."""

from collections.abc import Callable
from typing import Any

import pytest
from checkout import ROOT
from diagnosed import diagnose_backend

from backproof import UNSUPPORTED, Backend, Params, load
from backproof.interface import Matrix
from backproof.judging.results import Run

pytestmark = pytest.mark.proof

SIX = {
    "forward-never-repeated",
    "output-gradient-takes-row-1-activations",
    "second-output-moved-by-first-error",
    "second-hidden-unit-moved-by-first-error",
    "hidden-delta-uses-initial-weights",
    "slopes-and-gradients-rounded-to-8-decimals",
}


@pytest.fixture(scope="module")
def program() -> type[Any]:
    found: type[Backend] = load(str(ROOT / "examples/tutorial_program/port.py"))
    return found


def diagnosed(program: type[Any], biases: Callable[..., tuple[Any, Any]]) -> Run:
    """Diagnose the program with gradients of the biases that somebody else added."""

    def gradients(self: Any, params: Params, X: Matrix, T: Matrix) -> Params:
        found = program.gradients(self, params, X, T)
        b1, b2 = biases(params, self.forward(params, X), T)
        return Params(found.W1, b1, found.W2, b2)

    return diagnose_backend(type("Filled", (program,), {"gradients": gradients}))


def correct(params: Params, seen: Any, T: Matrix) -> tuple[float, float]:
    """Return the correct gradients, not rounded."""
    b1 = b2 = 0.0
    for out_h, out_y, t in zip(seen.out_h, seen.out_y, T, strict=True):
        d = [(o - goal) * o * (1 - o) for o, goal in zip(out_y, t, strict=True)]
        for i, o in enumerate(out_h):
            b1 += (d[0] * params.W2[0][i] + d[1] * params.W2[1][i]) * o * (1 - o)
        b2 += sum(d)
    return b1, b2


def of_first_output(_: Params, seen: Any, T: Matrix) -> tuple[float, float]:
    """Return a gradient that the program's second error leads to, and none of the hidden layer."""
    errors = [out_y[0] - t[0] for out_y, t in zip(seen.out_y, T, strict=True)]
    slopes = [o * (1 - o) for out_y in seen.out_y for o in out_y]
    return 0.0, sum(e * s for e, s in zip(errors, slopes, strict=False))


def test_its_mistakes_are_named_beside_correct_gradients_of_the_biases(program: type[Any]) -> None:
    run = diagnosed(program, correct)
    assert run.diagnosis
    assert {*run.diagnosis[0].mistakes} == SIX
    assert run.diagnosis[0].apart_from == ()
    assert not run.unexplained


def test_its_mistakes_are_named_if_it_leaves_out_those_of_the_biases(program: type[Any]) -> None:
    run = diagnosed(program, lambda *_: (UNSUPPORTED, UNSUPPORTED))
    assert run.diagnosis
    assert {*run.diagnosis[0].mistakes} == SIX


def test_its_mistakes_are_named_apart_from_wrong_gradients_of_the_biases(
    program: type[Any],
) -> None:
    run = diagnosed(program, of_first_output)
    assert run.diagnosis
    assert {*run.diagnosis[0].mistakes} == SIX
    assert run.diagnosis[0].apart_from == ("b1", "b2")
    assert run.unexplained
