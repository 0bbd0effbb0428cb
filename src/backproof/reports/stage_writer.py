"""The worked calculation for one set of parameters: every formula with its numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from backproof.network.float_formats import Real
from backproof.network.inputs import Inputs
from backproof.network.notation import (
    GRADIENTS_PREFIX,
    LOCAL_DERIVATIVES,
    PARAMS_PREFIX,
    STEP_REMARK,
    SUM_REMARK,
    EquationLines,
    Formula,
    FormulaGroup,
    sum_over_rows,
    update_formula,
)
from backproof.network.quantities import tutorial_name
from backproof.truth.certified import VALUE_DIGITS, CalculationStage, to_decimal
from backproof.vectors.vectors import PublishedNumber

Symbols = Mapping[str, Decimal]  # values by letter or symbol
SymbolLine = tuple[tuple[str, Decimal], ...]  # letters and values that share a line
PARAMETERS = (("w1", "w2", "b1"), ("w3", "w4"), ("w5", "w6", "b2"), ("w7", "w8"))


@dataclass(frozen=True)
class WorkedFormula:
    """A formula with its numbers."""

    formula: Formula
    operands: Symbols  # of its last form
    value: Decimal
    published: Sequence[PublishedNumber]


@dataclass(frozen=True)
class Section:
    """A section of an explanation; any part but its heading may be empty."""

    level: int  # heading level
    title: str
    text: str = ""
    factors: EquationLines = ()
    remark: str = ""
    given: tuple[SymbolLine, ...] = ()
    worked: tuple[WorkedFormula, ...] = ()


class StageWriter:
    """Writes the calculation for one set of parameters: row by row, then the step.

    With a single row, each weight is updated right after its gradient, as in the tutorial. With
    several rows, the gradients are summed first.
    """

    def __init__(
        self,
        inputs: Inputs,
        stage: CalculationStage,
        published: Mapping[str, Sequence[PublishedNumber]],
    ) -> None:
        """`published` maps quantities to published numbers; row indices count within the stage."""
        self._stage = stage
        self._inputs = inputs
        self._published = published
        self._alone = len(stage.rows) == 1

    def sections(self, groups: Sequence[FormulaGroup], level: int) -> Iterator[Section]:
        """Yield the sections, with headings of `level` and below."""
        parameters = {
            tutorial_name(path, "train"): value for path, value in self._stage.params.items()
        }
        given = [tuple((letter, parameters[letter]) for letter in line) for line in PARAMETERS]
        if self._stage.updated_params:
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
            for group in groups:
                yield self._group_section(group, r, known, level if self._alone else level + 1)
            rows.append(known)
        gradients = [formula for group in groups for formula in _gradients(group)]
        if gradients and not self._alone:
            yield self._together(gradients, parameters, rows, level)

    def _data(self, row: int) -> tuple[SymbolLine, ...]:
        lines = [("x", self._inputs.X[row])]
        if self._inputs.T:
            lines.append(("T", self._inputs.T[row]))
        return tuple(
            tuple((f"{letter}{i}", _decimal(number)) for i, number in enumerate(pair, start=1))
            for letter, pair in lines
        )

    def _group_section(
        self, group: FormulaGroup, r: int, known: dict[str, Decimal], level: int
    ) -> Section:
        """Return a group of formulas worked out for one row; add its results to `known`."""
        worked = []
        for formula in group.formulas:
            value = self._stage.by_row[r][formula.quantity.replace("[r]", "[0]")]
            gradient = formula.quantity.startswith(GRADIENTS_PREFIX)
            # With several rows, a published gradient belongs to their sum.
            quantity = formula.quantity.replace("[r]", f"[{r}]")
            beside = self._published.get(quantity, ()) if self._alone or not gradient else ()
            worked.append(_worked(formula, known, value, beside))
            known[formula.symbol] = value
            if gradient and self._alone:
                worked += self._stepped(formula, known)
        remark = (
            STEP_REMARK if self._stage.updated_params and self._alone and _gradients(group) else ""
        )
        return Section(level, group.title, group.text, group.factors, remark, worked=tuple(worked))

    def _together(
        self, gradients: Sequence[Formula], parameters: Symbols, rows: Sequence[Symbols], level: int
    ) -> Section:
        """Return the sums of the gradients over several rows, and the step if there is one."""
        first, last = self._stage.rows[0] + 1, self._stage.rows[-1] + 1
        worked = []
        for gradient in gradients:
            total = sum_over_rows(gradient, [row + 1 for row in self._stage.rows])
            value = self._stage.gradients[total.quantity.removeprefix(GRADIENTS_PREFIX)]
            terms = [known[gradient.symbol] for known in rows]
            summands = dict(zip(total.operands(), terms, strict=True))
            beside = self._published.get(total.quantity, ())
            worked.append(_worked(total, summands, value, beside))
            worked += self._stepped(total, {**parameters, total.symbol: value})
        remark = STEP_REMARK if self._stage.updated_params else ""
        title = f"Rows {first} to {last} together"
        return Section(level, title, SUM_REMARK, remark=remark, worked=tuple(worked))

    def _stepped(self, gradient: Formula, known: Symbols) -> list[WorkedFormula]:
        """Return the update of the gradient's parameter, if a step is taken."""
        if not self._stage.updated_params:
            return []
        formula = update_formula(gradient)
        value = self._stage.updated_params[formula.quantity.removeprefix(PARAMS_PREFIX)]
        return [_worked(formula, known, value, self._published.get(formula.quantity, ()))]


def _worked(
    formula: Formula, known: Symbols, value: Decimal, published: Sequence[PublishedNumber]
) -> WorkedFormula:
    operands = {name: known[LOCAL_DERIVATIVES.get(name, name)] for name in formula.operands()}
    return WorkedFormula(formula, operands, value, published)


def _gradients(group: FormulaGroup) -> list[Formula]:
    return [formula for formula in group.formulas if formula.quantity.startswith(GRADIENTS_PREFIX)]


def _decimal(x: Real) -> Decimal:
    context = Context(prec=VALUE_DIGITS)
    return to_decimal(Fraction(x), context).normalize(context)
