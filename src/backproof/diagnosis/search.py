"""Which mistake explains the numbers of a backend that fails.

A diagnosis is found by search and accepted by proof. The search imitates candidates and compares;
it may overlook something, and what it proposes counts for nothing yet. A proposal is accepted only
if every number seen lies within the proven bounds of the mistaken network (`predictions.predict`).

The search goes level by level: the forward pass first, then, given its mistakes, the error, the
gradients, training. At each level one mistake is tried, then two together, and so on.
"""

import math
from bisect import insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from backproof.diagnosis.clues import find_clues
from backproof.diagnosis.prepared_vectors import PreparedVector, Values, prepare_vector
from backproof.errors import BoundUnavailable
from backproof.judging.results import Explanation, Run
from backproof.network.formats import FORMATS, Format, equal_nan
from backproof.network.inputs import OPS, Op
from backproof.network.mistakes import CATALOGUE, Mistake, combine_mistakes
from backproof.truth.predictions import Prediction, effective_format, predict
from backproof.vectors.vectors import Vector

MAX_MISTAKES_PER_LEVEL = 6  # mistakes looked for at one level
MAX_DISTANCE_RATIO = (
    0.95  # how much nearer one more mistake must come, for another to be looked for
)
BEAM_WIDTH = 12  # proposals that are pursued at once: held to the bounds, …
EXPANDED_PER_STEP = 6  # … and the nearest of them given one more mistake
MAX_SIMULATED_ROWS = (
    25_000  # rows of imitations; beyond it, no more mistakes are looked for at a level
)
RANKING_SAMPLE_SIZE = 5  # plain vectors by which proposals are ranked, and as many others
MAX_SHORT_STEPS = 6  # steps of training that can be repeated for each of many proposals
MAX_ACCEPTED_DISTANCE = (
    64  # bounds: an imitation so far from the numbers may still be of the same mistake
)
INCOMPARABLE_DECADES = 40.0  # decades: what counts for a number that is not comparable at all

CATALOGUE_RANK = {mistake: n for n, mistake in enumerate(CATALOGUE.values())}

Hypothesis = tuple[type[Mistake], ...]  # together, in the order of the catalogue


class _Observation:
    """A question with the backend's answer; what networks come to is kept."""

    def __init__(self, asked: PreparedVector, answer: Values) -> None:
        self.prepared, self.observed = asked, answer
        self.op = asked.vector.op
        self.wrong = [q for q, x in answer.items() if not asked.conforms(q, x)]
        self._imitated: dict[Hypothesis, Values] = {}
        self._predicted: dict[Hypothesis, Mapping[str, Prediction]] = {}

    def simulate(self, hypothesis: Hypothesis) -> Values:
        if hypothesis not in self._imitated:
            self._imitated[hypothesis] = self.prepared.simulate(combine_mistakes(hypothesis))
        return self._imitated[hypothesis]

    @property
    def simulated_rows(self) -> int:
        """How many rows the imitations have gone through."""
        return len(self._imitated) * self.prepared.rows

    def prediction(self, made: Hypothesis) -> Mapping[str, Prediction]:
        """Return what is predicted; nothing where the calculation may overflow."""
        if made not in self._predicted:
            asked = self.prepared
            try:
                found = predict(combine_mistakes(made), self.op, asked.inputs, asked.format)
            except BoundUnavailable:
                found = {}
            self._predicted[made] = found
        return self._predicted[made]


def add_diagnosis(run: Run) -> Run:
    """Return a run with what explains its wrong numbers, or can be said of them."""
    if run.dtype is None or run.first_wrong is None:
        return run
    answered = [(r.vector, r.final_deviations) for r in run.results if r.final_deviations]
    found = diagnose(
        [(vector, {d.quantity: d.actual for d in final}) for vector, final in answered],
        run.dtype,
    )
    return replace(run, diagnosis=found, clues=() if found else find_clues(answered, run.dtype))


def diagnose(answers: Iterable[tuple[Vector, Values]], dtype: str) -> list[Explanation]:
    """Return what explains the answers of a backend in a dtype, the best explanation first.

    It is empty if no number is wrong, or if nothing in the catalogue reproduces the numbers.
    """
    seen = [_Observation(prepare_vector(vector, dtype), answer) for vector, answer in answers]
    if any(one.wrong and not one.prepared.is_long for one in seen):
        seen = [one for one in seen if not one.prepared.is_long]
    found: list[Hypothesis] = [()]
    for n, op in enumerate(OPS):
        so_far = [one for one in seen if one.op in OPS[: n + 1]]
        further = [made for base in found for made in _find_explanations(base, so_far, op)]
        if not further:
            break
        found = list(dict.fromkeys(further))[:BEAM_WIDTH]
    failing = [one for one in seen if one.wrong]
    explanations = [_explanation(made, failing) for made in found if made]
    return sorted(
        (e for e in explanations if e.explains), key=lambda e: (-e.explains, len(e.mistakes))
    )


def _find_explanations(
    hypothesis: Hypothesis, so_far: Sequence[_Observation], op: Op
) -> list[Hypothesis]:
    """Return what must be made besides `base` for the answers up to `op`; the fewest together.

    What would show in the answers to an earlier op is not looked for any more.
    """
    asked = [one for one in so_far if one.op == op]
    if _reproduces(hypothesis, asked):
        return [hypothesis]
    earlier = {one.op for one in so_far} - {op}
    formats = _possible_formats(asked)
    candidates = [
        mistake
        for mistake in CATALOGUE.values()
        if mistake.affects(op)
        and (mistake.level() == "numerics" or not any(map(mistake.affects, earlier)))
        and effective_format(mistake, asked[0].prepared.format) in formats
    ]
    telling = _ranking_sample(asked)
    all_told = [*telling, *so_far]  # what refuses most proposals comes first
    far = {hypothesis: _distance(hypothesis, telling, math.inf)}
    beam = [hypothesis]
    for _ in range(MAX_MISTAKES_PER_LEVEL):
        reached = far[beam[0]]
        beam = _expand_beam(beam, candidates, telling, far)
        accepted = [
            made
            for made in beam
            if far[made].greatest < MAX_ACCEPTED_DISTANCE and _reproduces(made, all_told)
        ]
        if accepted or not beam or far[beam[0]].decades > MAX_DISTANCE_RATIO * reached.decades:
            return accepted
    return []


