"""The constant of a mistake, solved from wrong numbers.

Where a mistake has a constant (`Mistake.constant`), each wrong number is a function of it. The
constants that reproduce one number within its error bound form an interval; the simplest number in
the intervals of several is proposed. It is then accepted as any hypothesis is: if it reproduces
every number.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import islice, pairwise, zip_longest

from backproof.diagnosis.observations import Hypothesis, Observation
from backproof.diagnosis.round_numbers import simplest_between
from backproof.network.float_formats import FORMATS
from backproof.network.mistakes import Mistake, combine_mistakes

MAX_NUMBERS = 6  # from which a constant is solved
MAX_TRIED = 12  # numbers that may turn out not to depend on the constant
STEPS = 100  # of the root search
# Constants between which a root is searched, as multiples of the constant in the catalogue.
GRID = tuple(Fraction(10) ** k for k in range(-5, 5))

Interval = tuple[float, float]


def solve_constant(
    family: type[Mistake], hypothesis: Hypothesis, sample: Sequence[Observation]
) -> Fraction | None:
    """Return the constant with which a mistake, added to a hypothesis, reproduces wrong numbers."""
    intervals = list(islice(_intervals(family, hypothesis, sample), MAX_NUMBERS))
    if not intervals:
        return None
    # A number may have another solution, too: the one that most numbers share is taken.
    shared = max(([i for i in intervals if _overlap(i, j)] for j in intervals), key=len)
    low, high = max(low for low, _ in shared), min(high for _, high in shared)
    if low > high or low <= 0 <= high:  # with 0, the mistake is not made
        return None
    constant = simplest_between(Fraction(low), Fraction(high))
    return constant if abs(constant) <= family.largest else None


def _intervals(
    family: type[Mistake], hypothesis: Hypothesis, sample: Sequence[Observation]
) -> Iterator[Interval]:
    """Yield, for each number that depends on the constant, an interval in which that must lie."""
    cheapest_first = sorted(sample, key=lambda o: o.prepared.rows)
    finite = [[(o, q) for q in o.wrong if math.isfinite(o.observed[q])] for o in cheapest_first]
    one_of_each = (number for rank in zip_longest(*finite) for number in rank if number)
    for observation, quantity in islice(one_of_each, MAX_TRIED):
        x = observation.observed[quantity]
        narrow = observation.error_scale((*hypothesis, family))(quantity, x)
        residual = _residual(family, hypothesis, observation, quantity)
        if (root := _root(residual, family.constant)) is None:
            continue
        nearby = root * (1 + 1e-6)
        slope = (residual(nearby) - residual(root)) / (nearby - root) if nearby != root else 0.0
        half = 2 * narrow / abs(slope) if slope else math.inf
        if math.isfinite(half):
            yield root - half, root + half


def _residual(
    family: type[Mistake], hypothesis: Hypothesis, observation: Observation, quantity: str
) -> Callable[[float], float]:
    """Return the difference between the observed number and a simulation, by constant.

    The simulation is in float64, whatever the dtype: its rounding must not hide how the number
    depends on the constant.
    """
    prepared = observation.prepared

    def residual(constant: float) -> float:
        network = combine_mistakes((*hypothesis, family.with_constant(Fraction(constant))))
        numbers = prepared.simulate(network, FORMATS["float64"])
        return numbers[quantity] - observation.observed[quantity]

    return residual


def _root(f: Callable[[float], float], around: Fraction) -> float | None:
    """Return a root of f, found between neighbours of a grid in which its sign changes."""
    grid = [float(around * factor) for factor in GRID]
    if f(grid[0]) == f(float(around)) == f(grid[-1]):  # the number does not depend on it
        return None
    values = [(c, f(c)) for c in sorted([0.0, *grid, *(-c for c in grid[:6])])]
    for (a, fa), (b, fb) in pairwise(values):
        if fa == 0:
            return a
        if math.isfinite(fa) and math.isfinite(fb) and (fa < 0) != (fb < 0):
            return _between(f, a, fa, b, fb)
    return None


def _between(f: Callable[[float], float], a: float, fa: float, b: float, fb: float) -> float:
    """Find a root by bisection and the Illinois variant of regula falsi, in turn."""
    for step in range(STEPS):
        c = (a + b) / 2 if step % 2 else (a * fb - b * fa) / (fb - fa)
        fc = f(c)
        if fc == 0 or c in (a, b):
            return c
        if (fc < 0) != (fb < 0):
            a, fa = b, fb
        else:
            fa /= 2
        b, fb = c, fc
    return b


def _overlap(one: Interval, other: Interval) -> bool:
    return one[0] <= other[1] and one[1] >= other[0]
