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
from backproof.judging.deviations import Deviation, judge
from backproof.network.formats import FORMATS, Real
from backproof.network.inputs import Inputs
from backproof.network.network import Parameters, parameters
from backproof.truth.certified import expected
from backproof.vectors.vectors import Vector

Train = Callable[[Inputs], Mapping[str, float]]  # the backend's answer


class NowhereToGoOn(Exception):
    """The backend got where no further epoch can be judged; the message says where that is."""


def reanchored(train: Train, vector: Vector, dtype: str) -> Iterator[Deviation]:
    """Judge the epoch after each of `vector.anchors`, from where the backend stood before it.

    Raises `NowhereToGoOn` when the backend leaves the finite numbers, or the range in which a
    bound exists.
    """
    inputs = vector.inputs.rounded(FORMATS[dtype])
    for epoch in vector.anchors:
        before = train(_lasting(inputs, epoch))
        after = train(_lasting(inputs, epoch + 1))
        for quantity, number in before.items():
            if not isfinite(number):
                raise NowhereToGoOn(f"after {epoch} epochs {quantity} is {number}")
        own = _lasting(replace(inputs, params=_state(before)), 1)
        try:
            answer = expected("train", own, FORMATS[dtype])
        except BoundUnavailable as reason:
            raise NowhereToGoOn(
                f"after {epoch} epochs its parameters went astray: {reason}"
            ) from reason
        anchored = replace(vector, inputs=own, expected={dtype: answer}, printed=())
        for deviation in judge(anchored, dtype, after):
            yield replace(deviation, epoch=epoch + 1)


def _lasting(inputs: Inputs, epochs: int) -> Inputs:
    assert inputs.schedule is not None
    return replace(inputs, schedule=replace(inputs.schedule, epochs=epochs))


def _state(answer: Mapping[str, float]) -> Parameters[Real]:
    """Read an answer, in the order of its quantities, as exact parameters."""
    return parameters([Fraction(number) for number in answer.values()])
