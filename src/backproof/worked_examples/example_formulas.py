"""The formulas by which the numbers of a worked example follow from each other."""

from collections.abc import Iterator
from functools import cached_property

from flint import arb

from backproof.network.exercises import SHARED_BIASES, WEIGHTS, NumberId
from backproof.network.notation import (
    BIASES,
    FORWARD,
    HIDDEN_LAYER,
    LOCAL_DERIVATIVES,
    LOSS,
    OUTPUT_LAYER,
    Formula,
)
from backproof.worked_examples.example import Example
from backproof.worked_examples.expressions import (
    Constant,
    Expression,
    HalfSquare,
    Negative,
    Operand,
    Product,
    Quotient,
    Sum,
    parse_formula,
)

FORMULA_GROUPS = (FORWARD, LOSS, OUTPUT_LAYER, HIDDEN_LAYER, BIASES)
RATE = NumberId(0, "learning_rate")
BACKWARD_FACTORS = ("∂y1/∂Out h1", "∂y2/∂Out h1", "∂y1/∂Out h2", "∂y2/∂Out h2")


class ExampleFormulas:
    """The formulas by which the numbers of one worked example are computed."""

    def __init__(self, example: Example) -> None:
        self._rows = len(example.inputs.X)
        self._batch_size = example.inputs.batch_size
        self._conventions = example.conventions
        self._trains = example.inputs.learning_rate is not None
        self._known: dict[NumberId, Expression | None] = {}

    def expression_for(self, place: NumberId) -> Expression | None:
        """Return the formula of a number; None if the number is an input."""
        if place not in self._known:
            self._known[place] = self._expression_for(place)
        return self._known[place]

    def _expression_for(self, place: NumberId) -> Expression | None:
        done, quantity = place
        if quantity.startswith("params."):
            return self._stepped(place) if done else None
        if quantity.startswith("gradients."):
            return self._gradient(done, quantity)
        name, _, rest = quantity.partition("[")
        row, _, units = rest.partition("]")
        formula = self._by_quantity.get(f"{name}[r]{units}")
        return self._read(formula, done, int(row)) if formula else None

    def alternatives(self, place: NumberId) -> list[Expression]:
        """Return every common way to compute a number, its own formula first."""
        formula = self.expression_for(place)
        if formula is None:
            return []
        if not place.quantity.startswith("gradients.W"):
            return [formula]
        return [formula, *self._other_ways(place)]

    def _other_ways(self, place: NumberId) -> Iterator[Expression]:
        """Yield a weight's gradient from the delta, from three factors, and from its update."""
        done, quantity = place
        layer, to, of = quantity[-7], quantity[-5], quantity[-2]
        rows = self._batch(done)
        if len(rows) == 1:
            row, unit = rows[0], "h" if layer == "1" else "y"
            fed = (
                NumberId(0, f"X[{row}][{of}]")
                if unit == "h"
                else NumberId(done, f"out_h[{row}][{of}]")
            )
            for names in ((f"delta_{unit}",), (f"dE_dout_{unit}", f"dout_d{unit}")):
                places = [NumberId(done, f"{name}[{row}][{to}]") for name in names]
                yield Product(tuple(Operand(p) for p in (*places, fed)))
        if self._trains:
            path = quantity.removeprefix("gradients.")
            before, after = (Operand(NumberId(n, f"params.{path}")) for n in (done, done + 1))
            yield Quotient(Sum((before, Negative(after))), Operand(RATE))

    @cached_property
    def _by_quantity(self) -> dict[str, Formula]:
        return {
            formula.quantity: formula for chapter in FORMULA_GROUPS for formula in chapter.formulas
        }

    def _gradient(self, done: int, quantity: str) -> Expression | None:
        """Return the gradient of the step's row, or its sum over the rows of a mini-batch."""
        rows = list(self._batch(done))
        terms = []
        for row in rows:
            if quantity in self._by_quantity:
                terms.append(self._read(self._by_quantity[quantity], done, row))
            else:  # the gradient of a unit's own bias is the unit's delta
                name = "delta_h" if quantity.startswith("gradients.b1") else "delta_y"
                unit = quantity.rpartition("[")[2]
                terms.append(Operand(NumberId(done, f"{name}[{row}][{unit}")))
        return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def _batch(self, done: int) -> range:
        if not self._trains:
            return range(self._rows)
        first = done % -(-self._rows // self._batch_size) * self._batch_size
        return range(first, min(first + self._batch_size, self._rows))

    def _stepped(self, place: NumberId) -> Expression:
        done, quantity = place
        before = Operand(NumberId(done - 1, quantity))
        if quantity.startswith("params.b") and not self._conventions.train_biases:
            return before
        gradient = Operand(NumberId(done - 1, quantity.replace("params.", "gradients.")))
        return Sum((before, Negative(Product((Operand(RATE), gradient)))))

    def _read(self, formula: Formula, done: int, row: int) -> Expression:
        unit = formula.quantity.rpartition("[")[2].rstrip("]")
        parsed = parse_formula(formula.template, self._symbols(done, row, unit).__getitem__)
        return self._with_declared_loss(formula.quantity.partition("[")[0], parsed)

    def _with_declared_loss(self, name: str, half_sum: Expression) -> Expression:
        """Return the formula for the declared loss, given the one for ½ Σ (T − Out y)²."""
        match self._conventions.loss, name, half_sum:
            case "sum" | "mean", "per_output", HalfSquare(difference):
                return Product((difference, difference))
            case "sum", "dE_dout_y", _:
                return Product((Constant(arb(2)), half_sum))
            case "mean", "total", _:
                return Product((Constant(arb(1) / 2), half_sum))
        return half_sum

    def _symbols(self, done: int, row: int, unit: str) -> dict[str, NumberId]:
        """Return the number for each symbol in a formula of this unit."""
        own = f"[{unit}]" if self._conventions.biases_per_unit else ""
        symbols = {f"x{i + 1}": NumberId(0, f"X[{row}][{i}]") for i in (0, 1)}
        symbols |= {f"T{i + 1}": NumberId(0, f"T[{row}][{i}]") for i in (0, 1)}
        symbols |= {letter: NumberId(done, f"params.{path}") for letter, path in WEIGHTS.items()}
        symbols |= {letter: NumberId(done, f"params.{letter}{own}") for letter in SHARED_BIASES}
        symbols |= {
            formula.symbol: NumberId(done, formula.quantity.replace("[r]", f"[{row}]"))
            for formula in self._by_quantity.values()
        }
        for factor, operand in LOCAL_DERIVATIVES.items():
            symbols[factor] = symbols[operand]
            if factor in BACKWARD_FACTORS and self._conventions.updates == "sequential":
                symbols[factor] = NumberId(done + 1, symbols[operand].quantity)
        return symbols
