"""The search for the mistakes that explain the wrong numbers of a backend.

A hypothesis, one or more mistakes together, is found by beam search and accepted by proof. The
search simulates hypotheses and ranks them by their distance from the numbers; it may miss some. A
hypothesis is accepted only if every number lies within the proven bounds of the network with these
mistakes (`predictions.predict`).

The search goes from op to op: the forward pass first, then, given its mistakes, the loss, the
gradients, training. For each op it tries one mistake, then two together, and so on. If none of
them reproduces all failures of the op, it takes those that reproduce some failures and contradict
nothing that passes; what follows from the other failures is judged from their own numbers.
"""

import math
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain

from backproof.diagnosis.clues import (
    describe_correct,
    describe_sometimes_made,
    find_clues,
    find_clues_to_rest,
)
from backproof.diagnosis.observations import Hypothesis, Observation, distance, reproduced
from backproof.diagnosis.own_numbers import continue_from
from backproof.diagnosis.prepared_vectors import Values, is_long, prepare_vector
from backproof.diagnosis.round_numbers import is_round
from backproof.diagnosis.solving import solve_constant
from backproof.diagnosis.sometimes import SometimesMade, find_sometimes_made
from backproof.diagnosis.weights_alone import set_biases_apart
from backproof.judging.results import Explanation, Run
from backproof.network.float_formats import FORMATS, Format
from backproof.network.inputs import OPS, Op
from backproof.network.mistakes import CATALOGUE, Mistake
from backproof.network.quantities import field_of
from backproof.truth.predictions import effective_format
from backproof.vectors.vectors import Vector

MAX_MISTAKES_PER_OP = 6
MAX_DISTANCE_RATIO = 0.95  # of the distance with one mistake fewer; above it, the search ends
BEAM_WIDTH = 12  # hypotheses that are kept after each step, …
EXPANDED_PER_STEP = 6  # … and the nearest of them, which are extended by one more mistake
SOLVED_PER_STEP = 2  # … and those of which constants are solved for
MAX_SIMULATED_ROWS = 25_000  # after so many simulated rows, the beam is not extended any more
RANKING_SAMPLE_SIZE = 5  # first failing vectors by which hypotheses are ranked, and as many others
MAX_SHORT_STEPS = 6  # steps of training that can be simulated for every hypothesis
MAX_PARTIAL_MISTAKES = 2  # of a hypothesis that leaves failures of an op
MIN_PARTIAL = 2  # failures; it must reproduce more, unless it reproduces all that are finite
MIN_SAMPLE_SHARE = 0.25  # of the sample, for a hypothesis to be tried on all failures of an op
MIN_GAIN = 0.1  # of the failures of an op, that each more mistake must explain
MIN_SOLVED_SHARE = 0.25  # of the failures of an op, for one with a constant that was solved for

# Mistakes of a backward pass that training has to itself: tried where no others explain it.
IN_TRAINING = [
    mistake.in_training()
    for mistake in CATALOGUE.values()
    if mistake.level() in {"forward", "gradients"}
]
CATALOGUE_RANK = {name: n for n, name in enumerate(CATALOGUE)}


@dataclass(frozen=True)
class Diagnosis:
    """The explanations of wrong numbers, the best one first, and what it leaves."""

    explanations: tuple[Explanation, ...] = ()
    unexplained: tuple[str, ...] = ()  # failing test vectors that the best leaves
    considered: frozenset[str] = frozenset()  # the test vectors that were looked at
    sometimes: SometimesMade | None = None  # what reproduces failures, but is not always made
    correct: tuple[str, ...] = ()  # failing test vectors with what a correct network returns


def add_diagnosis(run: Run) -> Run:
    """Return a run with its diagnosis, and with clues for the failures that it leaves."""
    if run.dtype is None or run.first_wrong is None:
        return run
    answers = [(r.vector, r.final_deviations) for r in run.results if r.final_deviations]
    diagnosis = diagnose(
        [(vector, {d.quantity: d.actual for d in deviations}) for vector, deviations in answers],
        run.dtype,
    )
    if diagnosis.explanations:
        considered = [answer for answer in answers if answer[0].id in diagnosis.considered]
        clues = find_clues_to_rest(considered, run.dtype, diagnosis.unexplained)
    else:
        clues = find_clues(answers, run.dtype)
    if diagnosis.correct:
        clues.insert(0, describe_correct(diagnosis.correct))
    if diagnosis.sometimes:
        clues += describe_sometimes_made(answers, run.dtype, diagnosis.sometimes)
    return replace(
        run,
        diagnosis=diagnosis.explanations,
        unexplained=diagnosis.unexplained,
        clues=tuple(clues),
    )


