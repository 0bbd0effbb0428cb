"""Certified truth: every number that a vector expects, proven to the digits given.

A result is computed in ball arithmetic, which encloses it; the precision is raised until the
enclosure leaves only one way to round it to the digits asked for. The bound beside it is proven
too (`arithmetics.Rounding`, `trajectory`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from threading import Lock
from typing import TypeVar

from flint import arb, ctx

from backproof.errors import BackproofError
from backproof.network.evaluation import evaluate
from backproof.network.formats import Format
from backproof.network.inputs import Inputs, Op, each, matrix
from backproof.network.network import RIGHT, Parameters, batches
from backproof.network.quantities import numbers
from backproof.truth.arithmetics import Exact, Rounded, Rounding, Undecided, ball, exactly
from backproof.truth.trajectory import exact_trajectory, train

VALUE_DIGITS = 40
BOUND_DIGITS = 3
MAX_FLOAT_DIGITS = 767  # the most significant digits that a float64 has
PRECISIONS = tuple(2**k for k in range(8, 15))  # bits, tried in turn
NOTHING = arb(10) ** -2400  # what cannot be told from 0 and is smaller, is written as 0

R = TypeVar("R")
_precision_in_use = Lock()


@dataclass(frozen=True, slots=True)
class Expected:
    """The true value of one number, and how far from it an implementation may come out."""

    value: Decimal  # rounded to VALUE_DIGITS significant digits
    bound: Decimal  # rounded up; Infinity where only the epochs on the way are judged


@dataclass(frozen=True)
class Stage:
    """What is computed with one set of parameters; every number to VALUE_DIGITS digits."""

    rows: range  # which of the data
    params: Mapping[str, Decimal]  # by path, such as W1[0][0]
    by_row: tuple[Mapping[str, Decimal], ...]  # a row's quantities, as if it were the only one
    gradients: Mapping[str, Decimal]  # by path, summed over the rows; empty without targets
    stepped: Mapping[str, Decimal]  # the parameters after the step; empty where none is taken


def expected(op: Op, inputs: Inputs, fmt: Format) -> dict[str, Expected]:
    """Return what `op` must answer for `inputs` in `fmt`, by quantity, in the order computed.

    The inputs are rounded to `fmt` first, and the truth is that of the rounded inputs. Raises
    `BoundUnavailable` if the calculation may overflow in `fmt`.
    """
    rounded = inputs.rounded(fmt)

    def attempt() -> dict[str, Expected]:
        answer = _rounded_answer(op, rounded, fmt)
        return {path: _expected(number) for path, number in answer.items()}

    return _proven(attempt)


def unbounded(inputs: Inputs, fmt: Format) -> dict[str, Expected]:
    """Return what training must come to in `fmt`, where no bound says anything at the end.

    A bias that is not trained must stay as it is, however long the training is.
    """
    rounded = inputs.rounded(fmt)
    assert rounded.schedule is not None
    trained = {
        quantity.removeprefix("params."): Expected(value, Decimal("Infinity"))
        for quantity, value in printable("train", rounded).items()
        if quantity.startswith("params.")
    }
    if rounded.schedule.train_biases:
        return trained
    biases = {"b1": rounded.params.b1, "b2": rounded.params.b2}
    return trained | {name: _unchanged(Fraction(b)) for name, b in biases.items()}


def printable(op: Op, inputs: Inputs) -> dict[str, Decimal]:
    """Return every quantity that a publication can print for `op`, for the inputs as written.

    After the op "train", all of them are those after the last step.
    """
    return _proven(lambda: _decimals(_exact_quantities(op, inputs)))


def stages(op: Op, inputs: Inputs, *, steps: int) -> list[Stage]:
    """Return all that `op` computes, for the inputs as written.

    A training has a stage for each step, but only for the first `steps` ones, and then one for all
    rows with the parameters after its last step. Any other op has one stage.
    """

    def attempt() -> list[Stage]:
        if op != "train":
            return [_stage(inputs, range(len(inputs.X)), each(ball, inputs.params))]
        assert inputs.schedule is not None
        found = []
        trajectory = exact_trajectory(inputs, inputs.schedule)
        last = next(trajectory)
        rows = batches(len(inputs.X), inputs.schedule.epochs, inputs.schedule.batch_size)
        for i, (batch, stepped) in enumerate(zip(rows, trajectory, strict=True)):
            if i < steps:
                found.append(_stage(inputs, range(len(inputs.X))[batch], last, stepped))
            last = stepped
        return [*found, _stage(inputs, range(len(inputs.X)), last)]

    return _proven(attempt)


def _proven(attempt: Callable[[], R]) -> R:
    """Repeat `attempt` at rising precision until it proves its digits.

    The precision is one for the whole process, so threads take turns.
    """
    for precision in PRECISIONS:
        with _precision_in_use, ctx.workprec(precision):
            try:
                return attempt()
            except Undecided:
                continue
    raise BackproofError(
        f"{PRECISIONS[-1]} bits do not prove {VALUE_DIGITS} digits of every number: one of them is "
        "0 without being so by its formula, or an input is out of all proportion"
    )


def _rounded_answer(op: Op, inputs: Inputs, fmt: Format) -> dict[str, Rounded]:
    if op == "train":
        assert inputs.schedule is not None
        return numbers(train(inputs, inputs.schedule, fmt))
    a = Rounding(fmt)
    return evaluate(RIGHT, a, a.given, op, inputs)


def _exact_quantities(op: Op, inputs: Inputs) -> dict[str, arb]:
    params = each(ball, inputs.params)
    found: dict[str, arb] = {}
    if op == "train":
        assert inputs.schedule is not None
        *_, params = exact_trajectory(inputs, inputs.schedule)
        found |= numbers(params, "params.")
    return found | _quantities(params, matrix(ball, inputs.X), matrix(ball, inputs.T))


def _stage(
    inputs: Inputs, rows: range, params: Parameters[arb], stepped: Parameters[arb] | None = None
) -> Stage:
    X = [[ball(x) for x in inputs.X[row]] for row in rows]
    T = [[ball(t) for t in inputs.T[row]] for row in rows] if inputs.T else []
    return Stage(
        rows,
        _decimals(numbers(params)),
        tuple(_decimals(_quantities(params, X[r : r + 1], T[r : r + 1])) for r in range(len(X))),
        _decimals(numbers(RIGHT.gradients(Exact(), params, X, T))) if T else {},
        _decimals(numbers(stepped)) if stepped else {},
    )


def _quantities(params: Parameters[arb], X: list[list[arb]], T: list[list[arb]]) -> dict[str, arb]:
    a = Exact()
    seen = RIGHT.forward(a, params, X)
    found: dict[str, arb] = numbers(seen)
    if T:
        found |= numbers(RIGHT.loss(a, seen.out_y, T))
        found |= numbers(RIGHT.deltas(a, params, seen, T))
        found |= numbers(RIGHT.gradients(a, params, X, T), "gradients.")
    return found


def _expected(number: Rounded) -> Expected:
    if not number.value.is_finite():
        return Expected(_decimal(number.value), Decimal(0))
    if number.error.is_zero() and number.value.is_exact():
        return _unchanged(exactly(number.value))
    value = _decimal(number.value)
    printing = abs(ball(Fraction(value)) - number.value)
    return Expected(value, _rounded_up((number.error + printing).abs_upper()))


def _unchanged(x: Fraction) -> Expected:
    """Return what is expected of a number that nothing may change: every digit of it."""
    return Expected(_quotient(x, Context(prec=MAX_FLOAT_DIGITS)), Decimal(0))


def _decimals(enclosed: Mapping[str, arb]) -> dict[str, Decimal]:
    return {path: _decimal(value) for path, value in enclosed.items()}


def _decimal(enclosed: arb) -> Decimal:
    """Round an enclosed number to VALUE_DIGITS digits, if the enclosure allows just one result."""
    if not enclosed.is_exact() and not enclosed.is_finite():
        raise Undecided
    if enclosed.is_nan():
        return Decimal("NaN")
    if not enclosed.is_finite():
        return Decimal("Infinity") if enclosed > 0 else Decimal("-Infinity")
    context = Context(prec=VALUE_DIGITS, rounding=ROUND_HALF_EVEN)
    low, high = (_quotient(exactly(end), context) for end in (enclosed.lower(), enclosed.upper()))
    if low != high:
        if abs(enclosed) < NOTHING:
            return Decimal(0)
        raise Undecided
    return low.normalize(context)


def _rounded_up(exact: arb) -> Decimal:
    context = Context(prec=BOUND_DIGITS, rounding=ROUND_CEILING)
    return _quotient(exactly(exact), context).normalize(context)


def _quotient(x: Fraction, context: Context) -> Decimal:
    return context.divide(Decimal(x.numerator), Decimal(x.denominator))
