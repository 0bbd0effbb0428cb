"""Long training, held to the one-epoch bound again and again from the backend's own state.

An error of one step is carried along by all later ones, so that the bound at the end of a long
training must be wide. From the state that the backend itself reached after n epochs, its next
epoch is an ordinary short calculation: the bound does not grow, and the epoch that goes wrong is
named.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import isfinite

from backproof.errors import BoundUnavailable
from backproof.judging.deviations import Deviation, measure_deviations
from backproof.network.formats import FORMATS, Real
from backproof.network.inputs import Inputs
from backproof.network.network import Parameters, unflatten_parameters
from backproof.truth.certified import compute_expected
from backproof.vectors.vectors import Vector

TrainBackend = Callable[[Inputs], Mapping[str, float]]  # the backend's answer


class Diverged(Exception):
    """The backend got where no further epoch can be judged; the message says where that is."""


def evaluate_checkpoints(train: TrainBackend, vector: Vector, dtype: str) -> Iterator[Deviation]:
    """Judge the epoch after each of `vector.anchors`, from where the backend stood before it.

    Raises `Diverged` when the backend leaves the finite numbers, or the range in which a
    bound exists.
    """
    inputs = vector.inputs.rounded(FORMATS[dtype])
    for epoch in vector.checkpoints:
        before = train(_with_epochs(inputs, epoch))
        after = train(_with_epochs(inputs, epoch + 1))
        for quantity, number in before.items():
            if not isfinite(number):
                raise Diverged(f"after {epoch} epochs {quantity} is {number}")
        own = _with_epochs(replace(inputs, params=_exact_parameters(before)), 1)
        try:
            answer = compute_expected("train", own, FORMATS[dtype])
        except BoundUnavailable as reason:
            raise Diverged(f"after {epoch} epochs its parameters went astray: {reason}") from reason
        anchored = replace(vector, inputs=own, expected={dtype: answer}, published=())
        for deviation in measure_deviations(anchored, dtype, after):
            yield replace(deviation, epoch=epoch + 1)


def _with_epochs(inputs: Inputs, epochs: int) -> Inputs:
    assert inputs.schedule is not None
    return replace(inputs, schedule=replace(inputs.schedule, epochs=epochs))


def _exact_parameters(answer: Mapping[str, float]) -> Parameters[Real]:
    """Read an answer, in the order of its quantities, as exact parameters."""
    return unflatten_parameters([Fraction(number) for number in answer.values()])