def diagnose(answers: Iterable[tuple[Vector, Values]], dtype: str) -> Diagnosis:
    """Return what explains a backend's numbers in a dtype.

    There are no explanations if no number is wrong, or if no mistakes of the catalogue reproduce
    the numbers of any failure.
    """
    observations = [
        Observation(prepare_vector(vector, dtype), values) for vector, values in answers
    ]
    if any(o.wrong and not is_long(o.prepared.vector) for o in observations):
        observations = [o for o in observations if not is_long(o.prepared.vector)]
    hypotheses: list[Hypothesis] = [()]
    sometimes: SometimesMade | None = None
    considered, latest = observations, {o.id: o for o in observations}
    asked = [op for op in OPS if any(o.op == op for o in observations)]
    for n, op in enumerate(asked):
        earlier = asked[:n]
        candidates = _candidates(considered, op, earlier)
        full, partly, left = _explain_op_from(hypotheses, considered, op, candidates)
        if not full and op == "train" and "gradients" in earlier:
            candidates += IN_TRAINING
            # Anew, so that the search is not at its limit at once.
            considered = [Observation(o.prepared, o.observed) for o in considered]
            full, partly, left = _explain_op_from(hypotheses, considered, op, candidates)
        if not full and op == "gradients":
            apart = list(set_biases_apart(considered))
            for_weights = _candidates(apart, op, earlier)
            full_apart, *_ = _explain_op_from(hypotheses, apart, op, for_weights)
            if full_apart:
                full, considered = full_apart, apart
        if not full:
            sometimes = sometimes or find_sometimes_made(
                {m: _extend(partly, m) for m in _with_constants(candidates, partly, [])},
                left,
                [o for o in considered if o.op == op and not o.wrong],
            )
            considered = list(continue_from(considered, left))
        hypotheses = full[:BEAM_WIDTH] or [partly]
        latest |= {o.id: o for o in considered}
    failing = [latest[o.id] for o in observations if o.wrong]
    computed = [o for o in failing if o.is_computed]
    evidence = {
        h: _count_evidence(h, failing) for h in hypotheses if h and _count_evidence(h, computed)
    }
    ranked = sorted(evidence, key=lambda h: (_count_solved(h), -evidence[h], len(h)))
    left_out = {o.id: q for o in observations for q in o.wrong if q not in latest[o.id].observed}
    apart_from = tuple(sorted({field_of(quantity) for quantity in left_out.values()}))
    return Diagnosis(
        tuple(
            Explanation(
                tuple(mistake.id() for mistake in h),
                tuple(mistake.description() for mistake in h),
                evidence[h],
                len(failing),
                apart_from,
            )
            for h in ranked
        ),
        tuple(
            o.id
            for o in failing
            if not (ranked and o.reproduced_by(ranked[0]) and o.id not in left_out)
        ),
        frozenset(o.id for o in observations),
        sometimes,
        tuple(o.id for o in observations if o.refutes_reference and o.is_evidence_for(())),
    )


def _explain_op_from(
    bases: Sequence[Hypothesis],
    considered: Sequence[Observation],
    op: Op,
    candidates: Sequence[type[Mistake]],
) -> tuple[list[Hypothesis], Hypothesis, list[Observation]]:
    """Extend hypotheses so that they explain an op.

    Return those that explain it in full; or else none, one that explains it in part, and the
    failures that this one leaves.
    """
    up_to_op = [o for o in considered if o.op in OPS[: OPS.index(op) + 1]]
    tried = [found for base in bases for found in _explain_op(base, up_to_op, op, candidates)]
    full = [hypothesis for hypothesis, left in tried if not left]
    return list(dict.fromkeys(full)), *tried[0]


