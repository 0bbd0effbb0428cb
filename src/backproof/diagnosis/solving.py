"""The constant of a mistake, solved from wrong numbers.

Where a mistake has a constant (`Mistake.constant`), each wrong number is a function of it. The
constants that reproduce one number within its error bound form an interval; the simplest number in
the intervals of several is proposed. It is then accepted as any hypothesis is: if it reproduces
every number.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import islice, pairwise, zip_longest

from backproof.diagnosis.observations import Hypothesis, Observation
from backproof.diagnosis.prepared_vectors import Values
from backproof.diagnosis.round_numbers import simplest_between
from backproof.network.float_formats import FORMATS
from backproof.network.mistakes import Mistake, combine_mistakes

MAX_NUMBERS = 6  # from which a constant is solved
MAX_ALONE = 2  # of these, none of which shares a solution with another
MAX_TRIED = 12  # numbers that may turn out not to depend on the constant, …
MAX_VECTORS = 4  # … of so many test vectors
STEPS = 100  # of the root search
# Constants between which a root is searched, as multiples of the constant in the catalogue.
GRID = tuple(Fraction(10) ** k for k in range(-5, 5))

Interval = tuple[float, float]
Point = tuple[float, float]  # c and f(c)
Simulations = Callable[[float], Values]  # by constant


def solve_constant(
    family: type[Mistake], hypothesis: Hypothesis, sample: Sequence[Observation]
) -> Fraction | None:
    """Return the constant with which a mistake, added to a hypothesis, reproduces wrong numbers."""
    intervals: list[Interval] = []
    shared: list[Interval] = []
    for interval in islice(_intervals(family, hypothesis, sample), MAX_NUMBERS):
        intervals.append(interval)
        # A number may have another solution, too: the one that most numbers share is taken.
        shared = max(([i for i in intervals if _overlap(i, j)] for j in intervals), key=len)
        if len(shared) == 1 and len(intervals) > MAX_ALONE:
            return None
    if not shared:
        return None
    low, high = max(low for low, _ in shared), min(high for _, high in shared)
    if low > high or low <= 0 <= high:  # with 0, the mistake is not made
        return None
    constant = simplest_between(Fraction(low), Fraction(high))
    return constant if abs(constant) <= family.largest else None


def _intervals(
    family: type[Mistake], hypothesis: Hypothesis, sample: Sequence[Observation]
) -> Iterator[Interval]:
    """Yield, for each number that depends on the constant, an interval in which that must lie."""
    simulations = {o.id: _simulations(family, hypothesis, o) for o in sample}
    grid = _grid(family)
    depending = (
        [(o, q) for q in _left_by(hypothesis, o)]
        for o in sorted(sample, key=lambda o: o.prepared.rows)
        if _depends(simulations[o.id], grid)
    )
    ranks = zip_longest(*islice(filter(None, depending), MAX_VECTORS))
    one_of_each = (number for rank in ranks for number in rank if number)
    roots: list[float] = []
    for o, quantity in islice(one_of_each, MAX_TRIED):
        x, simulated = o.observed[quantity], simulations[o.id]
        narrow = o.error_scale((*hypothesis, family))(quantity, x)

        def residual(
            c: float, simulated: Simulations = simulated, quantity: str = quantity, x: float = x
        ) -> float:
            return simulated(c)[quantity] - x

        known = next((c for c in roots if abs(residual(c)) <= narrow / 2), None)
        root = _root(residual, grid, narrow / 2) if known is None else known
        if root is None:
            continue
        roots.append(root)
        nearby = root * (1 + 1e-6)
        slope = (residual(nearby) - residual(root)) / (nearby - root) if nearby != root else 0.0
        half = 2 * narrow / abs(slope) if slope else math.inf
        if math.isfinite(half):
            yield root - half, root + half


def _left_by(hypothesis: Hypothesis, observation: Observation) -> list[str]:
    """Return the wrong numbers that a simulation of the hypothesis is far from."""
    simulated, scale = observation.simulate(hypothesis), observation.error_scale(hypothesis)
    return [
        q
        for q in observation.wrong
        if math.isfinite(x := observation.observed[q])
        and not abs(x - simulated[q]) <= scale(q, simulated[q])
    ]


def _simulations(
    family: type[Mistake], hypothesis: Hypothesis, observation: Observation
) -> Simulations:
    """Return the numbers of a vector as a function of the constant.

    They are simulated in float64, whatever the dtype: its rounding must not hide how a number
    depends on the constant.
    """

    @cache
    def simulated(constant: float) -> Values:
        network = combine_mistakes((*hypothesis, family.with_constant(Fraction(constant))))
        return observation.prepared.simulate(network, FORMATS["float64"])

    return simulated


def _depends(simulated: Simulations, grid: Sequence[float]) -> bool:
    """Whether some number of a vector depends on the constant."""
    return not simulated(grid[0]) == simulated(grid[len(grid) // 2]) == simulated(grid[-1])


def _grid(family: type[Mistake]) -> list[float]:
    """Return constants, in order, between which a root is searched."""
    positive = [float(family.constant * factor) for factor in GRID]
    negative = [] if family.is_positive else [-c for c in positive[:6]]
    return [*reversed(negative), 0.0, *positive]


def _root(f: Callable[[float], float], grid: Sequence[float], tolerance: float) -> float | None:
    """Return where f is 0, within a tolerance, between points of a grid where its sign changes."""
    values = [(c, f(c)) for c in grid]
    for (a, fa), (b, fb) in pairwise(values):
        if fa == 0:
            return a
        if math.isfinite(fa) and math.isfinite(fb) and (fa < 0) != (fb < 0):
            return _between(f, (a, fa), (b, fb), tolerance)
    return None


def _between(f: Callable[[float], float], low: Point, high: Point, tolerance: float) -> float:
    """Find a root by bisection and the Illinois variant of regula falsi, in turn."""
    (a, fa), (b, fb) = low, high
    for step in range(STEPS):
        c = (a + b) / 2 if step % 2 else (a * fb - b * fa) / (fb - fa)
        fc = f(c)
        if abs(fc) <= tolerance or c in (a, b):
            return c
        if (fc < 0) != (fb < 0):
            a, fa = b, fb
        else:
            fa /= 2
        b, fb = c, fc
    return b


def _overlap(one: Interval, other: Interval) -> bool:
    return one[0] <= other[1] and one[1] >= other[0]
