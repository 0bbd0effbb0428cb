"""Numbers that were not computed from what is asked, or not computed at all."""

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
    """Find that every number is the same, where the right ones differ from vector to vector."""
    value, *others = {repr(n.actual) for n in wrong}
    numbers = [n for n in wrong if n.measurable]
    if others or len({n.vector.id for n in numbers}) < 2:
        return None
    apart = max(n.reference - n.bound for n in numbers) > min(
        n.reference + n.bound for n in numbers
    )
    return Clue(f"is {value}, whatever it should be", wrong) if apart else None


def find_unchanged(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every parameter is what it was before training."""
    if stage.op != "train" or any(n.actual != stage.start(n) for n in wrong):
        return None
    several = len({n.actual for n in wrong}) > 1
    return Clue("is what it was before training", wrong) if several else None
