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

from backproof.diagnosis.clues import clues
from backproof.diagnosis.questions import Answer, Question, question
from backproof.errors import BoundUnavailable
from backproof.judging.results import Explanation, Run
from backproof.network.formats import FORMATS, Format, same
from backproof.network.inputs import OPS, Op
from backproof.network.mistakes import CATALOGUE, Mistake, combined
from backproof.truth.predictions import Prediction, computed_in, predict
from backproof.vectors.vectors import Vector

TOGETHER = 6  # mistakes looked for at one level
GAIN = 0.95  # how much nearer one more mistake must come, for another to be looked for
BEAM = 12  # proposals that are pursued at once: held to the bounds, …
WIDTH = 6  # … and the nearest of them given one more mistake
EFFORT = 25_000  # rows of imitations; beyond it, no more mistakes are looked for at a level
FIRST_LOOK = 5  # plain vectors by which proposals are ranked, and as many others
SHORT = 6  # steps of training that can be repeated for each of many proposals
NEAR = 64  # bounds: an imitation so far from the numbers may still be of the same mistake
FARTHEST = 40.0  # decades: what counts for a number that is not comparable at all

ORDER = {mistake: n for n, mistake in enumerate(CATALOGUE.values())}

Made = tuple[type[Mistake], ...]  # together, in the order of the catalogue


class _Seen:
    """A question with the backend's answer; what networks come to is kept."""

    def __init__(self, asked: Question, answer: Answer) -> None:
        self.question, self.answer = asked, answer
        self.op = asked.vector.op
        self.wrong = [q for q, x in answer.items() if not asked.conforms(q, x)]
        self._imitated: dict[Made, Answer] = {}
        self._predicted: dict[Made, Mapping[str, Prediction]] = {}

    def imitated(self, made: Made) -> Answer:
        if made not in self._imitated:
            self._imitated[made] = self.question.imitated(combined(made))
        return self._imitated[made]

    @property
    def effort(self) -> int:
        """How many rows the imitations have gone through."""
        return len(self._imitated) * self.question.rows

    def predicted(self, made: Made) -> Mapping[str, Prediction]:
        """Return what is predicted; nothing where the calculation may overflow."""
        if made not in self._predicted:
            asked = self.question
            try:
                found = predict(combined(made), self.op, asked.inputs, asked.format)
            except BoundUnavailable:
                found = {}
            self._predicted[made] = found
        return self._predicted[made]


def diagnosed(run: Run) -> Run:
    """Return a run with what explains its wrong numbers, or can be said of them."""
    if run.dtype is None or run.first_wrong is None:
        return run
    answered = [(r.vector, r.final) for r in run.results if r.final]
    found = diagnose(
        [(vector, {d.quantity: d.actual for d in final}) for vector, final in answered],
        run.dtype,
    )
    return replace(run, diagnosis=found, clues=() if found else clues(answered, run.dtype))


def diagnose(answers: Iterable[tuple[Vector, Answer]], dtype: str) -> list[Explanation]:
    """Return what explains the answers of a backend in a dtype, the best explanation first.

    It is empty if no number is wrong, or if nothing in the catalogue reproduces the numbers.
    """
    seen = [_Seen(question(vector, dtype), answer) for vector, answer in answers]
    if any(one.wrong and not one.question.long for one in seen):
        seen = [one for one in seen if not one.question.long]
    found: list[Made] = [()]
    for n, op in enumerate(OPS):
        so_far = [one for one in seen if one.op in OPS[: n + 1]]
        further = [made for base in found for made in _explained(base, so_far, op)]
        if not further:
            break
        found = list(dict.fromkeys(further))[:BEAM]
    failing = [one for one in seen if one.wrong]
    explanations = [_explanation(made, failing) for made in found if made]
    return sorted(
        (e for e in explanations if e.explains), key=lambda e: (-e.explains, len(e.mistakes))
    )


def _explained(base: Made, so_far: Sequence[_Seen], op: Op) -> list[Made]:
    """Return what must be made besides `base` for the answers up to `op`; the fewest together.

    What would show in the answers to an earlier op is not looked for any more.
    """
    asked = [one for one in so_far if one.op == op]
    if _reproduces(base, asked):
        return [base]
    earlier = {one.op for one in so_far} - {op}
    formats = _formats(asked)
    candidates = [
        mistake
        for mistake in CATALOGUE.values()
        if mistake.shows_in(op)
        and (mistake.level() == "numerics" or not any(map(mistake.shows_in, earlier)))
        and computed_in(mistake, asked[0].question.format) in formats
    ]
    telling = _telling(asked)
    all_told = [*telling, *so_far]  # what refuses most proposals comes first
    far = {base: _distance(base, telling, math.inf)}
    beam = [base]
    for _ in range(TOGETHER):
        reached = far[beam[0]]
        beam = _nearest(beam, candidates, telling, far)
        accepted = [
            made for made in beam if far[made].greatest < NEAR and _reproduces(made, all_told)
        ]
        if accepted or not beam or far[beam[0]].decades > GAIN * reached.decades:
            return accepted
    return []


