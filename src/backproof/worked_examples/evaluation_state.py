"""The state of an evaluation: the numbers of an example, its lines and their verdicts so far."""

from collections.abc import Iterable, Mapping, Sequence

from flint import arb

from backproof.network.exercises import NumberId
from backproof.network.mistakes import CATALOGUE, Mistake
from backproof.truth.arithmetics import enclose
from backproof.worked_examples.calculation import calculate, count_row_passes
from backproof.worked_examples.conventions import build_network
from backproof.worked_examples.example import Example, Line
from backproof.worked_examples.example_formulas import ExampleFormulas
from backproof.worked_examples.program_bounds import FLOAT32, Hypothesis, ProgramBounds
from backproof.worked_examples.verdicts import (
    HARMLESS_KINDS,
    Cause,
    EvaluatedExample,
    Verdict,
    VerdictKind,
)

NEIGHBOURS = (-1, 1, -2, 2)  # updates whose numbers may be confused with those of an update
MAX_WORK = 200_000  # rows that pass through the network while mistakes are tried; about a minute


class OutOfWork(Exception):
    """The searches would take longer than they may."""


class EvaluationState:
    """The exact and published numbers of an example, and the verdicts so far.

    Lines are identified by their index in `lines`.
    """

    def __init__(self, example: Example) -> None:
        self.example, self.lines = example, example.lines
        self.formulas = ExampleFormulas(example)
        self.given = given_numbers(example)
        stages = {max(0, line.place.updates + n) for line in self.lines for n in (0, *NEIGHBOURS)}
        self.reference_values = calculate(build_network(example.conventions), example, stages)
        self.bounds = ProgramBounds(example, self.reference_values)
        self.decimals = sorted({line.digits.decimals for line in self.lines})
        self.verdicts: dict[int, Verdict] = {}
        self.causes: list[Cause] = []
        self.candidates: dict[int, str] = {}  # what may explain a line that has too few digits
        self.notes: list[str] = []
        self._lines_of: dict[NumberId, list[int]] = {}
        for i, line in enumerate(self.lines):
            self._lines_of.setdefault(line.place, []).append(i)
        self._work = 0

    def result(self, to_mend: Sequence[Line]) -> EvaluatedExample:
        """Return all verdicts. Every line must have one."""
        verdicts = [self.verdicts[i] for i in range(len(self.lines))]
        return EvaluatedExample(self.example, verdicts, self.causes, self.notes, to_mend)

    def set_verdict(
        self, i: int, kind: VerdictKind, why: str = "", hypothesis: Hypothesis = ()
    ) -> None:
        """Record the verdict on a line."""
        line = self.lines[i]
        should_be = line.digits.format_like(self.reference_values[line.place])
        self.verdicts[i] = Verdict(line, kind, should_be, why, mistake_ids(hypothesis))

    def open_lines(self) -> list[int]:
        """List the lines that have no verdict yet."""
        return [i for i in range(len(self.lines)) if i not in self.verdicts]

    def propagated_lines(self) -> list[int]:
        """List the lines that are correctly computed from wrong ones."""
        return [i for i, verdict in self.verdicts.items() if verdict.kind is VerdictKind.PROPAGATED]

    def is_wrong(self, i: int) -> bool:
        """Whether a line is off by more than rounding, as far as known."""
        return i not in self.verdicts or self.verdicts[i].kind not in HARMLESS_KINDS

    def earlier_lines(self, i: int, place: NumberId) -> list[int]:
        """List the lines before line i that give a number."""
        return [j for j in self._lines_of.get(place, ()) if j < i]

    def spend(self, work: int) -> None:
        """Count work that is to be done, in rows that pass through the network.

        Raises `OutOfWork` if it is more than the searches may do.
        """
        self.require(work)
        self._work += work

    def require(self, work: int) -> None:
        """Raise `OutOfWork` if so much may not be done any more."""
        if self._work + work > MAX_WORK:
            raise OutOfWork

    def exists(self, place: NumberId) -> bool:
        """Whether the network of the example has a number."""
        return not (self.example.conventions.one_output and place.is_of_second_output)

    def reference(self, place: NumberId) -> arb:
        """Return the exact value of a number."""
        return self.given[place] if place in self.given else self.reference_values[place]

    def values_under(self, hypothesis: Hypothesis, lines: Iterable[Line]) -> Mapping[NumberId, arb]:
        """Return the numbers of some lines with these mistakes."""
        updates = {line.place.updates for line in lines}
        if not updates:
            return {}
        self.spend(count_row_passes(self.example, updates))
        return calculate(build_network(self.example.conventions, hypothesis), self.example, updates)

    def accepted_hypotheses(self) -> list[Hypothesis]:
        """List the mistakes found so far."""
        return [tuple(CATALOGUE[name] for name in cause.mistakes) for cause in self.causes]

    def digits_match(self, line: Line, value: arb | None, hypothesis: Hypothesis = ()) -> bool:
        """Whether the digits of a line are those of a value, rounded or truncated."""
        if value is None or not value.is_finite():
            return False
        if line.digits.matches_rounded(value) or line.digits.matches_truncated(value):
            return True
        return self.bounds.may_reach(line, value) and line.digits.matches_rounded(
            self.bounds.widen(line, value, hypothesis)
        )

    def is_right(self, line: Line) -> bool:
        """Whether the digits of a line are those of its exact value, but for rounding errors."""
        value = self.reference_values[line.place]
        return self.digits_match(line, value) or line.digits.matches_rounded(
            self.bounds.widen(line, value)
        )

    def distance_to_reference(self, line: Line) -> float:
        """Return how far a line is from its exact value.

        The unit is one in the last place, wider by the error bound if a program in float32 printed
        the line.
        """
        value = self.reference_values[line.place]
        away = line.digits.distance_to(value)
        if self.bounds.format_of(line) is not FLOAT32:
            return away
        bound = self.bounds.widen(line, value).rad() / enclose(line.digits.last_place)
        return away / (1 + 2 * float(bound))


def given_numbers(example: Example) -> dict[NumberId, arb]:
    """Return the inputs, exact."""
    inputs = example.inputs
    matrices = {"X": inputs.X, "T": inputs.T, "params.W1": inputs.W1, "params.W2": inputs.W2}
    found = {
        NumberId(0, f"{name}[{r}][{c}]"): enclose(x)
        for name, rows in matrices.items()
        for r, row in enumerate(rows)
        for c, x in enumerate(row)
    }
    for name, pair in (("params.b1", inputs.b1), ("params.b2", inputs.b2)):
        if example.conventions.biases_per_unit:
            found |= {NumberId(0, f"{name}[{i}]"): enclose(x) for i, x in enumerate(pair)}
        else:
            found[NumberId(0, name)] = enclose(pair[0])
    if inputs.learning_rate is not None:
        found[NumberId(0, "learning_rate")] = enclose(inputs.learning_rate)
    return found


def mistake_ids(hypothesis: Sequence[type[Mistake]]) -> tuple[str, ...]:
    """Return the ids of mistakes."""
    return tuple(mistake.id() for mistake in hypothesis)
