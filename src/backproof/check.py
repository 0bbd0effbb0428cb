"""The main job: put every vector to every backend in every dtype, and judge what comes back."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import combinations
from typing import Literal, get_args

from backproof.anchoring import NowhereToGoOn, reanchored
from backproof.clues import clues
from backproof.diagnosis import Explanation, diagnose
from backproof.judge import Deviation, badness, judge, measure, worst
from backproof.network.formats import FORMATS
from backproof.network.inputs import Inputs, Op
from backproof.network.notation import place
from backproof.ports.replies import Answer, Port
from backproof.vectors.vectors import Vector

Outcome = Literal["pass", "fail", "unsupported", "error", "crash", "timeout", "not-run"]
RunOutcome = Outcome | Literal["unavailable"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
OWNERS: dict[Op, str] = {"gradients": "gradients.", "train": "params."}
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
    known: str | None = None  # why it may fail, where that is known

    @property
    def final(self) -> list[Deviation]:
        """The numbers of the answer itself, without those on the way to it."""
        return [d for d in self.deviations if d.epoch is None]

    @property
    def worst(self) -> Deviation | None:
        """The number nearest to its bound, or farthest beyond it."""
        return worst(self.deviations) if self.deviations else None

    @property
    def wrong(self) -> list[Deviation]:
        """The numbers that are wrong, in the order in which a calculation finds them."""
        found = [d for d in self.deviations if d.complaint]
        return sorted(found, key=lambda d: place(d.quantity, self.vector.op))


@dataclass(frozen=True)
class Run:
    """One backend in one dtype; or, without a dtype, one that could not be run at all."""

    backend: str
    version: str
    dtype: str | None
    results: Sequence[Result] = ()
    unstarted: RunOutcome = "unavailable"  # what came of one without a dtype
    message: str = ""  # why it has no dtype
    missed: int = 0  # vectors that it could not even be asked, for want of a dtype
    notes: Sequence[str] = ()  # oddities that do not count against it
    diagnosis: Sequence[Explanation] | None = None  # of its wrong numbers, once it is sought
    clues: Sequence[str] = ()  # what can be said of them, where there is no diagnosis

    @property
    def outcome(self) -> RunOutcome:
        if self.dtype is None:
            return self.unstarted
        seen = {result.outcome for result in self.results} or {"not-run"}
        return next(outcome for outcome in SEVERITY if outcome in seen)

    @property
    def known(self) -> int:
        """How many of its failures are known."""
        return sum(result.known is not None for result in self.results)

    @property
    def conforms(self) -> bool:
        """Whether all passes, but for failures that are known."""
        return self.dtype is not None and self.counts["pass"] + self.known == len(self.results) > 0

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many vectors came to each outcome."""
        seen = [result.outcome for result in self.results]
        return {outcome: seen.count(outcome) for outcome in OUTCOMES}

    @property
    def expected(self) -> int:
        """How many vectors there are for the backend; for one that did not start, at least."""
        return len(self.results) + self.missed

    @property
    def ran(self) -> int:
        """How many vectors the backend was asked, of those expected."""
        return len(self.results) - self.counts["not-run"]

    @property
    def worst(self) -> tuple[Result, Deviation] | None:
        """The result and number nearest to its bound, or farthest beyond it."""
        found = [(result, result.worst) for result in self.results]
        judged = [(result, deviation) for result, deviation in found if deviation]
        if not judged:
            return None
        return max(judged, key=lambda pair: badness(pair[1]))

    @property
    def headroom(self) -> dict[str, float]:
        """How near the numbers of each quantity come to their bounds: the worst error over bound.

        Gradients and trained parameters are told apart as `gradients.W1` and `params.W1`.
        """
        worst: dict[str, float] = {}
        for result in self.results:
            prefix = OWNERS.get(result.vector.op, "")
            for deviation in result.deviations:
                quantity = prefix + deviation.quantity.partition("[")[0]
                worst[quantity] = max(worst.get(quantity, 0.0), deviation.headroom)
        return worst

    @property
    def first_wrong(self) -> tuple[Result, Deviation] | None:
        """The first wrong number, in the order of the vectors and of the calculation."""
        return next(((result, d) for result in self.results for d in result.wrong), None)

    def diagnosed(self) -> "Run":
        """Return the run with what explains its wrong numbers, or can be said of them."""
        if self.dtype is None or self.first_wrong is None:
            return self
        answered = [(r.vector, r.final) for r in self.results if r.final]
        found = diagnose(
            [(vector, {d.quantity: d.actual for d in final}) for vector, final in answered],
            self.dtype,
        )
        return replace(self, diagnosis=found, clues=() if found else clues(answered, self.dtype))


