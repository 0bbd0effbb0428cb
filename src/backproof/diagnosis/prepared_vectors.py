"""A vector in one dtype, prepared to be put to many networks."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from backproof.network.formats import FORMATS, Format, equal_nan
from backproof.network.inputs import Inputs
from backproof.network.network import Network
from backproof.truth.certified import Expected
from backproof.truth.predictions import simulate
from backproof.vectors.vectors import Vector

MIN_LONG_EPOCHS = 100  # epochs

Values = Mapping[str, float]  # by quantity


@dataclass(frozen=True)
class PreparedVector:
    """One vector in one dtype."""

    vector: Vector
    format: Format
    inputs: Inputs  # numbers of the dtype
    conforming_intervals: Mapping[
        str, tuple[float, float]
    ]  # the smallest and the largest number that conform
    reference_values: Values  # rounded to float64
    correct_values: Values  # what an imitation of the right network answers

    @property
    def rows(self) -> int:
        """How many rows are gone through."""
        return len(self.inputs.X) * (self.inputs.schedule.epochs if self.inputs.schedule else 1)

    @property
    def is_long(self) -> bool:
        schedule = self.inputs.schedule
        return schedule is not None and schedule.epochs >= MIN_LONG_EPOCHS

    def simulate(self, network: type[Network]) -> Values:
        """Return what an imitation of a network answers."""
        return simulate(network, self.vector.op, self.inputs, self.format)

    def conforms(self, quantity: str, x: float) -> bool:
        low, high = self.conforming_intervals[quantity]
        if math.isnan(low):
            return equal_nan(x, self.correct_values[quantity])
        return low <= x <= high and self.format.represents(x)

    def rejects(self, answer: Values) -> bool:
        """Whether some number of an answer does not conform."""
        return not all(self.conforms(quantity, x) for quantity, x in answer.items())


def prepare_vectors(vectors: Iterable[Vector], dtype: str) -> list[PreparedVector]:
    """Prepare every vector that is judged in a dtype."""
    return [prepare_vector(vector, dtype) for vector in vectors if dtype in vector.expected]


def prepare_vector(vector: Vector, dtype: str) -> PreparedVector:
    """Prepare a vector that is judged in a dtype."""
    fmt = FORMATS[dtype]
    inputs = vector.inputs.rounded(fmt)
    return PreparedVector(
        vector,
        fmt,
        inputs,
        conforming_intervals={
            quantity: _conforming_interval(e) for quantity, e in vector.expected[dtype].items()
        },
        reference_values={
            quantity: float(e.value) for quantity, e in vector.expected[dtype].items()
        },
        correct_values=simulate(Network, vector.op, inputs, fmt),
    )


def _conforming_interval(expected: Expected) -> tuple[float, float]:
    """Return the smallest and the largest float64 that conform; NaN, where no distance counts."""
    if not expected.value.is_finite():
        return math.nan, math.nan
    if not expected.bound.is_finite():
        return -math.inf, math.inf
    value, bound = Fraction(expected.value), Fraction(expected.bound)
    return _round_inwards(value - bound, math.inf), _round_inwards(value + bound, -math.inf)


def _round_inwards(end: Fraction, inwards: float) -> float:
    """Return the float64 next to the end of an interval that lies in it."""
    nearest = FORMATS["float64"].round(end)
    if not math.isfinite(nearest):
        return nearest
    outside = Fraction(nearest) < end if inwards > 0 else Fraction(nearest) > end
    return math.nextafter(nearest, inwards) if outside else nearest
