"""Numbers that do not depend on the inputs, or were not computed at all."""

from collections.abc import Sequence
from math import isfinite, isnan

from backproof.diagnosis.clues.stage import Clue, FailingStage, OutputNumber


def find_non_finite(_: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number is NaN, or an infinity."""
    if any(isfinite(n.actual) for n in wrong):
        return None
    nan = all(isnan(n.actual) for n in wrong)
    return Clue("is NaN" if nan else "is infinite or NaN", wrong)


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
    """Find that every parameter has its initial value."""
    if stage.op != "train" or any(n.actual != stage.start(n) for n in wrong):
        return None
    several = len({n.actual for n in wrong}) > 1
    return Clue("has its initial value, as if there were no training", wrong) if several else None
