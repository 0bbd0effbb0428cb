"""Results of any network, correct or mistaken: with a proven error bound, or as a machine computes.

A mistaken network is treated like the correct one: its exact results are enclosed, and the error
of any implementation that makes the same mistake is bounded.
"""

import math
from dataclasses import dataclass

from flint import arb, ctx

from backproof.network.evaluation import evaluate
from backproof.network.float_formats import FORMATS, Format
from backproof.network.inputs import Inputs, Op
from backproof.network.network import Network
from backproof.truth.arithmetics import BoundedValue, MachineArithmetic, RoundingModel

PRECISION = 256  # bits; the rounding errors are included in the bound


@dataclass(frozen=True, slots=True)
class Prediction:
    """The range of one number in implementations of a network."""

    number: BoundedValue
    format: Format  # every implementation returns a number of this format

    def contains(self, x: float) -> bool:
        """Whether such an implementation can return `x`."""
        value, error = self.number.value, self.number.bound
        if value.is_nan() or not math.isfinite(x):
            return (value.is_nan() and math.isnan(x)) or (arb(x) == value)
        return bool(abs(arb(x) - value).lower() <= error) and self.format.represents(x)

    def lies_outside(self, low: float, high: float) -> bool:
        """Whether no such implementation can return a number from `low` to `high`."""
        value, error = self.number.value, self.number.bound
        return not value.is_finite() or bool(value + error < low) or bool(value - error > high)

    def is_disjoint_from(self, other: "Prediction") -> bool:
        """Whether no implementation of one can return the same number as one of the other."""
        mine, theirs = self.number, other.number
        if not (mine.value.is_finite() and theirs.value.is_finite()):
            return str(mine.value) != str(theirs.value)
        return bool(abs(mine.value - theirs.value) > mine.bound + theirs.bound)


def effective_format(network: type[Network], fmt: Format) -> Format:
    """Return the format in which an implementation in `fmt` computes if it makes this mistake."""
    if network.precision is None or FORMATS[network.precision].precision >= fmt.precision:
        return fmt
    return FORMATS[network.precision]


def predict(network: type[Network], op: Op, inputs: Inputs, fmt: Format) -> dict[str, Prediction]:
    """Predict the results of implementations of a network in `fmt`, with proven error bounds.

    `inputs` must be numbers of `fmt`. Raises `BoundUnavailable` if the calculation may overflow.
    """
    narrowed = effective_format(network, fmt)
    if narrowed is not fmt:
        inputs = inputs.rounded(narrowed)
    with ctx.workprec(PRECISION):
        a = RoundingModel(narrowed)
        found = evaluate(network(narrowed), a, a.from_input, op, inputs)
        return {quantity: Prediction(number, narrowed) for quantity, number in found.items()}


def simulate(network: type[Network], op: Op, inputs: Inputs, fmt: Format) -> dict[str, float]:
    """Simulate one implementation of a network in `fmt`; the result is the same on every machine.

    `inputs` must be numbers of `fmt`.
    """
    a = MachineArithmetic(effective_format(network, fmt))
    return evaluate(network(a.format), a, lambda x: a.nearest(float(x)), op, inputs)