def check(
    port: Port,
    vectors: Iterable[Vector],
    dtypes: Sequence[str],
    seen: Callable[[], None] = lambda: None,
) -> Iterator[Run]:
    """Put the vectors to a port, in each of `dtypes` that it claims; yield a run for each.

    Without any dtypes it is put them in all that it claims and in which a vector is judged; if none
    is, in all that it claims, and nothing is run. `seen` is called after each vector.
    """
    vectors = list(vectors)
    if dtypes:
        chosen = [dtype for dtype in port.dtypes if dtype in dtypes]
    else:
        judged = [dtype for dtype in port.dtypes if any(dtype in v.expected for v in vectors)]
        chosen = judged or list(port.dtypes)
    for dtype in chosen:
        results = []
        for vector in vectors:
            if dtype in vector.expected:
                results.append(put(port, vector, dtype))
                seen()
        yield Run(port.name, port.version, dtype, results)


def put(port: Port, vector: Vector, dtype: str) -> Result:
    """Put one vector to a port, twice, and judge the answer."""
    inputs = vector.inputs.rounded(FORMATS[dtype])
    ask = partial(_numbers, port, vector, dtype)
    deviations: list[Deviation] = []
    complaint = ""
    try:
        answer = ask(inputs)
        try:
            for deviation in reanchored(ask, vector, dtype):
                deviations.append(deviation)  # noqa: PERF402  # what precedes an exception is kept
        except NowhereToGoOn as where:
            complaint = str(where)
        deviations += judge(vector, dtype, answer)
        if not complaint and not any(d.complaint for d in deviations):
            complaint = _changed(answer, _again(ask, inputs))
    except _Unanswered as lack:
        return Result(vector, lack.outcome, message=str(lack))
    failed = complaint or any(d.complaint for d in deviations)
    return Result(vector, "fail" if failed else "pass", deviations, complaint)


def _again(ask: Callable[[Inputs], Mapping[str, float]], inputs: Inputs) -> Mapping[str, float]:
    try:
        return ask(inputs)
    except _Unanswered as lack:
        raise _Unanswered(lack.outcome, f"asked the same again: {lack}") from lack


class _Unanswered(Exception):
    """A port gave no answer that can be judged."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


def _numbers(port: Port, vector: Vector, dtype: str, inputs: Inputs) -> Mapping[str, float]:
    """Ask a port for a vector's calculation, with these inputs, and return its answer."""
    reply = port.ask(vector.op, dtype, inputs)
    if not isinstance(reply, Answer):
        raise _Unanswered(reply.outcome, reply.message)
    if misshapen := _misshapen(vector, dtype, reply):
        raise _Unanswered("error", misshapen)
    return reply.numbers


@dataclass(frozen=True)
class Agreement:
    """The largest difference between two backends, and the vector where it is."""

    a: str
    b: str
    max_error: float
    vector: str


def agreement(runs: Iterable[Run]) -> dict[str, list[Agreement]]:
    """Compare every two backends of a dtype, in units of error at the true value."""
    by_dtype: dict[str, list[Run]] = {}
    for run in runs:
        if run.dtype is not None:
            by_dtype.setdefault(run.dtype, []).append(run)
    return {
        dtype: [found for a, b in combinations(same, 2) if (found := _agreement(dtype, a, b))]
        for dtype, same in by_dtype.items()
    }


def _agreement(dtype: str, a: Run, b: Run) -> Agreement | None:
    others = {result.vector.id: result.final for result in b.results}
    differences = [
        (_apart(dtype, result.vector, mine, theirs), result.vector.id)
        for result in a.results
        for mine, theirs in zip(result.final, others.get(result.vector.id, ()), strict=False)
    ]
    if not differences:
        return None
    most, vector = max(differences)
    return Agreement(a.backend, b.backend, most, vector)


def _apart(dtype: str, vector: Vector, mine: Deviation, theirs: Deviation) -> float:
    if repr(mine.actual) == repr(theirs.actual):
        return 0.0
    if not mine.expected.value.is_finite():
        return math.inf
    size, _ = measure(vector.op, FORMATS[dtype], Fraction(mine.expected.value))
    distance = abs(mine.actual - theirs.actual)
    return distance / float(size) if math.isfinite(distance) else math.inf


def _misshapen(vector: Vector, dtype: str, reply: Answer) -> str:
    """Say which quantities an answer lacks, or has too many."""
    expected, got = vector.expected[dtype].keys(), reply.numbers.keys()
    missing = [quantity for quantity in expected if quantity not in got]
    extra = [quantity for quantity in got if quantity not in expected]
    parts = [f"lacks {', '.join(missing)}"] if missing else []
    parts += [f"has {', '.join(extra)}, which nobody asked for"] if extra else []
    return f"{vector.op} answered in another shape: it {' and '.join(parts)}" if parts else ""


def _changed(first: Mapping[str, float], second: Mapping[str, float]) -> str:
    """Say how the answer to the same question differs the second time."""
    for quantity, number in first.items():
        again = second[quantity]
        if repr(number) != repr(again):  # so that −0.0 is not 0.0, and NaN is NaN
            return f"asked the same twice, {quantity} was {number!r}, then {again!r}"
    return ""
