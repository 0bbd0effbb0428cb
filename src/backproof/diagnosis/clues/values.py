"""Numbers that were not computed from what is asked, or not computed at all."""

from collections.abc import Sequence
from math import isfinite, isnan

from backproof.diagnosis.clues.stage import Finding, Number, Stage


def not_finite(_: Stage, wrong: Sequence[Number]) -> Finding | None:
    """Find that every number is NaN, or an infinity."""
    if any(isfinite(n.actual) for n in wrong):
        return None
    nan = all(isnan(n.actual) for n in wrong)
    return Finding("is NaN" if nan else "is infinite or NaN", wrong)


def one_value(_: Stage, wrong: Sequence[Number]) -> Finding | None:
    """Find that every number is the same, where the right ones differ from vector to vector."""
    value, *others = {repr(n.actual) for n in wrong}
    numbers = [n for n in wrong if n.measurable]
    if others or len({n.vector.id for n in numbers}) < 2:
        return None
    apart = max(n.true - n.bound for n in numbers) > min(n.true + n.bound for n in numbers)
    return Finding(f"is {value}, whatever it should be", wrong) if apart else None


def unchanged(stage: Stage, wrong: Sequence[Number]) -> Finding | None:
    """Find that every parameter is what it was before training."""
    if stage.op != "train" or any(n.actual != stage.start(n) for n in wrong):
        return None
    several = len({n.actual for n in wrong}) > 1
    return Finding("is what it was before training", wrong) if several else None
