"""The bound of a training run propagates an error through every step, however steps bend."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from flint import arb, arb_mat, ctx

from backproof import Backend, Params
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import Inputs, Schedule
from backproof.network.network import unflatten_parameters
from backproof.network.quantities import flatten_fields
from backproof.truth.trajectory import bound_training

# A network whose steps are far from linear over ERROR: found by trying some hundred.
PARAMS = Params(W1=[[1.0, 0.5], [-1.0, -1.0]], b1=-0.5, W2=[[0.5, -1.0], [1.0, 2.0]], b2=-2.0)
X, T, RATE = [[2.0, 2.0]], [[1.0, 1.0]], 16.0
ERROR = 0.125


def moved(params: Params, errors: Sequence[float]) -> Params:
    """Add an error to each weight, in order."""
    e = iter(errors)
    W1, W2 = ([[w + next(e) for w in row] for row in W] for W in (params.W1, params.W2))
    return params._replace(W1=W1, W2=W2)


def test_an_error_of_one_step_stays_within_the_bound_after_the_next(
    reference: type[Backend], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first step errs by up to ERROR in each weight, and the second is exact.

    In every corner of this box the second step is taken in float64, which knows no Jacobian: its
    own errors are a trifle. With the Jacobian at the centre for all of the box, the bound would be
    too small by a sixth.
    """
    errors = iter([ERROR, 0.0])

    def rounding_error(*_: Any) -> arb_mat:
        error = next(errors)
        return arb_mat([[arb(error)]] * 8)

    monkeypatch.setattr("backproof.truth.trajectory._Step.rounding_error", rounding_error)
    inputs = Inputs(
        unflatten_parameters([Fraction(p) for p in flatten_fields(PARAMS).values()]),
        [[Fraction(x) for x in row] for row in X],
        [[Fraction(t) for t in row] for row in T],
        None,
    )
    schedule = Schedule(learning_rate=Fraction(RATE), epochs=2, batch_size=1, train_biases=False)
    with ctx.workprec(512):
        bounded = flatten_fields(bound_training(inputs, schedule, FORMATS["float64"]))
    bounds = {quantity: float(number.bound) for quantity, number in bounded.items()}

    def stepped(params: Params) -> Params:
        return reference("float64").train(
            params, X, T, learning_rate=RATE, epochs=1, batch_size=1, train_biases=False
        )

    after_one = stepped(PARAMS)
    right = flatten_fields(stepped(after_one))
    used = dict.fromkeys(bounds, 0.0)
    for signs in product((-ERROR, ERROR), repeat=8):
        for quantity, x in flatten_fields(stepped(moved(after_one, signs))).items():
            error = abs(x - right[quantity])
            assert error <= bounds[quantity], quantity
            used[quantity] = max(used[quantity], error)
    assert max(used[quantity] / bounds[quantity] for quantity in used if bounds[quantity]) > 0.5
