"""A mistake that is made only sometimes: it reproduces failures, but would show elsewhere, too.

So it is where a mistake depends on a condition, such as one row in a batch. A hypothesis that
contradicts what passes is no explanation; which failures it reproduces is told as a clue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backproof.diagnosis.observations import Hypothesis, Observation, distance
from backproof.network.inputs import Op
from backproof.network.mistakes import Mistake

MIN_SHARE = 0.5  # of the failures, that the mistake must reproduce
SAMPLE_SIZE = 5  # failures, by which most mistakes are ruled out
MAX_DECADES = 3.0  # of distance a number, for a mistake to be looked at any further


@dataclass(frozen=True)
class SometimesMade:
    """A mistake, where it reproduces failures of an op, and where it is not made."""

    mistake: type[Mistake]
    op: Op
    reproduced: frozenset[str]  # test vectors that fail
    failing: int
    not_made: frozenset[str]  # test vectors that pass, and in which it would show


def find_sometimes_made(
    candidates: Mapping[type[Mistake], Hypothesis],
    left: Sequence[Observation],
    passing: Sequence[Observation],
) -> SometimesMade | None:
    """Return the mistake that reproduces the most of the failures left of one op, if one does.

    `candidates` are mistakes, each with the others that are made beside it.
    """
    finite = [o for o in left if o.is_finite and o.is_computed]
    sample = finite[:: len(finite) // SAMPLE_SIZE + 1]
    best: SometimesMade | None = None
    for mistake, hypothesis in candidates.items():
        if sum(_is_near(o, hypothesis) for o in sample) <= MIN_SHARE * len(sample):
            continue
        needed = max(MIN_SHARE * len(left), len(best.reproduced) if best else 1)
        found = frozenset(o.id for o in finite if o.is_evidence_for(hypothesis))
        shows = frozenset(
            o.id for o in passing if o.is_finite and o.prepared.rejects(o.simulate(hypothesis))
        )
        if len(found) > needed and shows:
            best = SometimesMade(mistake, left[0].op, found, len(left), shows)
    return best


def _is_near(observation: Observation, hypothesis: Hypothesis) -> bool:
    return distance(hypothesis, [observation]) <= MAX_DECADES * len(observation.observed)
