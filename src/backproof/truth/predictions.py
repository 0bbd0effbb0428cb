"""What any network, right or mistaken, comes to: in theory, with a bound, or as a machine has it.

The right network goes through the same formulas (`truth`). What is said of a mistaken one is
derived in the same way: its exact numbers, and how far from them an implementation of the same
mistake may come out.
"""

import math
from dataclasses import dataclass

from flint import arb, ctx

from backproof.network.evaluation import evaluate
from backproof.network.formats import FORMATS, Format
from backproof.network.inputs import Inputs, Op
from backproof.network.network import Network
from backproof.truth.arithmetics import Nearest, Rounded, Rounding

PRECISION = 256  # bits: what is lost in them is added to the bound


@dataclass(frozen=True, slots=True)
class Prediction:
    """What implementations of a network come to for one number."""

    number: Rounded
    format: Format  # every one of them answers with a number of it

    def holds_for(self, x: float) -> bool:
        """Whether `x` can come from such an implementation."""
        value, error = self.number.value, self.number.error
        if value.is_nan() or not math.isfinite(x):
            return (value.is_nan() and math.isnan(x)) or (arb(x) == value)
        return bool(abs(arb(x) - value).lower() <= error) and self.format.holds(x)

    def lies_outside(self, low: float, high: float) -> bool:
        """Whether no such implementation comes to a number from `low` to `high`."""
        value, error = self.number.value, self.number.error
        return not value.is_finite() or bool(value + error < low) or bool(value - error > high)

    def excludes(self, other: "Prediction") -> bool:
        """Whether no implementation of one comes to the same number as any of the other."""
        mine, theirs = self.number, other.number
        if not (mine.value.is_finite() and theirs.value.is_finite()):
            return str(mine.value) != str(theirs.value)
        return bool(abs(mine.value - theirs.value) > mine.error + theirs.error)


def computed_in(network: type[Network], fmt: Format) -> Format:
    """Return the format in which implementations in `fmt` compute if they make this mistake."""
    if network.precision is None or FORMATS[network.precision].precision >= fmt.precision:
        return fmt
    return FORMATS[network.precision]


def predict(network: type[Network], op: Op, inputs: Inputs, fmt: Format) -> dict[str, Prediction]:
    """Return what implementations of a network in `fmt` come to, with a proven bound.

    `inputs` are numbers of `fmt`. Raises `BoundUnavailable` where the calculation may overflow.
    """
    narrowed = computed_in(network, fmt)
    if narrowed is not fmt:
        inputs = inputs.rounded(narrowed)
    with ctx.workprec(PRECISION):
        a = Rounding(narrowed)
        found = evaluate(network(narrowed), a, a.given, op, inputs)
        return {quantity: Prediction(number, narrowed) for quantity, number in found.items()}


def imitate(network: type[Network], op: Op, inputs: Inputs, fmt: Format) -> dict[str, float]:
    """Return what one implementation of a network in `fmt` answers, the same on every machine.

    `inputs` are numbers of `fmt`.
    """
    a = Nearest(computed_in(network, fmt))
    return evaluate(network(a.format), a, lambda x: a.nearest(float(x)), op, inputs)
