"""Test vectors in one dtype, prepared to be run on many networks."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from backproof.network.float_formats import FORMATS, Format, equal_nan
from backproof.network.inputs import Inputs
from backproof.network.network import Network
from backproof.truth.arithmetics import to_fraction
from backproof.truth.certified import Expected
from backproof.truth.predictions import Prediction, predict, simulate
from backproof.vectors.vectors import Vector

MIN_LONG_EPOCHS = 100  # epochs

Values = Mapping[str, float]  # by quantity


@dataclass(frozen=True)
class PreparedVector:
    """One test vector in one dtype."""

    vector: Vector
    format: Format
    inputs: Inputs  # rounded to the dtype
    conforming_intervals: Mapping[str, tuple[float, float]]  # smallest and largest number
    reference_values: Values  # rounded to float64
    correct_values: Values  # of a simulation of the correct network
    given: tuple[type[Network], ...] = ()  # what overrides every network, such as given numbers

    @property
    def rows(self) -> int:
        """How many rows a simulation runs."""
        return len(self.inputs.X) * (self.inputs.schedule.epochs if self.inputs.schedule else 1)

    def simulate(self, network: type[Network], fmt: Format | None = None) -> Values:
        """Return the numbers of a simulation of a network, in the dtype or another format."""
        return simulate(self._continued(network), self.vector.op, self.inputs, fmt or self.format)

    def predict(self, network: type[Network]) -> dict[str, Prediction]:
        """Predict the numbers of a network, with proven error bounds.

        Raises `BoundUnavailable` if the calculation may overflow.
        """
        return predict(self._continued(network), self.vector.op, self.inputs, self.format)

    def _continued(self, network: type[Network]) -> type[Network]:
        return _continued((*self.given, network)) if self.given else network

    def conforms(self, quantity: str, x: float) -> bool:
        low, high = self.conforming_intervals[quantity]
        if math.isnan(low):
            return equal_nan(x, self.correct_values[quantity])
        return low <= x <= high and self.format.represents(x)

    def rejects(self, values: Values) -> bool:
        """Whether some number of a response does not conform."""
        return not all(self.conforms(quantity, x) for quantity, x in values.items())


def is_long(vector: Vector) -> bool:
    """Whether a test vector is a training run that takes long to simulate."""
    schedule = vector.inputs.schedule
    return schedule is not None and schedule.epochs >= MIN_LONG_EPOCHS


def prepare_vectors(vectors: Iterable[Vector], dtype: str) -> list[PreparedVector]:
    """Prepare every test vector that covers a dtype."""
    return [prepare_vector(vector, dtype) for vector in vectors if dtype in vector.expected]


def prepare_vector(vector: Vector, dtype: str) -> PreparedVector:
    """Prepare a test vector that covers a dtype."""
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


def continue_vector(prepared: PreparedVector, given: type[Network]) -> PreparedVector:
    """Return the vector with numbers of an earlier op given.

    Raises `BoundUnavailable` if the calculation may overflow.
    """
    found = replace(prepared, given=(given,))
    predicted = found.predict(Network)
    return replace(
        found,
        conforming_intervals={q: _predicted_interval(p) for q, p in predicted.items()},
        reference_values={q: float(p.number.value) for q, p in predicted.items()},
        correct_values=found.simulate(Network),
    )


@lru_cache(maxsize=2**12)
def _continued(bases: tuple[type[Network], ...]) -> type[Network]:
    return type("Continued", bases, {})


def _conforming_interval(expected: Expected) -> tuple[float, float]:
    """Return the smallest and the largest float64 that conform; NaN for a non-finite reference."""
    if not expected.value.is_finite():
        return math.nan, math.nan
    if not expected.bound.is_finite():
        return -math.inf, math.inf
    value, bound = Fraction(expected.value), Fraction(expected.bound)
    return _floats_between(value - bound, value + bound)


def _predicted_interval(prediction: Prediction) -> tuple[float, float]:
    """Return the smallest and the largest float64 that it can be; NaN if it is not finite."""
    value, error = prediction.number.value, prediction.number.bound
    if not value.is_finite():
        return math.nan, math.nan
    return _floats_between(
        to_fraction((value - error).lower()), to_fraction((value + error).upper())
    )


def _floats_between(low: Fraction, high: Fraction) -> tuple[float, float]:
    """Return the smallest and the largest float64 in an interval."""
    return _round_inwards(low, math.inf), _round_inwards(high, -math.inf)


def _round_inwards(end: Fraction, inwards: float) -> float:
    """Round the end of an interval to a float64 in the interval."""
    nearest = FORMATS["float64"].round(end)
    if not math.isfinite(nearest):
        return nearest
    outside = Fraction(nearest) < end if inwards > 0 else Fraction(nearest) > end
    return math.nextafter(nearest, inwards) if outside else nearest
