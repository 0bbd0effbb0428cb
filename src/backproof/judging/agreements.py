"""How far apart two backends are on the same test vectors."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from backproof.judging.deviations import Deviation, error_unit
from backproof.judging.results import Run
from backproof.network.float_formats import FORMATS
from backproof.vectors.vectors import Vector


@dataclass(frozen=True)
class Agreement:
    """The largest difference between two backends, and the test vector where it is."""

    a: str
    b: str
    max_error: float
    vector: str


def measure_agreements(runs: Iterable[Run]) -> dict[str, list[Agreement]]:
    """Compare every two backends of a dtype, in units of error at the reference value."""
    by_dtype: dict[str, list[Run]] = {}
    for run in runs:
        if run.dtype is not None:
            by_dtype.setdefault(run.dtype, []).append(run)
    return {
        dtype: [found for a, b in combinations(same, 2) if (found := _measure_pair(dtype, a, b))]
        for dtype, same in by_dtype.items()
    }


def _measure_pair(dtype: str, a: Run, b: Run) -> Agreement | None:
    others = {(r.vector.id, d.quantity): d for r in b.results for d in r.final_deviations}
    differences = [
        (_difference(dtype, result.vector, mine, theirs), result.vector.id)
        for result in a.results
        for mine in result.final_deviations
        if (theirs := others.get((result.vector.id, mine.quantity)))
    ]
    if not differences:
        return None
    most, vector = max(differences)
    return Agreement(a.label, b.label, most, vector)


def _difference(dtype: str, vector: Vector, mine: Deviation, theirs: Deviation) -> float:
    if repr(mine.actual) == repr(theirs.actual):
        return 0.0
    if not mine.expected.value.is_finite():
        return math.inf
    size, _ = error_unit(vector.op, FORMATS[dtype], Fraction(mine.expected.value))
    distance = abs(mine.actual - theirs.actual)
    return distance / float(size) if math.isfinite(distance) else math.inf
