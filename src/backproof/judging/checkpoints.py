"""Checkpoints of a long training run: single epochs, from the backend's own state.

Every step propagates the errors of the steps before it, so the bound at the end of a long training
run must be wide. Started from the state that the backend itself reached after n epochs, the next
epoch is a short calculation with a narrow bound; and the epoch that goes wrong is named.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import isfinite

from backproof.errors import BoundUnavailable
from backproof.judging.deviations import Deviation, measure_deviations
from backproof.network.float_formats import FORMATS, Real
from backproof.network.inputs import Inputs
from backproof.network.network import Parameters, unflatten_parameters
from backproof.truth.certified import compute_expected
from backproof.vectors.vectors import Vector

TrainBackend = Callable[[Inputs], Mapping[str, float]]  # returns the backend's numbers


class Diverged(Exception):
    """The parameters left the range in which an epoch can be evaluated."""


def evaluate_checkpoints(train: TrainBackend, vector: Vector, dtype: str) -> Iterator[Deviation]:
    """Evaluate the epoch after each of `vector.checkpoints`, from the backend's state before it.

    If the state lacks a parameter, which the backend does not support, this ends.

    Raises `Diverged`, which says where, if a parameter is not finite or no bound exists.
    """
    inputs = vector.inputs.rounded(FORMATS[dtype])
    for epoch in vector.checkpoints:
        before = train(_with_epochs(inputs, epoch))
        if before.keys() != vector.expected[dtype].keys():
            return
        after = train(_with_epochs(inputs, epoch + 1))
        for quantity, number in before.items():
            if not isfinite(number):
                raise Diverged(f"after {epoch} epochs {quantity} is {number}")
        own = _with_epochs(replace(inputs, params=_exact_parameters(before)), 1)
        try:
            answer = compute_expected("train", own, FORMATS[dtype])
        except BoundUnavailable as reason:
            raise Diverged(f"after {epoch} epochs the parameters diverged: {reason}") from reason
        anchored = replace(vector, inputs=own, expected={dtype: answer}, published=())
        for deviation in measure_deviations(anchored, dtype, after):
            yield replace(deviation, epoch=epoch + 1)


def _with_epochs(inputs: Inputs, epochs: int) -> Inputs:
    assert inputs.schedule is not None
    return replace(inputs, schedule=replace(inputs.schedule, epochs=epochs))


def _exact_parameters(answer: Mapping[str, float]) -> Parameters[Real]:
    """Read numbers, in the order of their quantities, as exact parameters."""
    return unflatten_parameters([Fraction(number) for number in answer.values()])
