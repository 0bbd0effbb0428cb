"""The constant by which wrong numbers differ from the correct ones.

Each wrong number gives an interval in which such a constant must lie to reproduce it within the
error bound. A constant is found if it lies in the intervals of several test vectors, and if they
are too narrow for a chance match.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from backproof.diagnosis.clues.evidence import MAX_DIGITS, agreeing_digits, is_significant
from backproof.diagnosis.clues.stage import Clue, FailingStage, OutputNumber
from backproof.diagnosis.round_numbers import simplest_between
from backproof.network.float_formats import equal_nan
from backproof.text.english import format_constant

MIN_DIFFERENCE = Fraction(1, 10**6)  # of a factor from 1, or it is some other error
MIN_SHARPNESS = 1000  # a constant must be known to one part in this many, …
COMMON_CONSTANTS = (Fraction(-1), Fraction(2), Fraction(1, 2))  # … unless it is a common one


class Pair(NamedTuple):
    """A wrong number and the correct one, or the changes of both from a start."""

    vector: str
    actual: Fraction
    true: Fraction
    bound: Fraction  # of the correct number
    slack: Fraction  # the error that one more rounding may add


ZERO = Fraction(0)

Interval = tuple[Fraction, Fraction]


def find_factor(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number is the correct one times a constant."""
    k = solve_factor(_pairs(stage, wrong))
    if k is None or not all(
        equal_nan(n.actual, k * n.reference_float) for n in wrong if not n.measurable
    ):
        return None
    if k == -1:
        return Clue("has the wrong sign and is otherwise correct, within the bounds", wrong)
    return Clue(f"is {format_constant(k)} times the correct one, within the bounds", wrong)


def find_offset(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number is the correct one plus a constant."""
    c = solve_offset(_pairs(stage, wrong))
    if c is None or not all(n.measurable for n in wrong):
        return None
    sign = "minus" if c < 0 else "plus"
    return Clue(f"is the correct one {sign} {format_constant(abs(c))}, within the bounds", wrong)


def find_update_factor(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that a parameter moves a constant times as far as it should in a single step."""
    after_one = [n for n in wrong if n.vector.inputs.steps == 1]
    k = solve_factor(_pairs(stage, after_one, lambda n: Fraction(stage.start(n))))
    if k is None or abs(k - 1) < MIN_DIFFERENCE:
        return None
    infinite = [(n, stage.start(n)) for n in after_one if not n.measurable]
    if not all(
        equal_nan(n.actual, start + k * (n.reference_float - start)) for n, start in infinite
    ):
        return None
    where = "as far as it should in a single step"
    if k == -1:
        return Clue(f"moves {where}, but in the opposite direction", after_one)
    return Clue(f"moves {format_constant(k)} times {where}", after_one)


def _pairs(
    stage: FailingStage,
    wrong: Sequence[OutputNumber],
    start: Callable[[OutputNumber], Fraction] = lambda _: ZERO,
) -> list[Pair]:
    """Pair the measurable numbers with the correct ones, both as changes from a start."""
    u, tiny = stage.format.unit_roundoff, stage.format.min_normal
    return [
        Pair(
            n.vector.id, actual - start(n), n.reference - start(n), n.bound, u * abs(actual) + tiny
        )
        for n in wrong
        if n.measurable
        for actual in [Fraction(n.actual)]
    ]


def solve_factor(pairs: Sequence[Pair]) -> Fraction | None:
    """Return the k ≠ 1 such that every number is k times the correct one."""

    def accounts_for(k: Fraction, p: Pair) -> bool:
        return abs(p.actual - k * p.true) <= abs(k) * p.bound + p.slack

    return _constant(pairs, _factors, accounts_for, neutral=1)


def solve_offset(pairs: Sequence[Pair]) -> Fraction | None:
    """Return the c ≠ 0 such that every number is the correct one plus c."""

    def accounts_for(c: Fraction, p: Pair) -> bool:
        return abs(p.actual - p.true - c) <= p.bound + p.slack

    return _constant(pairs, _offsets, accounts_for, neutral=0)


def _factors(p: Pair) -> Interval | None:
    """Solve |x − k t| ≤ |k| bound + slack for k; None where the correct number may be 0."""
    t = abs(p.true)
    if t <= p.bound:
        return None
    x = p.actual if p.true > 0 else -p.actual
    low, high = x - p.slack, x + p.slack
    near, far = t - p.bound, t + p.bound
    return low / (far if low > 0 else near), high / (near if high > 0 else far)


def _offsets(p: Pair) -> Interval:
    """Solve |x − t − c| ≤ bound + slack for c."""
    c = p.actual - p.true
    return c - p.bound - p.slack, c + p.bound + p.slack


def _constant(
    pairs: Sequence[Pair],
    solutions: Callable[[Pair], Interval | None],
    accounts_for: Callable[[Fraction, Pair], bool],
    *,
    neutral: int,
) -> Fraction | None:
    by_truth = {p.true: solutions(p) for p in pairs}  # a repeated number is no further evidence
    intervals = [interval for interval in by_truth.values() if interval]
    if len({p.vector for p in pairs}) < 2 or not intervals:
        return None
    low, high = max(low for low, _ in intervals), min(high for _, high in intervals)
    if low > high or low <= neutral <= high:
        return None
    constant = _simplest(low, high)
    if constant is None or not all(accounts_for(constant, p) for p in pairs):
        return None
    *agreeing, _ = sorted(agreeing_digits(abs(constant), end - start) for start, end in intervals)
    return constant if is_significant(agreeing) else None  # one number fixes it, others agree


def _simplest(low: Fraction, high: Fraction) -> Fraction | None:
    """Return the number in an interval that a person would write, if there is one."""
    middle = (low + high) / 2
    if (high - low) * MIN_SHARPNESS > abs(middle) or abs(middle) > 10**MAX_DIGITS:
        return next((x for x in COMMON_CONSTANTS if low <= x <= high), None)
    return simplest_between(low, high)
