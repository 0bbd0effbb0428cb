"""The state of an evaluation: the numbers of an example, its lines and their verdicts so far."""

from collections.abc import Iterable, Mapping, Sequence

from flint import arb

from backproof.errors import BoundUnavailable
from backproof.network.mistakes import CATALOGUE, Mistake
from backproof.truth.arithmetics import Rounded, ball
from backproof.worked_examples.calculation import calculate, in_float64
from backproof.worked_examples.conventions import network_of
from backproof.worked_examples.example import Example, Line
from backproof.worked_examples.formulas import Formulas
from backproof.worked_examples.names import Place
from backproof.worked_examples.verdicts import ONLY_DIGITS, Cause, Judgement, Kind, Verdict

NEIGHBOURS = (-1, 1, -2, 2)  # updates whose numbers may be confused with those of an update
NEAR = 1e4  # units in the last place; beyond it, float64 cannot explain the difference

Made = tuple[type[Mistake], ...]  # mistakes combined


class Working:
    """The exact and published numbers of an example, and the verdicts so far.

    Lines are identified by their index in `lines`.
    """

    def __init__(self, example: Example) -> None:
        self.example, self.lines = example, example.lines
        self.formulas = Formulas(example)
        self.given = given_numbers(example)
        stages = {max(0, line.place.updates + n) for line in self.lines for n in (0, *NEIGHBOURS)}
        self.true = calculate(network_of(example.conventions), example, stages)
        self.decimals = sorted({line.digits.decimals for line in self.lines})
        self.verdicts: dict[int, Verdict] = {}
        self.causes: list[Cause] = []
        self._in_float64: dict[Made, Mapping[Place, Rounded]] = {}

    def judgement(self) -> Judgement:
        """Return all verdicts. Every line must have one."""
        return Judgement(
            self.example, [self.verdicts[i] for i in range(len(self.lines))], self.causes
        )

    def say(self, i: int, kind: Kind, why: str = "", made: Made = ()) -> None:
        """Record the verdict on a line."""
        line = self.lines[i]
        should_be = line.digits.corrected(self.true[line.place])
        self.verdicts[i] = Verdict(line, kind, should_be, why, ids(made))

    def open(self) -> list[int]:
        """List the lines that have no verdict yet."""
        return [i for i in range(len(self.lines)) if i not in self.verdicts]

    def carried(self) -> list[int]:
        """List the lines that are correctly computed from wrong ones."""
        return [i for i, verdict in self.verdicts.items() if verdict.kind is Kind.CARRIED]

    def is_wrong(self, i: int) -> bool:
        """Whether a line is off by more than rounding, as far as known."""
        return i not in self.verdicts or self.verdicts[i].kind not in ONLY_DIGITS

    def before(self, i: int, place: Place) -> list[int]:
        """List the lines before line i that give a number."""
        return [j for j in range(i) if self.lines[j].place == place]

    def number(self, place: Place) -> arb:
        """Return the exact value of a number."""
        return self.given[place] if place in self.given else self.true[place]

    def mistaken(self, made: Made, lines: Iterable[Line]) -> Mapping[Place, arb]:
        """Return the numbers of some lines with these mistakes."""
        updates = {line.place.updates for line in lines}
        network = network_of(self.example.conventions, made)
        return calculate(network, self.example, updates) if updates else {}

    def accepted(self) -> list[Made]:
        """List the mistakes found so far."""
        return [tuple(CATALOGUE[name] for name in cause.mistakes) for cause in self.causes]

    def fits(self, line: Line, value: arb | None, made: Made = ()) -> bool:
        """Whether the digits of a line are those of a value, rounded or truncated."""
        if value is None or not value.is_finite():
            return False
        if line.digits.rounds(value) or line.digits.cuts(value):
            return True
        near = line.digits.away_from(value) < NEAR
        return near and line.digits.rounds(self.as_computed(line, value, made))

    def as_computed(self, line: Line, value: arb, made: Made = ()) -> arb:
        """Widen a value by the error bound of float64, if a program printed the line."""
        if not line.digits.from_float64:
            return value
        if made not in self._in_float64:
            self._in_float64[made] = self._programmed(made)
        computed = self._in_float64[made].get(line.place)
        return value if computed is None else value + arb(0, computed.error.abs_upper())

    def _programmed(self, made: Made) -> Mapping[Place, Rounded]:
        network = network_of(self.example.conventions, made)
        stages = {line.place.updates for line in self.lines if line.digits.from_float64}
        try:
            return in_float64(network, self.example, stages)
        except BoundUnavailable:  # evaluate it like a number computed by hand
            return {}


def given_numbers(example: Example) -> dict[Place, arb]:
    """Return the inputs, exact."""
    inputs = example.given
    matrices = {"X": inputs.X, "T": inputs.T, "params.W1": inputs.W1, "params.W2": inputs.W2}
    found = {
        Place(0, f"{name}[{r}][{c}]"): ball(x)
        for name, rows in matrices.items()
        for r, row in enumerate(rows)
        for c, x in enumerate(row)
    }
    for name, pair in (("params.b1", inputs.b1), ("params.b2", inputs.b2)):
        if example.conventions.biases_per_unit:
            found |= {Place(0, f"{name}[{i}]"): ball(x) for i, x in enumerate(pair)}
        else:
            found[Place(0, name)] = ball(pair[0])
    if inputs.learning_rate is not None:
        found[Place(0, "learning_rate")] = ball(inputs.learning_rate)
    return found


def ids(made: Sequence[type[Mistake]]) -> tuple[str, ...]:
    """Return the ids of mistakes."""
    return tuple(mistake.id() for mistake in made)