def _expand_beam(
    beam: Sequence[Hypothesis],
    candidates: Sequence[type[Mistake]],
    sample: Sequence[_Observation],
    distances: dict[Hypothesis, "_Distance"],
) -> list[Hypothesis]:
    """Return what comes nearest with one more mistake than the nearest of the beam, in order.

    What is new is noted in `far`: of what is not returned, perhaps not how far it is in full.
    """
    nearest: list[Hypothesis] = []
    for made in beam[:EXPANDED_PER_STEP]:
        if sum(one.simulated_rows for one in sample) > MAX_SIMULATED_ROWS:
            break
        for more in candidates:
            proposal = _extend(made, more)
            if proposal not in distances:
                limit = distances[nearest[-1]].decades if len(nearest) == BEAM_WIDTH else math.inf
                distances[proposal] = _distance(proposal, sample, limit)
                if distances[proposal] != distances[made]:  # it makes a difference
                    insort(nearest, proposal, key=distances.__getitem__)
                    del nearest[BEAM_WIDTH:]
    return nearest


def _ranking_sample(asked: Sequence[_Observation]) -> list[_Observation]:
    """Choose some failures: the first, which are the plainest, and some of all the others."""
    failing = [one for one in asked if one.wrong]
    short = [one for one in failing if one.prepared.inputs.steps <= MAX_SHORT_STEPS] or failing[:1]
    plain, others = short[:RANKING_SAMPLE_SIZE], short[RANKING_SAMPLE_SIZE:]
    return plain + others[:: len(others) // RANKING_SAMPLE_SIZE + 1]


def _possible_formats(asked: Sequence[_Observation]) -> set[Format]:
    """Return the formats that all numbers are of, if some number shows it: 0 is of every one."""
    own = {one.prepared.format for one in asked}
    telling = [x for one in asked for x in one.observed.values() if x != 0 and math.isfinite(x)]
    held = (fmt for fmt in FORMATS.values() if all(map(fmt.represents, telling)))
    return own.union(held if telling else ())


@dataclass(frozen=True, order=True)
class _Distance:
    """How far an imitation is from what was answered, in bounds."""

    decades: float  # summed over all numbers
    greatest: float


def _distance(made: Hypothesis, seen: Sequence[_Observation], limit: float) -> _Distance:
    """Add up how far an imitation is from the answers; beyond the limit, no farther."""
    decades, greatest = 0.0, 0.0
    for one in seen:
        if decades > limit:
            break
        coarser = _bound_scale(made, one.prepared)
        imitated = one.simulate(made)
        for quantity, x in one.observed.items():
            if equal_nan(x, imitated[quantity]):
                continue
            low, high = one.prepared.conforming_intervals[quantity]
            away = abs(x - imitated[quantity]) / max(coarser * (high - low) / 2, math.ulp(0))
            if math.isfinite(away):
                decades, greatest = decades + math.log10(1 + away), max(greatest, away)
            else:
                decades, greatest = decades + INCOMPARABLE_DECADES, math.inf
    return _Distance(decades, greatest)


def _bound_scale(made: Hypothesis, asked: PreparedVector) -> float:
    """Return how much larger rounding errors are if a mistake narrows the format."""
    narrowed = effective_format(combine_mistakes(made), asked.format)
    return float(narrowed.unit_roundoff / asked.format.unit_roundoff)


def _reproduces(made: Hypothesis, seen: Iterable[_Observation]) -> bool:
    """Whether every number that was answered can come from a network with these mistakes."""
    return all(_is_possible(made, one) for one in seen)


def _is_possible(made: Hypothesis, one: _Observation) -> bool:
    right, imitated = one.prepared.correct_values, one.simulate(made)
    if not one.wrong and all(equal_nan(x, right[quantity]) for quantity, x in imitated.items()):
        return True  # the mistakes make no difference here, and nothing is wrong
    return all(p.contains(one.observed[q]) for q, p in one.prediction(made).items())


def _explanation(made: Hypothesis, failing: Sequence[_Observation]) -> Explanation:
    explained = sum(_is_evidence(made, one) for one in failing)
    return Explanation(tuple(mistake.id() for mistake in made), explained, len(failing))


def _is_evidence(made: Hypothesis, observation: _Observation) -> bool:
    """Whether a failure is reproduced, and by numbers that show the mistakes.

    They show them if a network that makes them must answer with such as do not conform; or with
    numbers of a narrower format; or if its imitation answers with the very same.
    """
    predicted, imitated = observation.prediction(made), observation.simulate(made)
    return (
        bool(predicted)
        and _is_possible(made, observation)
        and any(
            predicted[q].format is not observation.prepared.format
            or equal_nan(imitated[q], observation.observed[q])
            or predicted[q].lies_outside(*observation.prepared.conforming_intervals[q])
            for q in observation.wrong
        )
    )


def _extend(made: Hypothesis, more: type[Mistake]) -> Hypothesis:
    """Add a mistake; the order in which mistakes are found makes no other network."""
    return tuple(sorted({*made, more}, key=lambda mistake: CATALOGUE_RANK[mistake]))
