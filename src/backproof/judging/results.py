"""What comes of a check: a result for each vector, a run for each backend and dtype."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from backproof.judging.deviations import Deviation, severity_key, worst_deviation
from backproof.network.inputs import Op
from backproof.network.quantities import evaluation_order
from backproof.vectors.vectors import Vector

Outcome = Literal["pass", "fail", "unsupported", "error", "crash", "timeout", "not-run"]
RunOutcome = Outcome | Literal["unavailable"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
QUANTITY_PREFIX: dict[Op, str] = {"gradients": "gradients.", "train": "params."}
# A run is as bad as its worst vector, in this order.
SEVERITY: tuple[Outcome, ...] = (
    "crash",
    "timeout",
    "error",
    "fail",
    "not-run",
    "unsupported",
    "pass",
)


@dataclass(frozen=True)
class Result:
    """What came of one vector, for one backend in one dtype."""

    vector: Vector
    outcome: Outcome
    deviations: Sequence[Deviation] = ()  # of every number of the answer, where there is one
    message: str = ""
    known_reason: str | None = None  # why it may fail, where that is known

    @property
    def final_deviations(self) -> list[Deviation]:
        """The numbers of the answer itself, without those on the way to it."""
        return [d for d in self.deviations if d.epoch is None]

    @property
    def worst_deviation(self) -> Deviation | None:
        """The number nearest to its bound, or farthest beyond it."""
        return worst_deviation(self.deviations) if self.deviations else None

    @property
    def wrong_deviations(self) -> list[Deviation]:
        """The numbers that are wrong, in the order in which a calculation finds them."""
        found = [d for d in self.deviations if d.problem]
        return sorted(found, key=lambda d: evaluation_order(d.quantity, self.vector.op))


@dataclass(frozen=True)
class Explanation:
    """Mistakes that together reproduce what a backend answered."""

    mistakes: tuple[str, ...]  # ids
    explains: int  # vectors that fail, of which every number is reproduced
    of: int  # vectors that fail


@dataclass(frozen=True)
class Run:
    """One backend in one dtype; or, without a dtype, one that could not be run at all."""

    backend: str
    version: str
    dtype: str | None
    results: Sequence[Result] = ()
    start_outcome: RunOutcome = "unavailable"  # what came of one without a dtype
    message: str = ""  # why it has no dtype
    missed_count: int = 0  # vectors that it could not even be asked, for want of a dtype
    notes: Sequence[str] = ()  # oddities that do not count against it
    diagnosis: Sequence[Explanation] | None = None  # of its wrong numbers, once it is sought
    clues: Sequence[str] = ()  # what can be said of them, where there is no diagnosis

    @property
    def outcome(self) -> RunOutcome:
        if self.dtype is None:
            return self.start_outcome
        seen = {result.outcome for result in self.results} or {"not-run"}
        return next(outcome for outcome in SEVERITY if outcome in seen)

    @property
    def known_count(self) -> int:
        """How many of its failures are known."""
        return sum(result.known_reason is not None for result in self.results)

    @property
    def conforms(self) -> bool:
        """Whether all passes, but for failures that are known."""
        return (
            self.dtype is not None
            and self.counts["pass"] + self.known_count == len(self.results) > 0
        )

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many vectors came to each outcome."""
        seen = [result.outcome for result in self.results]
        return {outcome: seen.count(outcome) for outcome in OUTCOMES}

    @property
    def expected_count(self) -> int:
        """How many vectors there are for the backend; for one that did not start, at least."""
        return len(self.results) + self.missed_count

    @property
    def ran_count(self) -> int:
        """How many vectors the backend was asked, of those expected."""
        return len(self.results) - self.counts["not-run"]

    @property
    def worst_result(self) -> tuple[Result, Deviation] | None:
        """The result and number nearest to its bound, or farthest beyond it."""
        found = [(result, result.worst_deviation) for result in self.results]
        judged = [(result, deviation) for result, deviation in found if deviation]
        if not judged:
            return None
        return max(judged, key=lambda pair: severity_key(pair[1]))

    @property
    def error_ratios(self) -> dict[str, float]:
        """How near the numbers of each quantity come to their bounds: the worst error over bound.

        Gradients and trained parameters are told apart as `gradients.W1` and `params.W1`.
        """
        worst: dict[str, float] = {}
        for result in self.results:
            prefix = QUANTITY_PREFIX.get(result.vector.op, "")
            for deviation in result.deviations:
                quantity = prefix + deviation.quantity.partition("[")[0]
                worst[quantity] = max(worst.get(quantity, 0.0), deviation.error_ratio)
        return worst

    @property
    def first_wrong(self) -> tuple[Result, Deviation] | None:
        """The first wrong number, in the order of the vectors and of the calculation."""
        return next(((result, d) for result in self.results for d in result.wrong_deviations), None)
