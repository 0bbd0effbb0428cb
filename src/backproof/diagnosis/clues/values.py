"""Numbers that do not depend on the inputs, or were not computed at all."""

from collections.abc import Sequence
from math import isclose, isfinite, isnan

from backproof.diagnosis.clues.stage import Clue, FailingStage, OutputNumber

MAX_DECIMALS = 6
MIN_NUMBERS = 5  # different ones, of few decimals
ROUNDINGS = 16  # unit roundoffs, by which sums of such numbers may be off


def find_non_finite(_: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number is NaN, or an infinity."""
    if any(isfinite(n.actual) for n in wrong):
        return None
    nan = all(isnan(n.actual) for n in wrong)
    return Clue("is NaN" if nan else "is infinite or NaN", wrong)


def find_finite(_: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number is finite, and no correct one is."""
    if any(n.deviation.expected.value.is_finite() or not isfinite(n.actual) for n in wrong):
        return None
    return Clue("is finite, as if NaN and infinities on the way to it were replaced", wrong)


def find_single_value(_: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number is the same, where the correct ones differ between vectors."""
    value, *others = {repr(n.actual) for n in wrong}
    numbers = [n for n in wrong if n.measurable]
    if others or len({n.vector.id for n in numbers}) < 2:
        return None
    apart = max(n.reference - n.bound for n in numbers) > min(
        n.reference + n.bound for n in numbers
    )
    return Clue(f"is {value}, for every input", wrong) if apart else None


def find_unchanged(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every parameter has its initial value, and not only where others would be NaN."""
    if stage.op != "train" or any(n.actual != stage.start(n) for n in wrong):
        return None
    if not any(n.measurable for n in wrong):
        return None
    several = len({n.actual for n in wrong}) > 1
    return Clue("has its initial value, as if there were no training", wrong) if several else None


def find_few_decimals(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number has few decimals, as if it, or what it is a sum of, were rounded."""
    if stage.op == "train":  # initial values have few decimals
        return None
    near = ROUNDINGS * float(stage.format.unit_roundoff)
    numbers = {n.actual for n in wrong if n.measurable}
    for decimals in range(1, MAX_DECIMALS + 1):
        # To others, any number of the dtype is as near as to one of so few decimals.
        step = 10**-decimals
        telling = [x for x in numbers if round(x, decimals) and near * max(1, abs(x)) < step / 100]
        if len(telling) >= MIN_NUMBERS and all(
            isclose(x, round(x, decimals), rel_tol=near, abs_tol=near) for x in numbers
        ):
            return Clue(f"has at most {decimals} decimals, as if something were rounded", wrong)
    return None