def _explain_op(
    base: Hypothesis,
    up_to_op: Sequence[Observation],
    op: Op,
    candidates: Sequence[type[Mistake]],
) -> list[tuple[Hypothesis, list[Observation]]]:
    """Extend a hypothesis by the fewest mistakes that reproduce all numbers up to an op.

    If there are none, by those that reproduce the most failures of the op. Return each extended
    hypothesis with the failures that it leaves.
    """
    of_op = [o for o in up_to_op if o.op == op]
    if reproduced(base, of_op):
        return [(base, [])]
    sample, failing = _ranking_sample(of_op), [o for o in of_op if o.wrong]
    if not any(o.is_computed for o in failing):
        return [(base, failing)]
    beams, accepted = [], []
    for beam in _beams(base, of_op, candidates):
        beams.append(beam)
        # The sample refutes most hypotheses: it comes first.
        accepted = [h for h in beam if reproduced(h, [*sample, *up_to_op])]
        if accepted:
            break
    proven = [h for h in accepted if _count_evidence(h, failing)]
    if proven:
        return [(hypothesis, []) for hypothesis in proven]
    partly, left = _explain_partly(base, list(chain(*beams[:MAX_PARTIAL_MISTAKES])), up_to_op, op)
    if accepted and partly == base:  # bounds so wide that they refute nothing, nor prove it
        return [(hypothesis, []) for hypothesis in accepted]
    return [(partly, left)]


def _explain_partly(
    base: Hypothesis, candidates: Sequence[Hypothesis], up_to_op: Sequence[Observation], op: Op
) -> tuple[Hypothesis, list[Observation]]:
    """Return the hypothesis that reproduces the most failures of an op, and those that it leaves.

    It must contradict nothing that passes; but what an implementation does with NaN and infinities
    is a matter of its own, so vectors with them neither support nor contradict a hypothesis.
    """
    failing = [o for o in up_to_op if o.op == op and o.wrong]
    finite = [o for o in failing if o.is_finite]
    passing = [o for o in up_to_op if not o.wrong and o.is_finite]
    sample = _ranking_sample(finite)
    fewest = max(1, min(MIN_PARTIAL, len(finite) - 1))
    best, most = base, max(fewest, sum(o.reproduced_by(base) for o in finite))
    for hypothesis in candidates:
        share = _count_evidence(hypothesis, sample)
        if share < MIN_SAMPLE_SHARE * len(sample):
            continue
        count = _count_evidence(hypothesis, finite)
        is_longer = base is not best and len(hypothesis) > len(best)
        if (
            count > most + is_longer * MIN_GAIN * len(failing)
            and _is_likely(hypothesis, base, count / len(failing))
            and _passes(hypothesis, passing)  # last, as it takes longest
        ):
            best, most = hypothesis, count
    return best, [o for o in failing if not o.reproduced_by(best)]


def _is_likely(hypothesis: Hypothesis, base: Hypothesis, share: float) -> bool:
    """Whether a hypothesis that explains a share of the failures is no mere fit of a constant."""
    new = (m for m in hypothesis if m not in base and m is not CATALOGUE[m.id()])
    solved = [m.constant for m in new if m.is_family()]
    return not solved or (share >= MIN_SOLVED_SHARE and all(map(is_round, solved)))


def _passes(hypothesis: Hypothesis, passing: Sequence[Observation]) -> bool:
    """Whether a network with these mistakes would pass where the backend does."""
    conform = not any(o.prepared.rejects(o.simulate(hypothesis)) for o in passing)
    return conform and reproduced(hypothesis, passing)


def _candidates(
    considered: Sequence[Observation], op: Op, earlier: Sequence[Op]
) -> list[type[Mistake]]:
    """Return the mistakes that may explain an op.

    Those that would show in an earlier op are not among them, except those of the arithmetic: if
    they were made, they were found there, even where that op has failures for unknown reasons.
    """
    of_op = [o for o in considered if o.op == op]
    own = {o.prepared.format for o in of_op}
    formats = own | _narrower_formats(of_op)
    return [
        mistake
        for mistake in CATALOGUE.values()
        if mistake.affects(op)
        and (mistake.level() == "numerics" or not any(map(mistake.affects, earlier)))
        and any(effective_format(mistake, fmt) in formats for fmt in own)
    ]


def _beams(
    base: Hypothesis, of_op: Sequence[Observation], candidates: Sequence[type[Mistake]]
) -> Iterator[list[Hypothesis]]:
    """Yield the nearest hypotheses with one mistake more than the base, two more, and so on."""
    sample = _ranking_sample(of_op)
    distances = {base: distance(base, sample)}
    beam = [base]
    for _ in range(MAX_MISTAKES_PER_OP):
        reached = distances[beam[0]]
        # Of single mistakes, all are proven: rounding may hide how near the right one is.
        width = BEAM_WIDTH if len(beam) > 1 else len(CATALOGUE)
        extended = _expand_beam(beam, candidates, sample, distances, width)
        if not extended:
            return
        yield extended
        beam = extended[:BEAM_WIDTH]
        if distances[beam[0]] > MAX_DISTANCE_RATIO * reached:
            return


