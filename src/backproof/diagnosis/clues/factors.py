"""A factor of a gradient that is another quantity, is missing, or is there once too often.

The gradient of a weight of one row is a product, ∂E/∂w5 = ∂E1/∂Out y1 · ∂Out y1/∂y1 · Out h1. If
the wrong gradients are right but for one factor, the quotient of the wrong and the right number
is that of two quantities.
"""

from collections.abc import Sequence
from itertools import product
from math import isfinite

from backproof.diagnosis.clues.stage import Clue, FailingStage, OutputNumber
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import map_matrix, map_parameters
from backproof.network.network import Network
from backproof.network.quantities import split_quantity
from backproof.truth.arithmetics import MachineArithmetic

MIN_NUMBERS = 4  # of different test vectors
ROUNDINGS = 64  # unit roundoffs, beside the bound, for the quotient of two quantities
ONE = "1"


def find_replaced_factor(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that one factor of each gradient of a weight is another quantity, in a single row."""
    if stage.op != "gradients" or wrong[0].field not in {"W1", "W2"}:
        return None
    of_one_row = [n for n in wrong if len(n.vector.inputs.X) == 1 and n.measurable]
    known = [(n, *_quantities(stage, n)) for n in of_one_row if n.reference]
    if len({n.vector.id for n, *_ in known}) < MIN_NUMBERS:
        return None
    _, factors, others = known[0]
    fitting = [
        (old, new)
        for old, new in product(factors, [*factors, *others])
        if old != new
        and all(
            _is_right_but_for(stage, n, factors[old], (factors | others)[new])
            for n, factors, others in known
        )
    ]
    if len(fitting) != 1:
        return None
    ((old, new),) = fitting
    return Clue(f"{_in_words(old, new)}, with one row", [n for n, *_ in known])


def _in_words(old: str, new: str) -> str:
    if new == ONE:
        return f"lacks the factor {old}"
    if old == ONE:
        return f"is {new} times the correct one"
    return f"has {new} in place of {old}"


def _is_right_but_for(stage: FailingStage, n: OutputNumber, old: float, new: float) -> bool:
    """Whether the number is the correct one with a factor replaced, within its error bound."""
    if old == 0 or not (isfinite(old) and isfinite(new)):
        return False
    factor = new / old
    expected = n.reference_float * factor
    relative = ROUNDINGS * float(stage.format.unit_roundoff)
    slack = float(n.bound) * abs(factor) + relative * abs(expected) + float(stage.format.min_normal)
    return abs(n.actual - expected) <= slack


def _quantities(stage: FailingStage, n: OutputNumber) -> tuple[dict[str, float], dict[str, float]]:
    """Return the factors of the gradient of a weight, and what may be taken for one of them.

    1 is a factor, too: what is taken for it is there once too often, or what it is taken for lacks.
    """
    inputs, network = n.vector.inputs.rounded(stage.format), Network()
    a = MachineArithmetic(FORMATS["float64"])
    params, X, T = (
        map_parameters(float, inputs.params),
        map_matrix(float, inputs.X),
        map_matrix(float, inputs.T),
    )
    seen = network.forward(a, params, X)
    deltas = network.deltas(a, params, seen, T)
    unit, source = map(int, split_quantity(n.quantity)[1])
    if n.field == "W2":
        factors = {
            ONE: 1.0,
            "o − T": deltas.dE_dout_y[0][unit],
            "σ′(y)": deltas.dout_dy[0][unit],
            "Out h": seen.out_h[0][source],
        }
        others = {
            "the weight": params.W2[unit][source],
            "h": seen.h[0][source],
            "y": seen.y[0][unit],
            "Out y": seen.out_y[0][unit],
            "T": T[0][unit],
            "the bias": params.b2,
            "x": X[0][source],
            "Out h of the other unit": seen.out_h[0][1 - source],
            "o − T of the other output": deltas.dE_dout_y[0][1 - unit],
            "σ′(y) of the other output": deltas.dout_dy[0][1 - unit],
            "the loss of the output": deltas.dE_dout_y[0][unit] ** 2 / 2,
        }
    else:
        factors = {
            ONE: 1.0,
            "∂E/∂Out h": deltas.dE_dout_h[0][unit],
            "σ′(h)": deltas.dout_dh[0][unit],
            "x": X[0][source],
        }
        others = {
            "the weight": params.W1[unit][source],
            "h": seen.h[0][unit],
            "Out h": seen.out_h[0][unit],
            "the bias": params.b1,
            "x of the other input": X[0][1 - source],
            "∂E/∂Out h of the other unit": deltas.dE_dout_h[0][1 - unit],
            "σ′(h) of the other unit": deltas.dout_dh[0][1 - unit],
        }
    return factors, others
