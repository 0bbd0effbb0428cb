"""Bounds hold for the most hostile implementation that the model allows, and not by much."""

from collections import defaultdict
from fractions import Fraction
from random import Random

import pytest

from adversary import Adversary, Computed
from backproof import network
from backproof.errors import BoundUnavailable
from backproof.formats import FORMATS, Format
from backproof.inputs import Inputs, Op, Schedule, each, matrix
from backproof.quantities import numbers
from backproof.truth import expected
from backproof.vectors import Vector, VectorFile

NETS = 24
IMPLEMENTATIONS = 4  # of each net
EVERY_CALCULATION = [
    pytest.param(dtype, op, quantities, id=f"{op}-{dtype}")
    for dtype in FORMATS
    for op, quantities in {
        "forward": ["h", "out_h", "y", "out_y"],
        "loss": ["per_output", "total"],
        "gradients": ["W1", "b1", "W2", "b2"],
        "train": ["W1", "b1", "W2", "b2"],
    }.items()
]


def ordinary(draw: Random) -> Inputs:
    """Return a net with parameters up to a scale between ⅓ and 10."""
    scale = draw.choice([Fraction(1, 3), 1, 3, 10])

    def number(size: Fraction | int = 1) -> Fraction:
        return Fraction(draw.randint(-(10**4), 10**4), 10**4) * size

    return _drawn(draw, lambda: number(scale), number)


def awkward(draw: Random, fmt: Format) -> Inputs:
    """Return a net of zeros, powers of two, and numbers around the smallest normal one."""

    def number() -> Fraction:
        mantissa = Fraction(draw.randint(-(2**12), 2**12), 2 ** draw.randint(8, 14))
        sizes = [0, 1, 1, 1, 2 ** draw.randint(0, 6), Fraction(1, 2 ** draw.randint(5, 12))]
        small = fmt.min_normal * Fraction(2) ** draw.randint(-3, 8)
        return draw.choice([mantissa * draw.choice([*sizes, small]), Fraction(1), Fraction(-2)])

    return _drawn(draw, number, number)
