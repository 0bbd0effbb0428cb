"""Whether an answer is right: every number in it against its true value and bound."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from backproof.network.formats import FORMATS, Format
from backproof.network.inputs import Op
from backproof.truth.certified import Expected
from backproof.vectors.vectors import PublishedNumber, Vector

Unit = Literal["ulp", "u"]


@dataclass(frozen=True)
class Deviation:
    """How far one number of an answer is from the truth, and how far it may be."""

    quantity: str
    expected: Expected
    actual: float
    error: float  # in `unit`
    bound: float  # in `unit`
    unit: Unit  # ulp: of the dtype at the true value; u: its unit roundoff times max(|w|, 1)
    problem: str | None  # what is wrong with the number, if anything is
    published: str | None  # what a publication prints for it
    flushed: bool = False  # the truth is subnormal, the answer 0
    epoch: int | None = None  # judged after this one, from the backend's own state before it

    @property
    def error_ratio(self) -> float:
        """The error over its bound: at most 1 where the number conforms.

        Nothing is said by a subnormal number that came out as zero, which is as right.
        """
        if self.error == 0 or (self.flushed and not self.problem):
            return 0.0
        return self.error / self.bound if self.bound else math.inf


def measure_deviations(vector: Vector, dtype: str, values: Mapping[str, float]) -> list[Deviation]:
    """Compare an answer number by number, in the order in which a calculation finds them.

    `answer` must have exactly the quantities of `vector.expected[dtype]`.
    """
    fmt = FORMATS[dtype]
    printed = {_output_quantity(p): p.digits for p in vector.published}
    return [
        _deviation(vector.op, fmt, quantity, expected, values[quantity], printed.get(quantity))
        for quantity, expected in vector.expected[dtype].items()
    ]


def worst_deviation(deviations: Sequence[Deviation]) -> Deviation:
    """Return the number that comes nearest to its bound, or exceeds it most; wrong ones first."""
    return max(deviations, key=severity_key)


def severity_key(deviation: Deviation) -> tuple[bool, bool, float]:
    """Say how bad a number is, as something to compare.

    Where NaN or an infinity is in play every error is infinite, and says little of the mistake:
    among wrong numbers, one at a finite distance from the truth counts as worse.
    """
    wrong = deviation.problem is not None
    return wrong, math.isfinite(deviation.error), deviation.error_ratio


def error_unit(op: Op, fmt: Format, true_value: Fraction) -> tuple[Fraction, Unit]:
    """Return the size of one unit of error at a true value.

    An ulp means nothing where a weight crosses zero, so training is measured otherwise.
    """
    if op == "train":
        return fmt.unit_roundoff * max(abs(true_value), Fraction(1)), "u"
    return fmt.ulp(true_value), "ulp"


def _deviation(
    op: Op, fmt: Format, quantity: str, expected: Expected, actual: float, printed: str | None
) -> Deviation:
    if not expected.value.is_finite():
        return _non_finite(op, quantity, expected, actual, printed)
    true_value = Fraction(expected.value)
    size, unit = error_unit(op, fmt, true_value)
    bound = _float(Fraction(expected.bound) / size) if expected.bound.is_finite() else math.inf
    complaint = None
    if not math.isfinite(actual):
        error = math.inf
        complaint = "not finite"
    else:
        distance = abs(Fraction(actual) - true_value)
        error = _float(distance / size)
        if distance > expected.bound:
            complaint = "outside its error bound"
        elif not fmt.represents(actual):
            complaint = f"not a {fmt.name} number, so computed in another dtype"
    flushed = actual == 0 and abs(true_value) < fmt.min_normal
    return Deviation(quantity, expected, actual, error, bound, unit, complaint, printed, flushed)


def _non_finite(
    op: Op, quantity: str, expected: Expected, actual: float, printed: str | None
) -> Deviation:
    """Where the truth is NaN or an infinity there is no distance: the answer is that, or wrong."""
    same = actual == float(expected.value) or (expected.value.is_nan() and math.isnan(actual))
    error, complaint = (0.0, None) if same else (math.inf, f"not {expected.value}")
    unit: Unit = "u" if op == "train" else "ulp"
    return Deviation(quantity, expected, actual, error, 0.0, unit, complaint, printed)


def _output_quantity(printed: PublishedNumber) -> str:
    """Return the name under which a backend answers a printed quantity, if it does."""
    return printed.quantity.removeprefix("gradients.").removeprefix("params.")


def _float(x: Fraction) -> float:
    try:
        return float(x)
    except OverflowError:
        return math.inf
