"""Checkpoints of a long training run: single epochs, from the backend's own state.

Every step propagates the errors of the steps before it, so the bound at the end of a long training
run must be wide. Started from the state that the backend itself reached after n epochs, the next
epoch is a short calculation with a narrow bound; and the epoch that goes wrong is named.

Each state comes from a run of its own. If the backend varies, the longer run need not pass through
the state that the shorter one reached; if the epoch then seems wrong, it is run by itself, with
that state as its parameters. This does not show what is kept from epoch to epoch, such as momentum,
so it is not done for a backend that repeats its responses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import isfinite

from backproof.errors import BoundUnavailable
from backproof.judging.deviations import Deviation, measure_deviations
from backproof.judging.requests import Requests
from backproof.network.float_formats import FORMATS, Real
from backproof.network.inputs import Inputs
from backproof.network.network import Parameters, unflatten_parameters
from backproof.truth.certified import compute_expected
from backproof.vectors.vectors import Vector


class Diverged(Exception):
    """The parameters left the range in which an epoch can be evaluated."""


def evaluate_checkpoints(requests: Requests, vector: Vector, dtype: str) -> Iterator[Deviation]:
    """Evaluate the epoch after each of `vector.checkpoints`, from the backend's state before it.

    If the state lacks a parameter, which the backend does not support, this ends.

    Raises `Diverged`, which says where, if a parameter is not finite or no bound exists.
    """
    inputs = vector.inputs.rounded(FORMATS[dtype])
    for epoch in vector.checkpoints:
        until, beyond = _with_epochs(inputs, epoch), _with_epochs(inputs, epoch + 1)
        before = requests.send(until)
        if before.keys() != vector.expected[dtype].keys():
            return
        after = requests.send(beyond)
        for quantity, number in before.items():
            if not isfinite(number):
                raise Diverged(f"after {epoch} epochs {quantity} is {number}")
        own = _with_epochs(replace(inputs, params=_exact_parameters(before)), 1)
        try:
            answer = compute_expected("train", own, FORMATS[dtype])
        except BoundUnavailable as reason:
            raise Diverged(f"after {epoch} epochs the parameters diverged: {reason}") from reason
        anchored = replace(vector, inputs=own, expected={dtype: answer}, published=())
        deviations = measure_deviations(anchored, dtype, after)
        if any(deviation.problem for deviation in deviations):
            if not requests.difference:
                requests.repeat(until, before)
                requests.repeat(beyond, after)
            if requests.difference:
                deviations = measure_deviations(anchored, dtype, requests.send(own))
        for deviation in deviations:
            yield replace(deviation, epoch=epoch + 1)


def _with_epochs(inputs: Inputs, epochs: int) -> Inputs:
    assert inputs.schedule is not None
    return replace(inputs, schedule=replace(inputs.schedule, epochs=epochs))


def _exact_parameters(answer: Mapping[str, float]) -> Parameters[Real]:
    """Read numbers, in the order of their quantities, as exact parameters."""
    return unflatten_parameters([Fraction(number) for number in answer.values()])
