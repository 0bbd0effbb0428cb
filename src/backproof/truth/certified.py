"""Certified reference values: each is proven to all of its digits, and so is its error bound.

A result is enclosed in ball arithmetic, and the precision is raised until every number in the
enclosure rounds to the same digits. Error bounds come from `arithmetics.RoundingModel` and, for
training, from `trajectory`.
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
from backproof.network.float_formats import Format
from backproof.network.inputs import Inputs, Op, map_matrix, map_parameters
from backproof.network.network import CORRECT_NETWORK, Parameters, batches
from backproof.network.quantities import flatten_fields
from backproof.truth.arithmetics import (
    BallArithmetic,
    BoundedValue,
    RoundingModel,
    Undecided,
    enclose,
    to_fraction,
)
from backproof.truth.trajectory import bound_training, exact_trajectory

VALUE_DIGITS = 40
BOUND_DIGITS = 3
MAX_FLOAT_DIGITS = 767  # significant digits that write any float64 exactly
PRECISIONS = tuple(2**k for k in range(8, 15))  # bits, tried in turn
ZERO_THRESHOLD = arb(10) ** -2400  # a smaller number that cannot be told from 0 is written as 0

R = TypeVar("R")
_precision_in_use = Lock()


@dataclass(frozen=True, slots=True)
class Expected:
    """The reference value of one number and its error bound."""

    value: Decimal  # rounded to VALUE_DIGITS significant digits
    bound: Decimal  # rounded up; Infinity if only the checkpoints are evaluated


@dataclass(frozen=True)
class CalculationStage:
    """All results for one set of parameters, each to VALUE_DIGITS significant digits."""

    rows: range  # of X and T
    params: Mapping[str, Decimal]  # by quantity, such as W1[0][0]
    by_row: tuple[Mapping[str, Decimal], ...]  # the results of each row by itself
    gradients: Mapping[str, Decimal]  # by quantity, summed over the rows; empty without targets
    updated_params: Mapping[str, Decimal]  # the parameters after the step; empty if none is taken


def compute_expected(op: Op, inputs: Inputs, fmt: Format) -> dict[str, Expected]:
    """Return reference values and error bounds of `op` in `fmt`, by quantity, in computed order.

    The inputs are rounded to `fmt` first; reference values are those of the rounded inputs. Raises
    `BoundUnavailable` if the calculation may overflow in `fmt`.
    """
    rounded = inputs.rounded(fmt)

    def attempt() -> dict[str, Expected]:
        answer = _bounded_values(op, rounded, fmt)
        return {path: _expected(number) for path, number in answer.items()}

    return _raise_precision(attempt)


def expected_without_bound(inputs: Inputs, fmt: Format) -> dict[str, Expected]:
    """Return the reference values of a training run whose final error bound is useless.

    Their bound is infinite, except that biases which are not trained must stay bit-identical.
    """
    rounded = inputs.rounded(fmt)
    assert rounded.schedule is not None
    trained = {
        quantity.removeprefix("params."): Expected(value, Decimal("Infinity"))
        for quantity, value in publishable_values("train", rounded).items()
        if quantity.startswith("params.")
    }
    if rounded.schedule.train_biases:
        return trained
    biases = {"b1": rounded.params.b1, "b2": rounded.params.b2}
    return trained | {name: _unchanged(Fraction(b)) for name, b in biases.items()}


def publishable_values(op: Op, inputs: Inputs) -> dict[str, Decimal]:
    """Return the reference values that a source can publish for `op`, for the inputs as written.

    For the op "train", they are the values after the last step.
    """
    return _raise_precision(lambda: _decimals(_exact_quantities(op, inputs)))


def compute_stages(op: Op, inputs: Inputs, *, steps: int) -> list[CalculationStage]:
    """Return all results of `op`, for the inputs as written.

    A training run has a stage for each of its first `steps` steps, and a last one for all rows with
    the final parameters. Any other op has one stage.
    """

    def attempt() -> list[CalculationStage]:
        if op != "train":
            return [_stage(inputs, range(len(inputs.X)), map_parameters(enclose, inputs.params))]
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

    return _raise_precision(attempt)


def _raise_precision(attempt: Callable[[], R]) -> R:
    """Repeat `attempt` with increasing precision until it proves its digits.

    The working precision is global to the process, so threads take turns.

    Raises `BackproofError` if the highest precision is not enough.
    """
    for precision in PRECISIONS:
        with _precision_in_use, ctx.workprec(precision):
            try:
                return attempt()
            except Undecided:
                continue
    raise BackproofError(
        f"{PRECISIONS[-1]} bits of precision do not certify {VALUE_DIGITS} digits of every number: "
        "terms cancel to exactly 0, or an input is extremely large or small"
    )


def _bounded_values(op: Op, inputs: Inputs, fmt: Format) -> dict[str, BoundedValue]:
    if op == "train":
        assert inputs.schedule is not None
        return flatten_fields(bound_training(inputs, inputs.schedule, fmt))
    a = RoundingModel(fmt)
    return evaluate(CORRECT_NETWORK, a, a.from_input, op, inputs)


def _exact_quantities(op: Op, inputs: Inputs) -> dict[str, arb]:
    params = map_parameters(enclose, inputs.params)
    found: dict[str, arb] = {}
    if op == "train":
        assert inputs.schedule is not None
        *_, params = exact_trajectory(inputs, inputs.schedule)
        found |= flatten_fields(params, "params.")
    return found | _quantities(params, map_matrix(enclose, inputs.X), map_matrix(enclose, inputs.T))


def _stage(
    inputs: Inputs, rows: range, params: Parameters[arb], stepped: Parameters[arb] | None = None
) -> CalculationStage:
    X = [[enclose(x) for x in inputs.X[row]] for row in rows]
    T = [[enclose(t) for t in inputs.T[row]] for row in rows] if inputs.T else []
    return CalculationStage(
        rows,
        _decimals(flatten_fields(params)),
        tuple(_decimals(_quantities(params, X[r : r + 1], T[r : r + 1])) for r in range(len(X))),
        _decimals(flatten_fields(CORRECT_NETWORK.gradients(BallArithmetic(), params, X, T)))
        if T
        else {},
        _decimals(flatten_fields(stepped)) if stepped else {},
    )


def _quantities(params: Parameters[arb], X: list[list[arb]], T: list[list[arb]]) -> dict[str, arb]:
    a = BallArithmetic()
    seen = CORRECT_NETWORK.forward(a, params, X)
    found: dict[str, arb] = flatten_fields(seen)
    if T:
        found |= flatten_fields(CORRECT_NETWORK.loss(a, seen.out_y, T))
        found |= flatten_fields(CORRECT_NETWORK.deltas(a, params, seen, T))
        found |= flatten_fields(CORRECT_NETWORK.gradients(a, params, X, T), "gradients.")
    return found


def _expected(number: BoundedValue) -> Expected:
    if not number.value.is_finite():
        return Expected(_decimal(number.value), Decimal(0))
    if number.bound.is_zero() and number.value.is_exact():
        return _unchanged(to_fraction(number.value))
    value = _decimal(number.value)
    printing = abs(enclose(Fraction(value)) - number.value)
    return Expected(value, _rounded_up((number.bound + printing).abs_upper()))


def _unchanged(x: Fraction) -> Expected:
    """Return the expectation for a number that must stay unchanged, with all of its digits."""
    return Expected(to_decimal(x, Context(prec=MAX_FLOAT_DIGITS)), Decimal(0))


def _decimals(enclosed: Mapping[str, arb]) -> dict[str, Decimal]:
    return {path: _decimal(value) for path, value in enclosed.items()}


def _decimal(enclosed: arb) -> Decimal:
    """Round an enclosed number to VALUE_DIGITS digits.

    Raises `Undecided` if numbers in the enclosure round to different results.
    """
    if not enclosed.is_exact() and not enclosed.is_finite():
        raise Undecided
    if enclosed.is_nan():
        return Decimal("NaN")
    if not enclosed.is_finite():
        return Decimal("Infinity") if enclosed > 0 else Decimal("-Infinity")
    context = Context(prec=VALUE_DIGITS, rounding=ROUND_HALF_EVEN)
    low, high = (
        to_decimal(to_fraction(end), context) for end in (enclosed.lower(), enclosed.upper())
    )
    if low != high:
        if abs(enclosed) < ZERO_THRESHOLD:
            return Decimal(0)
        raise Undecided
    return low.normalize(context)


def _rounded_up(exact: arb) -> Decimal:
    context = Context(prec=BOUND_DIGITS, rounding=ROUND_CEILING)
    return to_decimal(to_fraction(exact), context).normalize(context)


def to_decimal(x: Fraction, context: Context) -> Decimal:
    """Return a rational number in decimals, rounded as `context` says."""
    return context.divide(Decimal(x.numerator), Decimal(x.denominator))