def _nearest(
    beam: Sequence[Made],
    candidates: Sequence[type[Mistake]],
    telling: Sequence[_Seen],
    far: dict[Made, "_Distance"],
) -> list[Made]:
    """Return what comes nearest with one more mistake than the nearest of the beam, in order.

    What is new is noted in `far`: of what is not returned, perhaps not how far it is in full.
    """
    nearest: list[Made] = []
    for made in beam[:WIDTH]:
        if sum(one.effort for one in telling) > EFFORT:
            break
        for more in candidates:
            proposal = _with(made, more)
            if proposal not in far:
                limit = far[nearest[-1]].decades if len(nearest) == BEAM else math.inf
                far[proposal] = _distance(proposal, telling, limit)
                if far[proposal] != far[made]:  # it makes a difference
                    insort(nearest, proposal, key=far.__getitem__)
                    del nearest[BEAM:]
    return nearest


def _telling(asked: Sequence[_Seen]) -> list[_Seen]:
    """Choose some failures: the first, which are the plainest, and some of all the others."""
    failing = [one for one in asked if one.wrong]
    short = [one for one in failing if one.question.inputs.steps <= SHORT] or failing[:1]
    plain, others = short[:FIRST_LOOK], short[FIRST_LOOK:]
    return plain + others[:: len(others) // FIRST_LOOK + 1]


def _formats(asked: Sequence[_Seen]) -> set[Format]:
    """Return the formats that all numbers are of, if some number shows it: 0 is of every one."""
    own = {one.question.format for one in asked}
    telling = [x for one in asked for x in one.answer.values() if x != 0 and math.isfinite(x)]
    held = (fmt for fmt in FORMATS.values() if all(map(fmt.holds, telling)))
    return own.union(held if telling else ())


@dataclass(frozen=True, order=True)
class _Distance:
    """How far an imitation is from what was answered, in bounds."""

    decades: float  # summed over all numbers
    greatest: float


def _distance(made: Made, seen: Sequence[_Seen], limit: float) -> _Distance:
    """Add up how far an imitation is from the answers; beyond the limit, no farther."""
    decades, greatest = 0.0, 0.0
    for one in seen:
        if decades > limit:
            break
        coarser = _coarser(made, one.question)
        imitated = one.imitated(made)
        for quantity, x in one.answer.items():
            if same(x, imitated[quantity]):
                continue
            low, high = one.question.allowed[quantity]
            away = abs(x - imitated[quantity]) / max(coarser * (high - low) / 2, math.ulp(0))
            if math.isfinite(away):
                decades, greatest = decades + math.log10(1 + away), max(greatest, away)
            else:
                decades, greatest = decades + FARTHEST, math.inf
    return _Distance(decades, greatest)


def _coarser(made: Made, asked: Question) -> float:
    """Return how much larger rounding errors are if a mistake narrows the format."""
    narrowed = computed_in(combined(made), asked.format)
    return float(narrowed.unit_roundoff / asked.format.unit_roundoff)


def _reproduces(made: Made, seen: Iterable[_Seen]) -> bool:
    """Whether every number that was answered can come from a network with these mistakes."""
    return all(_possible(made, one) for one in seen)


def _possible(made: Made, one: _Seen) -> bool:
    right, imitated = one.question.right, one.imitated(made)
    if not one.wrong and all(same(x, right[quantity]) for quantity, x in imitated.items()):
        return True  # the mistakes make no difference here, and nothing is wrong
    return all(p.holds_for(one.answer[q]) for q, p in one.predicted(made).items())


def _explanation(made: Made, failing: Sequence[_Seen]) -> Explanation:
    explained = sum(_shows(made, one) for one in failing)
    return Explanation(tuple(mistake.id() for mistake in made), explained, len(failing))


def _shows(made: Made, one: _Seen) -> bool:
    """Whether a failure is reproduced, and by numbers that show the mistakes.

    They show them if a network that makes them must answer with such as do not conform; or with
    numbers of a narrower format; or if its imitation answers with the very same.
    """
    predicted, imitated = one.predicted(made), one.imitated(made)
    return (
        bool(predicted)
        and _possible(made, one)
        and any(
            predicted[q].format is not one.question.format
            or same(imitated[q], one.answer[q])
            or predicted[q].lies_outside(*one.question.allowed[q])
            for q in one.wrong
        )
    )


def _with(made: Made, more: type[Mistake]) -> Made:
    """Add a mistake; the order in which mistakes are found makes no other network."""
    return tuple(sorted({*made, more}, key=lambda mistake: ORDER[mistake]))
