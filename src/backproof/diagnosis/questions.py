"""A vector in one dtype, prepared to be put to many networks."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from backproof.network.formats import FORMATS, Format, same
from backproof.network.inputs import Inputs
from backproof.network.network import Network
from backproof.truth.certified import Expected
from backproof.truth.predictions import imitate
from backproof.vectors.vectors import Vector

LONG = 100  # epochs

Answer = Mapping[str, float]  # by quantity


@dataclass(frozen=True)
class Question:
    """One vector in one dtype."""

    vector: Vector
    format: Format
    inputs: Inputs  # numbers of the dtype
    allowed: Mapping[str, tuple[float, float]]  # the smallest and the largest number that conform
    truth: Answer  # rounded to float64
    right: Answer  # what an imitation of the right network answers

    @property
    def rows(self) -> int:
        """How many rows are gone through."""
        return len(self.inputs.X) * (self.inputs.schedule.epochs if self.inputs.schedule else 1)

    @property
    def long(self) -> bool:
        schedule = self.inputs.schedule
        return schedule is not None and schedule.epochs >= LONG

    def imitated(self, network: type[Network]) -> Answer:
        """Return what an imitation of a network answers."""
        return imitate(network, self.vector.op, self.inputs, self.format)

    def conforms(self, quantity: str, x: float) -> bool:
        low, high = self.allowed[quantity]
        if math.isnan(low):
            return same(x, self.right[quantity])
        return low <= x <= high and self.format.holds(x)

    def caught(self, answer: Answer) -> bool:
        """Whether some number of an answer does not conform."""
        return not all(self.conforms(quantity, x) for quantity, x in answer.items())


def questions(vectors: Iterable[Vector], dtype: str) -> list[Question]:
    """Prepare every vector that is judged in a dtype."""
    return [question(vector, dtype) for vector in vectors if dtype in vector.expected]


def question(vector: Vector, dtype: str) -> Question:
    """Prepare a vector that is judged in a dtype."""
    fmt = FORMATS[dtype]
    inputs = vector.inputs.rounded(fmt)
    return Question(
        vector,
        fmt,
        inputs,
        allowed={quantity: _allowed(e) for quantity, e in vector.expected[dtype].items()},
        truth={quantity: float(e.value) for quantity, e in vector.expected[dtype].items()},
        right=imitate(Network, vector.op, inputs, fmt),
    )


def _allowed(expected: Expected) -> tuple[float, float]:
    """Return the smallest and the largest float64 that conform; NaN, where no distance counts."""
    if not expected.value.is_finite():
        return math.nan, math.nan
    if not expected.bound.is_finite():
        return -math.inf, math.inf
    value, bound = Fraction(expected.value), Fraction(expected.bound)
    return _inside(value - bound, math.inf), _inside(value + bound, -math.inf)


def _inside(end: Fraction, inwards: float) -> float:
    """Return the float64 next to the end of an interval that lies in it."""
    nearest = FORMATS["float64"].round(end)
    if not math.isfinite(nearest):
        return nearest
    outside = Fraction(nearest) < end if inwards > 0 else Fraction(nearest) > end
    return math.nextafter(nearest, inwards) if outside else nearest
