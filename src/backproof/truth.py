"""Certified truth: every number that a vector expects, proven to the digits given.

A result is computed in ball arithmetic, which encloses it; the precision is raised until the
enclosure leaves only one way to round it to the digits asked for. The bound beside it is proven
too (`arithmetics.Rounding`, `trajectory`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import TypeVar

from flint import arb, ctx

from backproof.arithmetics import Exact, Rounded, Rounding, ball, exactly
from backproof.errors import BackproofError, Undecided
from backproof.formats import Format
from backproof.inputs import Inputs, Op, each, matrix
from backproof.network import deltas, forward, gradients, loss
from backproof.quantities import numbers
from backproof.trajectory import exact_trajectory, train

VALUE_DIGITS = 40
BOUND_DIGITS = 3
MAX_FLOAT_DIGITS = 767  # the most significant digits that a float64 has
PRECISIONS = tuple(2**k for k in range(8, 15))  # bits, tried in turn
NOTHING = arb(10) ** -2400  # what cannot be told from 0 and is smaller, is written as 0

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Expected:
    """The true value of one number, and how far from it an implementation may come out."""

    value: Decimal  # rounded to VALUE_DIGITS significant digits
    bound: Decimal  # rounded up; Infinity where only the epochs on the way are judged


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
    """Return what training must come to in `fmt`, where no bound says anything at the end."""
    true_values = printable("train", inputs.rounded(fmt))
    params = {q: value for q, value in true_values.items() if q.startswith("params.")}
    return {
        quantity.removeprefix("params."): Expected(value, Decimal("Infinity"))
        for quantity, value in params.items()
    }


def printable(op: Op, inputs: Inputs) -> dict[str, Decimal]:
    """Return every quantity that a publication can print for `op`, for the inputs as written.

    After the op "train", all of them are those after the last step.
    """
    return _proven(
        lambda: {path: _decimal(value) for path, value in _exact_quantities(op, inputs).items()}
    )


def _proven(attempt: Callable[[], R]) -> R:
    """Repeat `attempt` at rising precision until it proves its digits."""
    for precision in PRECISIONS:
        with ctx.workprec(precision):
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
    params = each(a.given, inputs.params)
    X, T = matrix(a.given, inputs.X), matrix(a.given, inputs.T)
    if op == "gradients":
        return numbers(gradients(a, params, X, T))
    seen = forward(a, params, X)
    return numbers(seen) if op == "forward" else numbers(loss(a, seen.out_y, T))


def _exact_quantities(op: Op, inputs: Inputs) -> dict[str, arb]:
    a = Exact()
    params = each(ball, inputs.params)
    found: dict[str, arb] = {}
    if op == "train":
        assert inputs.schedule is not None
        *_, params = exact_trajectory(inputs, inputs.schedule)
        found |= numbers(params, "params.")
    X, T = matrix(ball, inputs.X), matrix(ball, inputs.T)
    seen = forward(a, params, X)
    found |= numbers(seen)
    if T:
        found |= numbers(loss(a, seen.out_y, T))
        found |= numbers(deltas(a, params, seen, T))
        found |= numbers(gradients(a, params, X, T), "gradients.")
    return found


def _expected(number: Rounded) -> Expected:
    if not number.value.is_finite():
        return Expected(_decimal(number.value), Decimal(0))
    if number.error.is_zero() and number.value.is_exact():  # a number that nothing may change
        every_digit = Context(prec=MAX_FLOAT_DIGITS)
        return Expected(_quotient(exactly(number.value), every_digit), Decimal(0))
    value = _decimal(number.value)
    printing = abs(ball(Fraction(value)) - number.value)
    return Expected(value, _rounded_up((number.error + printing).abs_upper()))


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
