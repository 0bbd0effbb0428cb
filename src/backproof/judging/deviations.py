"""Every number of a response against its reference value and error bound."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, Inexact
from fractions import Fraction
from functools import cached_property
from typing import Literal

from backproof.network.float_formats import FORMATS, Format, equal_nan
from backproof.network.inputs import Op
from backproof.network.notation import GRADIENTS_PREFIX, PARAMS_PREFIX
from backproof.truth.certified import Expected
from backproof.vectors.vectors import PublishedNumber, Vector

Unit = Literal["ulp", "u"]
EXACTLY = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[Inexact])
ROUGHLY = Context(prec=17, Emin=MIN_EMIN, Emax=MAX_EMAX)


@dataclass(frozen=True)
class Deviation:
    """One number of a response, its reference value, and how far it may be from it."""

    op: Op
    format: Format
    quantity: str
    expected: Expected
    actual: float
    published: str | None  # the digits that a publication gives
    epoch: int | None = None  # of a checkpoint: that epoch alone, from the backend's own state

    @cached_property
    def problem(self) -> str | None:
        """What is wrong, such as "exceeds its error bound"; None if the number conforms."""
        reference = self.expected.value
        if not reference.is_finite():
            return f"is not {reference}" if self.distance else None
        if not math.isfinite(self.actual):
            return "is not finite"
        if self.distance > self.expected.bound:
            return "exceeds its error bound"
        if not self.format.represents(self.actual):
            return f"is not a {self.format.name} number, so computed in another dtype"
        return None

    @cached_property
    def distance(self) -> Decimal:
        """Its distance from the reference value, exactly.

        If one of the two is not finite, it is 0 where they are the same, and else infinite.
        """
        reference = self.expected.value
        if math.isfinite(self.actual) and reference.is_finite():
            return EXACTLY.subtract(Decimal(self.actual), reference).copy_abs()
        return Decimal(0 if equal_nan(self.actual, float(reference)) else math.inf)

    @property
    def unit(self) -> Unit:
        """The unit of `error` and `bound`: see `error_unit`."""
        return "u" if self.op == "train" else "ulp"

    @property
    def error(self) -> float:
        """The distance from the reference value, in `unit`."""
        return self._in_units(self.distance)

    @property
    def bound(self) -> float:
        """The largest error that conforms, in `unit`."""
        return self._in_units(self.expected.bound)

    @property
    def is_flushed(self) -> bool:
        """Whether the number is 0 where the reference value is subnormal."""
        if self.actual or not self.expected.value.is_finite():
            return False
        return self.expected.value.copy_abs() < Decimal(float(self.format.min_normal))

    @cached_property
    def error_ratio(self) -> float:
        """The error over its bound: at most 1 where the number conforms.

        It is 0 for a subnormal number that was flushed to zero, which conforms.
        """
        if not self.distance or (self.is_flushed and not self.problem):
            return 0.0
        if self.distance.is_infinite() or not self.expected.bound:
            return math.inf
        return float(ROUGHLY.divide(self.distance, self.expected.bound))

    def _in_units(self, size: Decimal) -> float:
        if not size or size.is_infinite() or not self.expected.value.is_finite():
            return float(size)
        unit, _ = error_unit(self.op, self.format, Fraction(self.expected.value))
        try:
            return float(Fraction(size) / unit)
        except OverflowError:
            return math.inf


def measure_deviations(vector: Vector, dtype: str, values: Mapping[str, float]) -> list[Deviation]:
    """Measure the error of each of `values`, in the order in which they are computed.

    Every quantity must be one of `vector.expected[dtype]`; those that `values` lacks are left out.
    """
    fmt = FORMATS[dtype]
    printed = {_output_quantity(p): p.digits for p in vector.published}
    return [
        Deviation(vector.op, fmt, quantity, expected, values[quantity], printed.get(quantity))
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
    return wrong, deviation.distance.is_finite(), deviation.error_ratio


def error_unit(op: Op, fmt: Format, reference: Fraction) -> tuple[Fraction, Unit]:
    """Return the size of one unit of error at a reference value.

    Trained weights cross zero, where an ulp says nothing: their unit is u·max(|w|, 1).
    """
    if op == "train":
        return fmt.unit_roundoff * max(abs(reference), Fraction(1)), "u"
    return fmt.ulp(reference), "ulp"


def _output_quantity(printed: PublishedNumber) -> str:
    """Return the name under which a response has a published quantity, if it has it."""
    return printed.quantity.removeprefix(GRADIENTS_PREFIX).removeprefix(PARAMS_PREFIX)
