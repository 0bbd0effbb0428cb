"""Numbers of another dtype, or with the errors of another."""

from collections.abc import Sequence
from fractions import Fraction
from math import inf, isfinite, log10
from statistics import median

from backproof.diagnosis.clues.evidence import is_significant
from backproof.diagnosis.clues.stage import Clue, FailingStage, OutputNumber
from backproof.network.float_formats import FORMATS, Format

COARSER = 1000  # times the unit roundoff: the ratio at which errors tell two dtypes apart
MIN_LARGEST_SHARE = 0.01  # of a coarser dtype's bound, for the largest error, …
MIN_MEDIAN_SHARE = 0.001  # … and for the median error, if that dtype caused them


def find_wider_format(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number would be correct if it were rounded to the dtype."""
    fmt = stage.format
    for n in wrong:
        rounded = fmt.round_float(n.actual)
        if rounded == n.actual or not n.measurable or not isfinite(rounded):
            return None
        if abs(Fraction(rounded) - n.reference) > n.bound:
            return None
    return Clue(f"is correct but is not rounded to {fmt.name}", wrong)


def find_narrower_format(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number is one of a narrower dtype, and too many are not by chance."""
    values = {n.actual for n in wrong if n.measurable}
    for fmt in sorted(FORMATS.values(), key=lambda fmt: fmt.precision):
        lost = (stage.format.precision - fmt.precision) * log10(2)  # digits
        if lost > 0 and all(map(fmt.represents, values)):
            full = [x for x in values if 2 * _bits(x) > fmt.precision]
            if is_significant(lost for _ in full):
                return Clue(f"is a {fmt.name} number", wrong)
    return None


def find_coarser_errors(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number has an error that a coarser dtype would cause, and no larger one."""
    if len({n.vector.id for n in wrong}) == 1:
        return None
    for fmt in sorted(FORMATS.values(), key=lambda fmt: fmt.unit_roundoff):
        if fmt.unit_roundoff > COARSER * stage.format.unit_roundoff:
            shares = [_share(n, fmt) for n in wrong]
            largest = max(shares)
            if MIN_LARGEST_SHARE <= largest <= 1 and median(shares) >= MIN_MEDIAN_SHARE:
                return Clue(
                    f"is within the {fmt.name} error bound, with an error of up to "
                    f"{100 * largest:.0f} % of it",
                    wrong,
                )
    return None


def _bits(x: float) -> int:
    """Return how many bits the significand of a number needs."""
    whole = abs(x.as_integer_ratio()[0])
    return (whole // (whole & -whole)).bit_length() if whole else 0


def _share(number: OutputNumber, fmt: Format) -> float:
    """Return an error over the largest one that a coarser dtype, which rounds inputs, may have."""
    answer = number.vector.expected.get(fmt.name)
    if answer is None or not number.measurable:
        return inf
    value, bound = answer[number.quantity].value, answer[number.quantity].bound
    if not (value.is_finite() and bound.is_finite()):
        return inf
    most = Fraction(bound) + abs(Fraction(value) - number.reference)
    return float(number.error / most) if number.error <= most != 0 else inf
