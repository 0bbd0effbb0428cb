"""Every number of a response against its reference value and error bound."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from backproof.network.float_formats import FORMATS, Format
from backproof.network.inputs import Op
from backproof.network.notation import GRADIENTS_PREFIX, PARAMS_PREFIX
from backproof.truth.certified import Expected
from backproof.vectors.vectors import PublishedNumber, Vector

Unit = Literal["ulp", "u"]


@dataclass(frozen=True)
class Deviation:
    """How far one number of a response is from its reference value, and how far it may be."""

    quantity: str
    expected: Expected
    actual: float
    error: float  # in `unit`
    bound: float  # in `unit`
    unit: Unit  # ulp: of the dtype at the reference value; u: its unit roundoff times max(|w|, 1)
    problem: str | None  # such as "exceeds its error bound"; None if the number conforms
    published: str | None  # the digits that a publication gives
    flushed: bool = False  # the reference value is subnormal, the number is 0
    epoch: int | None = None  # of a checkpoint: that epoch alone, from the backend's own state

    @property
    def error_ratio(self) -> float:
        """The error over its bound: at most 1 where the number conforms.

        It is 0 for a subnormal number that was flushed to zero, which conforms.
        """
        if self.error == 0 or (self.flushed and not self.problem):
            return 0.0
        return self.error / self.bound if self.bound else math.inf


def measure_deviations(vector: Vector, dtype: str, values: Mapping[str, float]) -> list[Deviation]:
    """Measure the error of each of `values`, in the order in which they are computed.

    Every quantity must be one of `vector.expected[dtype]`; those that `values` lacks are left out.
    """
    fmt = FORMATS[dtype]
    printed = {_output_quantity(p): p.digits for p in vector.published}
    return [
        _deviation(vector.op, fmt, quantity, expected, values[quantity], printed.get(quantity))
        for quantity, expected in vector.expected[dtype].items()
        if quantity in values
    ]


def worst_deviation(deviations: Sequence[Deviation]) -> Deviation:
    """Return the number that comes nearest to its bound, or exceeds it most; wrong ones first."""
    return max(deviations, key=severity_key)


def severity_key(deviation: Deviation) -> tuple[bool, bool, float]:
    """Return a key that sorts by how wrong a number is.

    The error of NaN or an infinity is infinite and says little about the mistake: among wrong
    numbers, those with a finite error count as worse.
    """
    wrong = deviation.problem is not None
    return wrong, math.isfinite(deviation.error), deviation.error_ratio


def error_unit(op: Op, fmt: Format, reference: Fraction) -> tuple[Fraction, Unit]:
    """Return the size of one unit of error at a reference value.

    Trained weights cross zero, where an ulp says nothing: their unit is u·max(|w|, 1).
    """
    if op == "train":
        return fmt.unit_roundoff * max(abs(reference), Fraction(1)), "u"
    return fmt.ulp(reference), "ulp"


def _deviation(
    op: Op, fmt: Format, quantity: str, expected: Expected, actual: float, printed: str | None
) -> Deviation:
    if not expected.value.is_finite():
        return _non_finite(op, quantity, expected, actual, printed)
    reference = Fraction(expected.value)
    size, unit = error_unit(op, fmt, reference)
    bound = _float(Fraction(expected.bound) / size) if expected.bound.is_finite() else math.inf
    problem = None
    if not math.isfinite(actual):
        error = math.inf
        problem = "is not finite"
    else:
        distance = abs(Fraction(actual) - reference)
        error = _float(distance / size)
        if distance > expected.bound:
            problem = "exceeds its error bound"
        elif not fmt.represents(actual):
            problem = f"is not a {fmt.name} number, so computed in another dtype"
    flushed = actual == 0 and abs(reference) < fmt.min_normal
    return Deviation(quantity, expected, actual, error, bound, unit, problem, printed, flushed)


def _non_finite(
    op: Op, quantity: str, expected: Expected, actual: float, printed: str | None
) -> Deviation:
    """Compare with a reference value that is NaN or infinite: only the same value conforms."""
    same = actual == float(expected.value) or (expected.value.is_nan() and math.isnan(actual))
    error, problem = (0.0, None) if same else (math.inf, f"is not {expected.value}")
    unit: Unit = "u" if op == "train" else "ulp"
    return Deviation(quantity, expected, actual, error, 0.0, unit, problem, printed)


def _output_quantity(printed: PublishedNumber) -> str:
    """Return the name under which a response has a published quantity, if it has it."""
    return printed.quantity.removeprefix(GRADIENTS_PREFIX).removeprefix(PARAMS_PREFIX)


def _float(x: Fraction) -> float:
    try:
        return float(x)
    except OverflowError:
        return math.inf