def _expand_beam(
    beam: Sequence[Hypothesis],
    candidates: Sequence[type[Mistake]],
    sample: Sequence[Observation],
    distances: dict[Hypothesis, float],
    width: int,
) -> list[Hypothesis]:
    """Extend the nearest hypotheses of the beam by one mistake; return the nearest, in order.

    It adds the new ones to `distances`; for one that is not returned, perhaps a part of it.
    """
    nearest: list[Hypothesis] = []
    for hypothesis in beam[:EXPANDED_PER_STEP]:
        if sum(o.simulated_rows for o in sample) > MAX_SIMULATED_ROWS:
            break
        solve = hypothesis in beam[:SOLVED_PER_STEP]
        for mistake in _with_constants(candidates, hypothesis, sample if solve else []):
            extended = _extend(hypothesis, mistake)
            if extended not in distances:
                limit = distances[nearest[-1]] if len(nearest) == width else math.inf
                distances[extended] = distance(extended, sample, limit)
                if distances[extended] != distances[hypothesis]:  # the mistake makes a difference
                    insort(nearest, extended, key=distances.__getitem__)
                    del nearest[width:]
    return nearest


_PROPOSED: dict[tuple[type[Mistake], Fraction], type[Mistake]] = {}


def _propose(family: type[Mistake], constant: Fraction) -> type[Mistake]:
    """Return the mistake with a constant: always the same class, as hypotheses are compared."""
    return _PROPOSED.setdefault((family, constant), family.with_constant(constant))


def _with_constants(
    candidates: Iterable[type[Mistake]], hypothesis: Hypothesis, sample: Sequence[Observation]
) -> Iterator[type[Mistake]]:
    """Yield the mistakes, and those with a constant once more with the constant solved for."""
    for mistake in candidates:
        if any(issubclass(m, mistake) or issubclass(mistake, m) for m in hypothesis):
            continue  # it is made already, perhaps with another constant
        yield mistake
        if mistake.is_family() and sample:
            constant = solve_constant(mistake, hypothesis, sample)
            if constant is not None and not _is_catalogued(mistake, constant):
                yield _propose(mistake, constant)


def _is_catalogued(family: type[Mistake], constant: Fraction) -> bool:
    """Whether the catalogue has the mistake with this constant, under this name or its own."""
    members = (m for m in CATALOGUE.values() if issubclass(m, family))
    return any(member.constant == constant for member in members)


def _ranking_sample(observations: Sequence[Observation]) -> list[Observation]:
    """Choose some failures: the first, which are the simplest, and some of the others."""
    failing = [o for o in observations if o.wrong]
    short = [o for o in failing if o.prepared.inputs.steps <= MAX_SHORT_STEPS] or failing[:1]
    first, others = short[:RANKING_SAMPLE_SIZE], short[RANKING_SAMPLE_SIZE:]
    return first + others[:: len(others) // RANKING_SAMPLE_SIZE + 1]


def _narrower_formats(observations: Sequence[Observation]) -> set[Format]:
    """Return every format that represents all numbers but zeros, if there are such numbers."""
    numbers = [x for o in observations for x in o.observed.values() if x != 0 and math.isfinite(x)]
    return {fmt for fmt in FORMATS.values() if numbers and all(map(fmt.represents, numbers))}


def _count_evidence(hypothesis: Hypothesis, failing: Iterable[Observation]) -> int:
    return sum(observation.is_evidence_for(hypothesis) for observation in failing)


def _count_solved(hypothesis: Hypothesis) -> int:
    """Return how many mistakes have a constant that was solved for: fewer are more likely."""
    return sum(mistake is not CATALOGUE[mistake.id()] for mistake in hypothesis)


def _extend(hypothesis: Hypothesis, mistake: type[Mistake]) -> Hypothesis:
    """Add a mistake, in the order of the catalogue: the order of discovery does not matter."""
    return tuple(sorted([*hypothesis, mistake], key=lambda m: CATALOGUE_RANK[m.id()]))
