"""Operations that several mistakes use."""

from decimal import Decimal, localcontext
from fractions import Fraction

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.inputs import map_parameters
from backproof.network.network import Parameters

HALF = Fraction(1, 2)


def transpose(W: list[list[N]]) -> list[list[N]]:
    return [list(column) for column in zip(*W, strict=True)]


def tanh(a: Arithmetic[N], z: N) -> N:
    """Return tanh z = 2σ(2z) − 1."""
    two, one = a.constant(Fraction(2)), a.constant(Fraction(1))
    return a.difference(a.product(two, a.sigmoid(a.product(two, z))), one)


def logarithm(x: Fraction) -> Fraction:
    """Return ln x for x > 0, to about 60 digits."""
    with localcontext(prec=60):
        return Fraction((Decimal(x.numerator) / Decimal(x.denominator)).ln())


def scale_parameters(a: Arithmetic[N], factor: N, params: Parameters[N]) -> Parameters[N]:
    return map_parameters(lambda p: a.product(factor, p), params)
