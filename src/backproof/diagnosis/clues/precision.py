"""Numbers of another dtype, or with the errors of another."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import inf, isfinite, log10
from statistics import median

from backproof.diagnosis.clues.evidence import is_significant
from backproof.diagnosis.clues.stage import Clue, FailingStage, OutputNumber
from backproof.network.float_formats import FORMATS, Format
from backproof.text.english import join_words

COARSER = 1000  # times the unit roundoff: the ratio at which errors tell two dtypes apart
MIN_LARGEST_SHARE = 0.01  # of a coarser dtype's bound, for the largest error, …
MIN_MEDIAN_SHARE = 0.001  # … and for the median error, if that dtype caused them
SUM_RANGES = (0, 1, 4, 16, 64)  # ranges of |z|, in which the errors of σ(z) are compared
MIN_RANGES = 3  # in which there must be numbers, …
MIN_GROWTH = 8  # … and the factor by which the largest errors must grow, …
MAX_NEAR_ZERO = Fraction(1, 100)  # … from relative errors that are small where |z| is small


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


def find_growing_error(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that activations lose digits the more, the larger the weighted sum is.

    So does an e^z that is computed as 2^(z·log₂ e) without the digits that the product loses.
    """
    errors: list[tuple[float, Fraction]] = []  # |z|, and the relative error of σ(z)
    for n in stage.numbers:
        source = stage.weighted_sum(n)
        if source is None or not (n.measurable and source.measurable):
            continue
        if abs(n.reference) > stage.format.min_normal and source.reference < 0:  # else it is near 1
            errors.append((-source.reference_float, n.error / abs(n.reference)))
    known = [
        (low, high, max(inside))
        for low, high in pairwise(SUM_RANGES)
        if (inside := [error for size, error in errors if low <= size < high])
    ]
    largest = [error for *_, error in known]
    grows = len(largest) >= MIN_RANGES and largest == sorted(largest)
    if not grows or largest[-1] < MIN_GROWTH * largest[0] or largest[0] > MAX_NEAR_ZERO:
        return None
    ranges = [
        f"{float(error):.1g} for z from {_minus(high)} to {_minus(low)}"
        for low, high, error in known
    ]
    return Clue(
        "is nearly correct where |z| is small, but its relative error grows with |z|: up to "
        f"{join_words(ranges)}; a fast exp, or e^z computed as 2^(z·log₂ e), has such errors",
        wrong,
    )


def _minus(size: int) -> str:
    return f"−{size}" if size else "0"


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
