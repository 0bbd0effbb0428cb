"""The results of a check: one for each test vector, in a run for each backend and dtype."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from backproof.errors import BackproofError
from backproof.judging.deviations import Deviation, severity_key, worst_deviation
from backproof.network.inputs import Op
from backproof.network.notation import GRADIENTS_PREFIX, PARAMS_PREFIX
from backproof.network.quantities import evaluation_order, field_of
from backproof.ports.responses import OUTPUT_TYPES
from backproof.ports.specs import BUILT_IN, resembles_built_in
from backproof.vectors.vectors import Vector

Outcome = Literal["pass", "fail", "varies", "unsupported", "error", "crash", "timeout", "not-run"]
RunOutcome = Outcome | Literal["unavailable"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
QUANTITY_PREFIX: dict[Op, str] = {"gradients": GRADIENTS_PREFIX, "train": PARAMS_PREFIX}
# A run is as bad as its worst vector, in this order.
SEVERITY: tuple[Outcome, ...] = (
    "crash",
    "timeout",
    "error",
    "fail",
    "varies",
    "not-run",
    "unsupported",
    "pass",
)


@dataclass(frozen=True)
class Result:
    """The result of one test vector, on one backend in one dtype."""

    vector: Vector
    outcome: Outcome
    deviations: Sequence[Deviation] = ()  # of every number of the response, where there is one
    message: str = ""
    known_reason: str | None = None  # why the failure is excused, if it is
    unsupported: Sequence[str] = ()  # fields that the backend leaves out, if not the whole op
    frames: Sequence[str] = ()  # the lines of a port that led to an exception, the outermost first

    @property
    def fields(self) -> list[str]:
        """The fields of the op's output, named as in `Run.error_ratios`."""
        return [_prefixed(self.vector.op, name) for name in OUTPUT_TYPES[self.vector.op]._fields]

    @property
    def unsupported_fields(self) -> list[str]:
        """Those that the backend does not support."""
        if self.outcome == "unsupported" and not self.unsupported:
            return self.fields
        return [_prefixed(self.vector.op, name) for name in self.unsupported]

    @property
    def final_deviations(self) -> list[Deviation]:
        """The numbers of the response itself, without those of checkpoints."""
        return [d for d in self.deviations if d.epoch is None]

    @property
    def is_correct(self) -> bool:
        """Whether every number is within its bound, even if it varies."""
        return self.outcome in {"pass", "varies"}

    @property
    def worst_deviation(self) -> Deviation | None:
        """The number nearest to its bound, or farthest beyond it."""
        return worst_deviation(self.deviations) if self.deviations else None

    @property
    def wrong_deviations(self) -> list[Deviation]:
        """The wrong numbers, in the order in which they are computed."""
        found = [d for d in self.deviations if d.problem]
        return sorted(found, key=lambda d: evaluation_order(d.quantity, self.vector.op))


@dataclass(frozen=True)
class Explanation:
    """Mistakes that together reproduce the numbers of a backend."""

    mistakes: tuple[str, ...]  # ids
    descriptions: tuple[str, ...]  # a sentence for each mistake, with its constant
    explains: int  # failing test vectors of which every number is reproduced
    of: int  # failing test vectors
    apart_from: tuple[str, ...] = ()  # fields of which it explains nothing


@dataclass(frozen=True)
class Run:
    """One backend in one dtype, or a backend that could not be started: its dtype is None."""

    backend: str  # its name, as it says
    version: str
    dtype: str | None
    results: Sequence[Result] = ()
    start_outcome: RunOutcome = "unavailable"  # the outcome of a backend without a dtype
    message: str = ""  # why it could not be started
    missed_count: int = 0  # test vectors that were not run because it could not be started
    notes: Sequence[str] = ()  # oddities that do not count against it
    diagnosis: Sequence[Explanation] | None = None  # None: not diagnosed
    unexplained: Sequence[str] = ()  # ids of failing test vectors that the diagnosis leaves
    clues: Sequence[str] = ()  # patterns in the wrong numbers, where nothing explains them
    spec: str = ""  # what it was called by
    refusal: BackproofError | None = None  # why it cannot be checked, although it was named

    @property
    def built_in(self) -> bool:
        """Whether it is a reference implementation, and not one that calls itself so."""
        return self.spec in BUILT_IN

    @property
    def label(self) -> str:
        """Its name, marked if it is or resembles that of a built-in backend which it is not."""
        taken = self.spec and not self.built_in and resembles_built_in(self.backend)
        return f"{self.backend} (not built in)" if taken else self.backend

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
        """Whether every test vector passes, except for known failures."""
        return (
            self.dtype is not None
            and self.counts["pass"] + self.known_count == len(self.results) > 0
        )

    @property
    def wrong_where_drawn_only(self) -> bool:
        """Whether it is right on test vectors of files and wrong on none, but on drawn ones."""
        held = [result for result in self.results if not result.vector.is_drawn]
        drawn = [result for result in self.results if result.vector.is_drawn]
        return (
            any(result.is_correct for result in held)
            and all(r.is_correct or r.outcome == "unsupported" or r.known_reason for r in held)
            and any(r.outcome == "fail" and r.known_reason is None for r in drawn)
        )

    @property
    def conforms_where_supported(self) -> bool:
        """Whether it only lacks what it does not support, and some number was evaluated."""
        return (
            not self.conforms
            and any(result.deviations for result in self.results)
            and all(
                result.outcome in {"pass", "unsupported"} or result.known_reason is not None
                for result in self.results
            )
        )

    @property
    def fields(self) -> list[str]:
        """The fields of the outputs that the test vectors ask for."""
        return list(dict.fromkeys(field for result in self.results for field in result.fields))

    @property
    def unsupported_counts(self) -> dict[str, int]:
        """In how many test vectors each field is unsupported, without those that never are."""
        return dict(Counter(f for result in self.results for f in result.unsupported_fields))

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many test vectors have each outcome."""
        seen = [result.outcome for result in self.results]
        return {outcome: seen.count(outcome) for outcome in OUTCOMES}

    @property
    def expected_count(self) -> int:
        """How many test vectors there are for the backend, whether or not it could be started."""
        return len(self.results) + self.missed_count

    @property
    def ran_count(self) -> int:
        """How many of the expected test vectors were run."""
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
        """The worst error over bound of each quantity.

        Gradients and trained parameters are named `gradients.W1` and `params.W1`.
        """
        worst: dict[str, float] = {}
        for result in self.results:
            for deviation in result.deviations:
                quantity = _prefixed(result.vector.op, field_of(deviation.quantity))
                worst[quantity] = max(worst.get(quantity, 0.0), deviation.error_ratio)
        return worst

    @property
    def first_wrong(self) -> tuple[Result, Deviation] | None:
        """The first wrong number, in the order of the test vectors and of the calculation."""
        return next(((result, d) for result in self.results for d in result.wrong_deviations), None)


def require_no_refusal(runs: Iterable[Run]) -> None:
    """Raise `BackproofError` if a backend that was named could not be checked."""
    refusals = [run.refusal for run in runs if run.refusal]
    if refusals:
        raise type(refusals[0])("\n".join(map(str, refusals)))


def _prefixed(op: Op, field: str) -> str:
    """Name a field so that gradients and trained parameters differ: `gradients.W1`, `params.W1`."""
    return QUANTITY_PREFIX.get(op, "") + field
