"""The worked calculation for one set of parameters: every formula with its numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from backproof.network.formats import Real
from backproof.network.inputs import Inputs
from backproof.network.notation import (
    FACTORS,
    GRADIENT,
    STEP,
    STEPPED,
    SUMS,
    Chapter,
    Formula,
    Lines,
    stepped,
    summed,
)
from backproof.network.quantities import in_tutorial
from backproof.truth.certified import VALUE_DIGITS, Stage
from backproof.vectors.vectors import Printed

Known = Mapping[str, Decimal]  # values by letter or symbol
Given = tuple[tuple[str, Decimal], ...]  # letters and values that share a line
PARAMETERS = (("w1", "w2", "b1"), ("w3", "w4"), ("w5", "w6", "b2"), ("w7", "w8"))


@dataclass(frozen=True)
class Worked:
    """A formula with its numbers."""

    formula: Formula
    operands: Known  # of its last form
    value: Decimal
    printed: Sequence[Printed]


@dataclass(frozen=True)
class Section:
    """A section of an explanation; any part but its heading may be empty."""

    level: int  # heading level
    title: str
    text: str = ""
    factors: Lines = ()
    remark: str = ""
    given: tuple[Given, ...] = ()
    worked: tuple[Worked, ...] = ()


class StageWriter:
    """Writes the calculation for one set of parameters: row by row, then the step.

    With a single row, each weight is updated right after its gradient, as in the tutorial. With
    several rows, the gradients are summed first.
    """

    def __init__(
        self, inputs: Inputs, stage: Stage, printed: Mapping[str, Sequence[Printed]]
    ) -> None:
        """`printed` maps quantities to published numbers; row indices count within the stage."""
        self._stage = stage
        self._inputs = inputs
        self._printed = printed
        self._alone = len(stage.rows) == 1

    def sections(self, chapters: Sequence[Chapter], level: int) -> Iterator[Section]:
        """Yield the sections, with headings of `level` and below."""
        parameters = {
            in_tutorial(path, "train"): value for path, value in self._stage.params.items()
        }
        given = [tuple((letter, parameters[letter]) for letter in line) for line in PARAMETERS]
        if self._stage.stepped:
            assert self._inputs.schedule is not None
            parameters["η"] = _decimal(self._inputs.schedule.learning_rate)
            given.append((("η", parameters["η"]),))
        if not self._alone:
            yield Section(level, "Given", given=tuple(given))
        rows = []
        for r, row in enumerate(self._stage.rows):
            data = self._data(row)
            if self._alone:
                yield Section(level, "Given", given=(*data, *given))
            else:
                yield Section(level, f"Row {row + 1}", given=data)
            known = parameters | {letter: number for line in data for letter, number in line}
            for chapter in chapters:
                yield self._chapter(chapter, r, known, level if self._alone else level + 1)
            rows.append(known)
        gradients = [formula for chapter in chapters for formula in _gradients(chapter)]
        if gradients and not self._alone:
            yield self._together(gradients, parameters, rows, level)

    def _data(self, row: int) -> tuple[Given, ...]:
        lines = [("x", self._inputs.X[row])]
        if self._inputs.T:
            lines.append(("T", self._inputs.T[row]))
        return tuple(
            tuple((f"{letter}{i}", _decimal(number)) for i, number in enumerate(pair, start=1))
            for letter, pair in lines
        )

    def _chapter(self, chapter: Chapter, r: int, known: dict[str, Decimal], level: int) -> Section:
        """Return a chapter worked out for one row; add its results to `known`."""
        worked = []
        for formula in chapter.formulas:
            value = self._stage.by_row[r][formula.quantity.replace("[r]", "[0]")]
            gradient = formula.quantity.startswith(GRADIENT)
            # With several rows, a published gradient belongs to their sum.
            quantity = formula.quantity.replace("[r]", f"[{r}]")
            beside = self._printed.get(quantity, ()) if self._alone or not gradient else ()
            worked.append(_worked(formula, known, value, beside))
            known[formula.symbol] = value
            if gradient and self._alone:
                worked += self._stepped(formula, known)
        remark = STEP if self._stage.stepped and self._alone and _gradients(chapter) else ""
        return Section(
            level, chapter.title, chapter.text, chapter.factors, remark, worked=tuple(worked)
        )

    def _together(
        self, gradients: Sequence[Formula], parameters: Known, rows: Sequence[Known], level: int
    ) -> Section:
        """Return the sums of the gradients over several rows, and the step if there is one."""
        first, last = self._stage.rows[0] + 1, self._stage.rows[-1] + 1
        worked = []
        for gradient in gradients:
            total = summed(gradient, [row + 1 for row in self._stage.rows])
            value = self._stage.gradients[total.quantity.removeprefix(GRADIENT)]
            terms = [known[gradient.symbol] for known in rows]
            summands = dict(zip(total.operands(), terms, strict=True))
            beside = self._printed.get(total.quantity, ())
            worked.append(_worked(total, summands, value, beside))
            worked += self._stepped(total, {**parameters, total.symbol: value})
        remark = STEP if self._stage.stepped else ""
        title = f"Rows {first} to {last} together"
        return Section(level, title, SUMS, remark=remark, worked=tuple(worked))

    def _stepped(self, gradient: Formula, known: Known) -> list[Worked]:
        """Return the update of the gradient's parameter, if a step is taken."""
        if not self._stage.stepped:
            return []
        formula = stepped(gradient)
        value = self._stage.stepped[formula.quantity.removeprefix(STEPPED)]
        return [_worked(formula, known, value, self._printed.get(formula.quantity, ()))]


def _worked(formula: Formula, known: Known, value: Decimal, printed: Sequence[Printed]) -> Worked:
    operands = {name: known[FACTORS.get(name, name)] for name in formula.operands()}
    return Worked(formula, operands, value, printed)


def _gradients(chapter: Chapter) -> list[Formula]:
    return [formula for formula in chapter.formulas if formula.quantity.startswith(GRADIENT)]


def _decimal(x: Real) -> Decimal:
    exact, context = Fraction(x), Context(prec=VALUE_DIGITS)
    return context.divide(Decimal(exact.numerator), Decimal(exact.denominator)).normalize(context)
