"""The network's formulas in mathematical notation, with the tutorial's symbols and in its order.

`network` computes these formulas; this module writes them for readers, each with the quantity that
it computes. Code that explains a calculation takes every formula from here.

The operands of a formula are in brackets: `[x1]·[w1]`. Each is an input, a parameter, the symbol of
an earlier formula, or one of `LOCAL_DERIVATIVES`. Quantities are named as in `quantities`, with
`[r]` for the row.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from backproof.network.inputs import Op
from backproof.network.quantities import tutorial_name

OPERAND = re.compile(r"\[([^]]+)\]")
GRADIENTS_PREFIX, PARAMS_PREFIX = "gradients.", "params."  # prefixes of quantities


class Formula(NamedTuple):
    """One equation: a symbol, the quantity that it stands for, and the right-hand side."""

    symbol: str  # ∂E/∂w5
    quantity: str  # gradients.W2[0][0]
    template: str  # the right-hand side, its operands in brackets
    general_form: str = ""  # a more general right-hand side, if there is one

    def right_hand_sides(self) -> list[str]:
        """Return the right-hand sides in symbols, the general one first."""
        return [form for form in (self.general_form, OPERAND.sub(r"\1", self.template)) if form]

    def operands(self) -> list[str]:
        """Return the operands of the right-hand side."""
        return OPERAND.findall(self.template)

    def substitute(self, format_operand: Callable[[str], str]) -> str:
        """Return the right-hand side with every operand replaced by its formatted number."""

        def put_in(operand: re.Match[str]) -> str:
            number = format_operand(operand[1])
            opens = operand.start() == 0 or operand.string[operand.start() - 1] == "("
            return f"({number})" if number.startswith("−") and not opens else number

        return OPERAND.sub(put_in, self.template)


EquationLines = tuple[tuple[tuple[str, str], ...], ...]  # short equations, one or more to a line


class FormulaGroup(NamedTuple):
    """A group of formulas with a title and an explanation."""

    title: str
    text: str
    formulas: tuple[Formula, ...]
    factors: EquationLines = ()  # derivatives that are simply another operand


FORWARD = FormulaGroup(
    "Forward propagation",
    "Each unit adds up its inputs times their weights, plus the bias of its layer. Its output is "
    "the sigmoid of that sum, σ(z) = 1 / (1 + e⁻ᶻ).",
    (
        Formula("h1", "h[r][0]", "[x1]·[w1] + [x2]·[w2] + [b1]"),
        Formula("h2", "h[r][1]", "[x1]·[w3] + [x2]·[w4] + [b1]"),
        Formula("Out h1", "out_h[r][0]", "σ([h1])"),
        Formula("Out h2", "out_h[r][1]", "σ([h2])"),
        Formula("y1", "y[r][0]", "[Out h1]·[w5] + [Out h2]·[w6] + [b2]"),
        Formula("y2", "y[r][1]", "[Out h1]·[w7] + [Out h2]·[w8] + [b2]"),
        Formula("Out y1", "out_y[r][0]", "σ([y1])"),
        Formula("Out y2", "out_y[r][1]", "σ([y2])"),
    ),
)

LOSS = FormulaGroup(
    "Loss",
    "The loss of an output is half the square of its distance from its target. The total loss, "
    "E_Total or E, is the sum over both outputs, not their mean.",
    (
        Formula("E1", "per_output[r][0]", "½ ([T1] − [Out y1])²"),
        Formula("E2", "per_output[r][1]", "½ ([T2] − [Out y2])²"),
        Formula("E_Total", "total[r]", "[E1] + [E2]"),
    ),
)

OUTPUT_LAYER = FormulaGroup(
    "Backpropagation: output layer",
    "∂E/∂w5 says how fast the total loss grows with w5. The weight affects y1, y1 affects Out y1, "
    "and Out y1 affects E1 only. So, by the chain rule, ∂E/∂w5 is the product of three "
    "derivatives. The last one is what the weight is multiplied by in the sum:",
    (
        Formula("∂E1/∂Out y1", "dE_dout_y[r][0]", "−([T1] − [Out y1])"),
        Formula("∂Out y1/∂y1", "dout_dy[r][0]", "[Out y1] · (1 − [Out y1])"),
        Formula("∂E/∂w5", "gradients.W2[0][0]", "[∂E1/∂Out y1] · [∂Out y1/∂y1] · [∂y1/∂w5]"),
        Formula("∂E/∂w6", "gradients.W2[0][1]", "[∂E1/∂Out y1] · [∂Out y1/∂y1] · [∂y1/∂w6]"),
        Formula("∂E2/∂Out y2", "dE_dout_y[r][1]", "−([T2] − [Out y2])"),
        Formula("∂Out y2/∂y2", "dout_dy[r][1]", "[Out y2] · (1 − [Out y2])"),
        Formula("∂E/∂w7", "gradients.W2[1][0]", "[∂E2/∂Out y2] · [∂Out y2/∂y2] · [∂y2/∂w7]"),
        Formula("∂E/∂w8", "gradients.W2[1][1]", "[∂E2/∂Out y2] · [∂Out y2/∂y2] · [∂y2/∂w8]"),
    ),
    factors=(
        (("∂y1/∂w5", "Out h1"), ("∂y1/∂w6", "Out h2")),
        (("∂y2/∂w7", "Out h1"), ("∂y2/∂w8", "Out h2")),
    ),
)

HIDDEN_LAYER = FormulaGroup(
    "Backpropagation: hidden layer",
    "The output of a hidden unit affects both outputs, so its derivative is a sum over two paths. "
    "Each path uses the weight from the forward pass, not its new value. A hidden weight is "
    "multiplied by an input:",
    (
        Formula("∂E1/∂y1", "delta_y[r][0]", "[∂E1/∂Out y1] · [∂Out y1/∂y1]"),
        Formula("∂E2/∂y2", "delta_y[r][1]", "[∂E2/∂Out y2] · [∂Out y2/∂y2]"),
        Formula("∂E1/∂Out h1", "dE_k_dout_h[r][0][0]", "[∂E1/∂y1] · [∂y1/∂Out h1]"),
        Formula("∂E2/∂Out h1", "dE_k_dout_h[r][1][0]", "[∂E2/∂y2] · [∂y2/∂Out h1]"),
        Formula("∂E/∂Out h1", "dE_dout_h[r][0]", "[∂E1/∂Out h1] + [∂E2/∂Out h1]"),
        Formula("∂Out h1/∂h1", "dout_dh[r][0]", "[Out h1] · (1 − [Out h1])"),
        Formula("∂E/∂h1", "delta_h[r][0]", "[∂E/∂Out h1] · [∂Out h1/∂h1]"),
        Formula(
            "∂E/∂w1",
            "gradients.W1[0][0]",
            "([∂E1/∂Out h1] + [∂E2/∂Out h1]) · [∂Out h1/∂h1] · [∂h1/∂w1]",
            general_form="∂E/∂Out h1 · ∂Out h1/∂h1 · ∂h1/∂w1",
        ),
        Formula(
            "∂E/∂w2",
            "gradients.W1[0][1]",
            "([∂E1/∂Out h1] + [∂E2/∂Out h1]) · [∂Out h1/∂h1] · [∂h1/∂w2]",
            general_form="∂E/∂Out h1 · ∂Out h1/∂h1 · ∂h1/∂w2",
        ),
        Formula("∂E1/∂Out h2", "dE_k_dout_h[r][0][1]", "[∂E1/∂y1] · [∂y1/∂Out h2]"),
        Formula("∂E2/∂Out h2", "dE_k_dout_h[r][1][1]", "[∂E2/∂y2] · [∂y2/∂Out h2]"),
        Formula("∂E/∂Out h2", "dE_dout_h[r][1]", "[∂E1/∂Out h2] + [∂E2/∂Out h2]"),
        Formula("∂Out h2/∂h2", "dout_dh[r][1]", "[Out h2] · (1 − [Out h2])"),
        Formula("∂E/∂h2", "delta_h[r][1]", "[∂E/∂Out h2] · [∂Out h2/∂h2]"),
        Formula(
            "∂E/∂w3",
            "gradients.W1[1][0]",
            "([∂E1/∂Out h2] + [∂E2/∂Out h2]) · [∂Out h2/∂h2] · [∂h2/∂w3]",
            general_form="∂E/∂Out h2 · ∂Out h2/∂h2 · ∂h2/∂w3",
        ),
        Formula(
            "∂E/∂w4",
            "gradients.W1[1][1]",
            "([∂E1/∂Out h2] + [∂E2/∂Out h2]) · [∂Out h2/∂h2] · [∂h2/∂w4]",
            general_form="∂E/∂Out h2 · ∂Out h2/∂h2 · ∂h2/∂w4",
        ),
    ),
    factors=(
        (("∂y1/∂Out h1", "w5"), ("∂y2/∂Out h1", "w7"), ("∂h1/∂w1", "x1"), ("∂h1/∂w2", "x2")),
        (("∂y1/∂Out h2", "w6"), ("∂y2/∂Out h2", "w8"), ("∂h2/∂w3", "x1"), ("∂h2/∂w4", "x2")),
    ),
)

BIASES = FormulaGroup(
    "Backpropagation: biases",
    "Both units of a layer share its bias, so its gradient is the sum over both of them. The bias "
    "is added without a factor, so the last derivative is 1:",
    (
        Formula(
            "∂E/∂b2",
            "gradients.b2",
            "[∂E1/∂y1] + [∂E2/∂y2]",
            general_form="∂E1/∂y1 · ∂y1/∂b2 + ∂E2/∂y2 · ∂y2/∂b2",
        ),
        Formula(
            "∂E/∂b1",
            "gradients.b1",
            "[∂E/∂h1] + [∂E/∂h2]",
            general_form="∂E/∂h1 · ∂h1/∂b1 + ∂E/∂h2 · ∂h2/∂b1",
        ),
    ),
    factors=(
        (("∂y1/∂b2", "1"), ("∂y2/∂b2", "1")),
        (("∂h1/∂b1", "1"), ("∂h2/∂b1", "1")),
    ),
)

# symbol of the derivative → the operand that it equals
LOCAL_DERIVATIVES = {
    derivative: operand
    for chapter in (OUTPUT_LAYER, HIDDEN_LAYER)
    for line in chapter.factors
    for derivative, operand in line
}

FORMULA_BY_QUANTITY = {
    formula.quantity: formula
    for chapter in (FORWARD, LOSS, OUTPUT_LAYER, HIDDEN_LAYER, BIASES)
    for formula in chapter.formulas
}
ROW_INDEX = re.compile(r"\[\d+\]")

SUM_REMARK = "The loss and the gradients of several rows are summed over the rows, not averaged."
STEP_REMARK = (
    "The new value is the old value minus the learning rate η times the gradient. All gradients of "
    "a step are computed before any parameter is updated."
)


def sum_over_rows(gradient: Formula, rows: Sequence[int]) -> Formula:
    """Return the formula that sums a gradient over the given rows, which are numbered from 1."""
    terms = " + ".join(f"[{gradient.symbol}, row {row}]" for row in rows)
    return Formula(f"Σ {gradient.symbol}", gradient.quantity, terms)


def update_formula(gradient: Formula) -> Formula:
    """Return the update of the parameter to which a gradient, of one row or summed, belongs."""
    parameter = gradient.quantity.removeprefix(GRADIENTS_PREFIX)
    letter = tutorial_name(parameter, "train")
    return Formula(
        f"new {letter}", PARAMS_PREFIX + parameter, f"[{letter}] − [η]·[{gradient.symbol}]"
    )


def equation(
    quantity: str, op: Op, *, rows: int = 1, steps: int = 1, constant: bool = False
) -> str:
    """Return the equation of a number that `op` returns, in its most general form.

    Each gradient is summed over `rows` rows. For the op "train", `steps` is the number of steps,
    and a parameter that is not trained is `constant`.

    equation("W2[1][0]", "gradients")  # ∂E/∂w7 = ∂E2/∂Out y2 · ∂Out y2/∂y2 · ∂y2/∂w7
    """
    if op == "train":
        letter = tutorial_name(quantity, op)
        if constant:
            return f"new {letter} = {letter}, which is not trained"
        gradient = f"∂E/∂{letter}" if rows == 1 else f"Σ ∂E/∂{letter}"
        each = f", in each of {steps:,} steps" if steps > 1 else ""
        return f"new {letter} = {letter} − η·{gradient}{each}"
    if op != "gradients":
        formula = FORMULA_BY_QUANTITY[ROW_INDEX.sub("[r]", quantity, count=1)]
        return f"{formula.symbol} = {formula.right_hand_sides()[0]}"
    formula = FORMULA_BY_QUANTITY[GRADIENTS_PREFIX + quantity]
    general = formula.right_hand_sides()[0]
    if rows > 1:
        general = f"Σ over the rows of {f'({general})' if ' + ' in general else general}"
    return f"{formula.symbol} = {general}"
