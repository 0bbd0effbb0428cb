"""The search for the mistakes that explain the wrong numbers of a backend.

A hypothesis, one or more mistakes together, is found by beam search and accepted by proof. The
search simulates hypotheses and ranks them by their distance from the numbers; it may miss some. A
hypothesis is accepted only if every number lies within the proven bounds of the network with these
mistakes (`predictions.predict`).

The search goes from op to op: the forward pass first, then, given its mistakes, the loss, the
gradients, training. For each op it tries one mistake, then two together, and so on.
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

MAX_MISTAKES_PER_OP = 6
MAX_DISTANCE_RATIO = 0.95  # of the distance with one mistake fewer; above it, the search ends
BEAM_WIDTH = 12  # hypotheses that are kept after each step, …
EXPANDED_PER_STEP = 6  # … and the nearest of them, which are extended by one more mistake
MAX_SIMULATED_ROWS = 25_000  # after so many simulated rows, the beam is not extended any more
RANKING_SAMPLE_SIZE = 5  # first failing vectors by which hypotheses are ranked, and as many others
MAX_SHORT_STEPS = 6  # steps of training that can be simulated for every hypothesis
MAX_ACCEPTED_DISTANCE = 64  # error bounds: simulations that are farther away are not proven
INCOMPARABLE_DECADES = 40.0  # the distance in decades of a number that is not finite

CATALOGUE_RANK = {mistake: n for n, mistake in enumerate(CATALOGUE.values())}

Hypothesis = tuple[type[Mistake], ...]  # together, in the order of the catalogue


class _Observation:
    """A test vector and the numbers of the backend; it caches simulations and predictions."""

    def __init__(self, prepared: PreparedVector, observed: Values) -> None:
        self.prepared, self.observed = prepared, observed
        self.op = prepared.vector.op
        self.wrong = [q for q, x in observed.items() if not prepared.conforms(q, x)]
        self._simulated: dict[Hypothesis, Values] = {}
        self._predicted: dict[Hypothesis, Mapping[str, Prediction]] = {}

    def simulate(self, hypothesis: Hypothesis) -> Values:
        if hypothesis not in self._simulated:
            self._simulated[hypothesis] = self.prepared.simulate(combine_mistakes(hypothesis))
        return self._simulated[hypothesis]

    @property
    def simulated_rows(self) -> int:
        """How many rows the simulations have run."""
        return len(self._simulated) * self.prepared.rows

    def predict(self, hypothesis: Hypothesis) -> Mapping[str, Prediction]:
        """Return the predicted numbers, or nothing where the calculation may overflow."""
        if hypothesis not in self._predicted:
            network, prepared = combine_mistakes(hypothesis), self.prepared
            try:
                predicted = predict(network, self.op, prepared.inputs, prepared.format)
            except BoundUnavailable:
                predicted = {}
            self._predicted[hypothesis] = predicted
        return self._predicted[hypothesis]

    def reproduced_by(self, hypothesis: Hypothesis) -> bool:
        """Whether every number can come from a network with these mistakes, however it rounds."""
        correct, simulated = self.prepared.correct_values, self.simulate(hypothesis)
        if not self.wrong and all(equal_nan(x, correct[q]) for q, x in simulated.items()):
            return True  # the mistakes make no difference here, and nothing is wrong
        return all(p.contains(self.observed[q]) for q, p in self.predict(hypothesis).items())

    def is_evidence_for(self, hypothesis: Hypothesis) -> bool:
        """Whether the mistakes reproduce this failure, and its wrong numbers show them.

        Numbers show the mistakes if no number of a network that makes them conforms, if they are
        of a narrower format, or if the simulation has the very same numbers.
        """
        predicted, simulated = self.predict(hypothesis), self.simulate(hypothesis)
        return (
            bool(predicted)
            and self.reproduced_by(hypothesis)
            and any(
                predicted[q].format is not self.prepared.format
                or equal_nan(simulated[q], self.observed[q])
                or predicted[q].lies_outside(*self.prepared.conforming_intervals[q])
                for q in self.wrong
            )
        )


def add_diagnosis(run: Run) -> Run:
    """Return a run with the explanations of its wrong numbers, or with clues if there are none."""
    if run.dtype is None or run.first_wrong is None:
        return run
    answers = [(r.vector, r.final_deviations) for r in run.results if r.final_deviations]
    explanations = diagnose(
        [(vector, {d.quantity: d.actual for d in deviations}) for vector, deviations in answers],
        run.dtype,
    )
    clues = () if explanations else find_clues(answers, run.dtype)
    return replace(run, diagnosis=explanations, clues=clues)


def diagnose(answers: Iterable[tuple[Vector, Values]], dtype: str) -> list[Explanation]:
    """Return the explanations of a backend's numbers in a dtype, the best one first.

    There are none if no number is wrong, or if no mistakes of the catalogue reproduce the numbers.
    """
    observations = [
        _Observation(prepare_vector(vector, dtype), values) for vector, values in answers
    ]
    if any(o.wrong and not o.prepared.is_long for o in observations):
        observations = [o for o in observations if not o.prepared.is_long]
    hypotheses: list[Hypothesis] = [()]
    for n, op in enumerate(OPS):
        up_to_op = [o for o in observations if o.op in OPS[: n + 1]]
        extended = [more for base in hypotheses for more in _explain_op(base, up_to_op, op)]
        if not extended:
            break
        hypotheses = list(dict.fromkeys(extended))[:BEAM_WIDTH]
    failing = [o for o in observations if o.wrong]
    explanations = [_explanation(hypothesis, failing) for hypothesis in hypotheses if hypothesis]
    return sorted(
        (e for e in explanations if e.explains), key=lambda e: (-e.explains, len(e.mistakes))
    )


def _explain_op(base: Hypothesis, up_to_op: Sequence[_Observation], op: Op) -> list[Hypothesis]:
    """Extend a hypothesis by the fewest mistakes that reproduce the numbers up to an op.

    Mistakes that would show in an earlier op are not tried, except those of the arithmetic.
    """
    of_op = [o for o in up_to_op if o.op == op]
    if _reproduces(base, of_op):
        return [base]
    earlier = {o.op for o in up_to_op} - {op}
    formats = _possible_formats(of_op)
    candidates = [
        mistake
        for mistake in CATALOGUE.values()
        if mistake.affects(op)
        and (mistake.level() == "numerics" or not any(map(mistake.affects, earlier)))
        and effective_format(mistake, of_op[0].prepared.format) in formats
    ]
    sample = _ranking_sample(of_op)
    distances = {base: _distance(base, sample, math.inf)}
    beam = [base]
    for _ in range(MAX_MISTAKES_PER_OP):
        reached = distances[beam[0]]
        beam = _expand_beam(beam, candidates, sample, distances)
        accepted = [
            hypothesis
            for hypothesis in beam
            if distances[hypothesis].greatest < MAX_ACCEPTED_DISTANCE
            and _reproduces(
                hypothesis, [*sample, *up_to_op]
            )  # the sample refutes most: it is first
        ]
        if (
            accepted
            or not beam
            or distances[beam[0]].decades > MAX_DISTANCE_RATIO * reached.decades
        ):
            return accepted
    return []


def _expand_beam(
    beam: Sequence[Hypothesis],
    candidates: Sequence[type[Mistake]],
    sample: Sequence[_Observation],
    distances: dict[Hypothesis, "_Distance"],
) -> list[Hypothesis]:
    """Extend the nearest hypotheses of the beam by one mistake; return the nearest, in order.

    It adds the new ones to `distances`; for one that is not returned, perhaps a part of it.
    """
    nearest: list[Hypothesis] = []
    for hypothesis in beam[:EXPANDED_PER_STEP]:
        if sum(o.simulated_rows for o in sample) > MAX_SIMULATED_ROWS:
            break
        for mistake in candidates:
            extended = _extend(hypothesis, mistake)
            if extended not in distances:
                limit = distances[nearest[-1]].decades if len(nearest) == BEAM_WIDTH else math.inf
                distances[extended] = _distance(extended, sample, limit)
                if distances[extended] != distances[hypothesis]:  # the mistake makes a difference
                    insort(nearest, extended, key=distances.__getitem__)
                    del nearest[BEAM_WIDTH:]
    return nearest


def _ranking_sample(observations: Sequence[_Observation]) -> list[_Observation]:
    """Choose some failures: the first, which are the simplest, and some of the others."""
    failing = [o for o in observations if o.wrong]
    short = [o for o in failing if o.prepared.inputs.steps <= MAX_SHORT_STEPS] or failing[:1]
    first, others = short[:RANKING_SAMPLE_SIZE], short[RANKING_SAMPLE_SIZE:]
    return first + others[:: len(others) // RANKING_SAMPLE_SIZE + 1]


def _possible_formats(observations: Sequence[_Observation]) -> set[Format]:
    """Return the format of the dtype and every other that represents all numbers but zeros."""
    own = {o.prepared.format for o in observations}
    numbers = [x for o in observations for x in o.observed.values() if x != 0 and math.isfinite(x)]
    others = (fmt for fmt in FORMATS.values() if all(map(fmt.represents, numbers)))
    return own.union(others if numbers else ())


@dataclass(frozen=True, order=True)
class _Distance:
    """How far a simulation is from the observed numbers, in error bounds."""

    decades: float  # the sum over all numbers of log10(1 + distance)
    greatest: float


def _distance(
    hypothesis: Hypothesis, observations: Sequence[_Observation], limit: float
) -> _Distance:
    """Return how far a simulation is from the numbers; stop after `limit` decades."""
    decades, greatest = 0.0, 0.0
    for observation in observations:
        if decades > limit:
            break
        scale = _bound_scale(hypothesis, observation.prepared)
        simulated = observation.simulate(hypothesis)
        for quantity, x in observation.observed.items():
            if equal_nan(x, simulated[quantity]):
                continue
            low, high = observation.prepared.conforming_intervals[quantity]
            distance = abs(x - simulated[quantity]) / max(scale * (high - low) / 2, math.ulp(0))
            if math.isfinite(distance):
                decades, greatest = decades + math.log10(1 + distance), max(greatest, distance)
            else:
                decades, greatest = decades + INCOMPARABLE_DECADES, math.inf
    return _Distance(decades, greatest)


def _bound_scale(hypothesis: Hypothesis, prepared: PreparedVector) -> float:
    """Return how much larger rounding errors are if a mistake narrows the format."""
    narrowed = effective_format(combine_mistakes(hypothesis), prepared.format)
    return float(narrowed.unit_roundoff / prepared.format.unit_roundoff)


def _reproduces(hypothesis: Hypothesis, observations: Iterable[_Observation]) -> bool:
    return all(observation.reproduced_by(hypothesis) for observation in observations)


def _explanation(hypothesis: Hypothesis, failing: Sequence[_Observation]) -> Explanation:
    explained = sum(observation.is_evidence_for(hypothesis) for observation in failing)
    return Explanation(tuple(mistake.id() for mistake in hypothesis), explained, len(failing))


def _extend(hypothesis: Hypothesis, mistake: type[Mistake]) -> Hypothesis:
    """Add a mistake, in the order of the catalogue: the order of discovery does not matter."""
    return tuple(sorted({*hypothesis, mistake}, key=CATALOGUE_RANK.__getitem__))
