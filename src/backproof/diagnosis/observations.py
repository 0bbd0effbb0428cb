"""Observations: test vectors with the numbers of a backend, and what hypotheses come to on them."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from backproof.diagnosis.prepared_vectors import PreparedVector, Values
from backproof.errors import BoundUnavailable
from backproof.network.float_formats import equal_nan
from backproof.network.mistakes import Mistake, combine_mistakes
from backproof.truth.predictions import Prediction, effective_format

TYPICAL_ROUNDINGS = 32  # unit roundoffs: the relative error bound of a number of usual conditioning
INCOMPARABLE_DECADES = 17.0  # the distance of NaN or an infinity: that of a number wholly wrong

Hypothesis = tuple[type[Mistake], ...]  # together, in the order of the catalogue


class Observation:
    """A test vector and the numbers of the backend; it caches simulations and predictions.

    These have the same quantities as the backend's numbers, which may lack some.
    """

    def __init__(self, prepared: PreparedVector, observed: Values) -> None:
        self.prepared, self.observed = prepared, observed
        self.id, self.op = prepared.vector.id, prepared.vector.op
        self.wrong = [q for q, x in observed.items() if not prepared.conforms(q, x)]
        self._simulated: dict[Hypothesis, Values] = {}
        self._predicted: dict[Hypothesis, Mapping[str, Prediction]] = {}

    def simulate(self, hypothesis: Hypothesis) -> Values:
        """Return the numbers of a simulation of the network with these mistakes."""
        hypothesis = self._effective(hypothesis)
        if hypothesis not in self._simulated:
            simulated = self.prepared.simulate(combine_mistakes(hypothesis))
            self._simulated[hypothesis] = {q: simulated[q] for q in self.observed}
        return self._simulated[hypothesis]

    @property
    def is_finite(self) -> bool:
        """Whether all numbers are finite, and should be."""
        numbers = (*self.observed.values(), *self.prepared.reference_values.values())
        return all(map(math.isfinite, numbers))

    @property
    def is_computed(self) -> bool:
        """Whether its numbers are not all one and the same, as where nothing is computed."""
        return len({*self.observed.values()}) > 1

    @property
    def refutes_reference(self) -> bool:
        """Whether a correct network, too, does not conform where the backend does not."""
        correct = self.prepared.correct_values
        return any(not self.prepared.conforms(q, correct[q]) for q in self.wrong)

    @property
    def simulated_rows(self) -> int:
        """How many rows the simulations have run."""
        return len(self._simulated) * self.prepared.rows

    def predict(self, hypothesis: Hypothesis) -> Mapping[str, Prediction]:
        """Return the predicted numbers, or nothing where the calculation may overflow."""
        hypothesis = self._effective(hypothesis)
        if hypothesis not in self._predicted:
            try:
                predicted = self.prepared.predict(combine_mistakes(hypothesis))
            except BoundUnavailable:
                predicted = {}
            self._predicted[hypothesis] = {q: p for q, p in predicted.items() if q in self.observed}
        return self._predicted[hypothesis]

    def _effective(self, hypothesis: Hypothesis) -> Hypothesis:
        """Return the mistakes that can change the numbers of this op."""
        return tuple(mistake for mistake in hypothesis if mistake.affects(self.op))

    def reproduced_by(self, hypothesis: Hypothesis) -> bool:
        """Whether every number can come from a network with these mistakes, however it rounds.

        Where no bounds exist nothing is refuted.
        """
        correct, simulated = self.prepared.correct_values, self.simulate(hypothesis)
        if not self.wrong and all(equal_nan(x, correct[q]) for q, x in simulated.items()):
            return True  # the mistakes make no difference here, and nothing is wrong
        predicted = self.predict(hypothesis)
        return all(predicted[q].contains(x) for q, x in self.observed.items() if q in predicted)

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

    def error_scale(self, hypothesis: Hypothesis) -> Callable[[str, float], float]:
        """Return a function of a quantity and its number in a simulation of these mistakes.

        Its value is about how far a number of an implementation may be from that: the error bound
        of the correct number, or that of a number as large as the simulated one, whichever is
        larger. A mistaken number is often much larger than the correct one.
        """
        fmt, intervals = self.prepared.format, self.prepared.conforming_intervals
        narrowed = effective_format(combine_mistakes(self._effective(hypothesis)), fmt)
        coarser = float(narrowed.unit_roundoff / fmt.unit_roundoff)
        relative = TYPICAL_ROUNDINGS * float(narrowed.unit_roundoff)

        def scale(quantity: str, simulated: float) -> float:
            low, high = intervals[quantity]
            return max(coarser * (high - low) / 2, relative * abs(simulated), math.ulp(0))

        return scale


def distance(
    hypothesis: Hypothesis, observations: Iterable[Observation], limit: float = math.inf
) -> float:
    """Return how far simulations are from the observed numbers, in decades.

    This is the sum over all numbers of log₁₀(1 + d), where d is the distance in units of
    `error_scale`; it is not summed up to the end if it exceeds the limit.
    """
    decades = 0.0
    for observation in observations:
        if decades > limit:
            break
        simulated = observation.simulate(hypothesis)
        scale = observation.error_scale(hypothesis)
        for quantity, x in observation.observed.items():
            if equal_nan(x, simulated[quantity]):
                continue
            d = abs(x - simulated[quantity]) / scale(quantity, simulated[quantity])
            decades += math.log10(1 + d) if math.isfinite(d) else INCOMPARABLE_DECADES
    return decades


def reproduced(hypothesis: Hypothesis, observations: Sequence[Observation]) -> bool:
    """Whether a hypothesis reproduces all observations."""
    return all(observation.reproduced_by(hypothesis) for observation in observations)
