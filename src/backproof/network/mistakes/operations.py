"""Operations that several mistakes use."""

from decimal import Decimal, localcontext
from fractions import Fraction
from math import inf

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.float_formats import FORMATS, Real
from backproof.network.inputs import map_parameters
from backproof.network.network import Parameters, unflatten_parameters

HALF = Fraction(1, 2)


def transpose(W: list[list[N]]) -> list[list[N]]:
    return [list(column) for column in zip(*W, strict=True)]


def tanh(a: Arithmetic[N], z: N) -> N:
    """Return tanh z = 2σ(2z) − 1."""
    two, one = a.constant(Fraction(2)), a.constant(Fraction(1))
    return a.difference(a.product(two, a.sigmoid(a.product(two, z))), one)


def clip(a: Arithmetic[N], x: N, low: Fraction, high: Fraction) -> N:
    """Return x, or the nearer end if it lies outside `low` … `high`."""
    return a.apply_monotone(lambda x: min(max(x, low), high), x)


def logarithm(x: Fraction) -> Fraction:
    """Return ln x for x > 0, to about 60 digits."""
    with localcontext(prec=60):
        return Fraction((Decimal(x.numerator) / Decimal(x.denominator)).ln())


def round_to_float32(x: Real) -> Real:
    nearest = FORMATS["float32"].round(x) if isinstance(x, Fraction) else x
    return nearest if abs(nearest) == inf else Fraction(nearest)


def square_root(x: Real) -> Real:
    """Return √x to about 60 digits; 0 for x < 0, which the enclosure of a square may reach."""
    if isinstance(x, float):
        return x
    with localcontext(prec=60):
        return Fraction((Decimal(max(x.numerator, 0)) / Decimal(x.denominator)).sqrt())


def subtract(
    a: Arithmetic[N], params: Parameters[N], moves: Parameters[N], train_biases: bool
) -> Parameters[N]:
    """Return the parameters minus the moves; biases only if they are trained."""
    moved = unflatten_parameters(
        [a.difference(p, m) for p, m in zip(params.flatten(), moves.flatten(), strict=True)]
    )
    return moved if train_biases else moved._replace(b1=params.b1, b2=params.b2)


def scale_parameters(a: Arithmetic[N], factor: N, params: Parameters[N]) -> Parameters[N]:
    return map_parameters(lambda p: a.product(factor, p), params)
