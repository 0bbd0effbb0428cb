"""The condition under which numbers are wrong: what all that are wrong have in common.

A condition is reported if all that meet it are wrong, and nothing else is, and if there are too
many of both for a chance match. It is a property or its opposite, two of these together, or a size
above or below a threshold; of the inputs of a test vector, or of a single number.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from math import comb, isfinite, isnan, nan

from backproof.diagnosis.clues.cases import PROPERTIES, SIZES, Case, Property, Size, T
from backproof.diagnosis.clues.stage import FailingStage, OutputNumber
from backproof.diagnosis.round_numbers import simplest_between
from backproof.text.english import count_all, format_constant

MAX_REPORTED = 2  # conditions that the same test vectors meet
MIN_MOVE = 1000  # error bounds: steps so large show a fault
MIN_ODDS = 100  # to one, against a chance match


def find_conditions(stage: FailingStage) -> list[str]:
    """Return when the numbers of a failing op are wrong, as ends of sentences."""
    if found := conditions_of_vectors(stage, {n.vector.id for n in stage.op_numbers if n.is_wrong}):
        return found
    numbers = [n for n in stage.numbers if n.is_wrong or isfinite(n.reference_float)]
    wrong = [n.is_wrong for n in numbers]
    if len({n.vector.id for n in numbers if n.is_wrong}) == 1 or not _are_few(wrong):
        return []
    which = _conditions(numbers, wrong, NUMBER_PROPERTIES, _number_sizes(stage))
    return [_counted(f"{words}:", "number", wrong) for words in which]


def conditions_of_vectors(stage: FailingStage, failing: Collection[str]) -> list[str]:
    """Return what all these test vectors of the op have in common, and no other."""
    cases = _cases(stage, failing)
    fails = [case.fails for case in cases]
    found = _conditions(cases, fails, PROPERTIES, SIZES)
    return [_counted(f"{words}: in", "test vector", fails) for words in found]


def _counted(words: str, noun: str, wrong: Sequence[bool]) -> str:
    """Say of how many a condition holds, of those in which a fault shows."""
    meant, others = sum(wrong), len(wrong) - sum(wrong)
    return (
        f"only {words} {count_all(meant, f'such {noun}')} in which a fault would show, and none of "
        f"the other {others:,}"
    )


def _cases(stage: FailingStage, failing: Collection[str]) -> list[Case]:
    """Return a case for each test vector of the op, in order.

    Those in which a fault may not show are left out, if they pass: with NaN or infinities, or in
    training whose steps are hardly larger than the error bounds.
    """
    vectors = list({n.vector.id: n.vector for n in stage.op_numbers}.values())
    silent = {n.vector.id for n in stage.op_numbers if not isfinite(n.reference_float)}
    if stage.op == "train":
        moving = {n.vector.id for n in stage.op_numbers if _moves(stage, n)}
        silent |= {vector.id for vector in vectors} - moving
    silent -= {n.vector.id for n in stage.op_numbers if n.is_wrong}
    return [
        Case(vector, stage.format, before, fails=vector.id in failing)
        for vector, before in zip(vectors, [None, *vectors], strict=False)
        if vector.id not in silent
    ]


def _moves(stage: FailingStage, n: OutputNumber) -> bool:
    """Whether training moves a parameter far beyond its error bound."""
    start = stage.start(n)
    if not (n.measurable and isfinite(start)):
        return False
    return abs(n.reference - Fraction(start)) > MIN_MOVE * n.bound


NUMBER_PROPERTIES = (
    Property[OutputNumber](
        "where they should be NaN or infinite",
        "where they should be finite",
        lambda n: not isfinite(n.reference_float),
    ),
    Property[OutputNumber](
        "in the rows after the first", "in the first row", lambda n: bool(n.row)
    ),
)


def _number_sizes(stage: FailingStage) -> Mapping[str, Size[OutputNumber]]:
    def weighted_sum(n: OutputNumber) -> float:
        source = stage.weighted_sum(n)
        return nan if source is None else source.reference_float

    return {
        "the weighted sum": weighted_sum,
        "the absolute weighted sum": lambda n: abs(weighted_sum(n)),
        "the absolute value of the correct number": lambda n: abs(n.reference_float),
    }


def _conditions(
    items: Sequence[T],
    wrong: Sequence[bool],
    properties: Sequence[Property[T]],
    sizes: Mapping[str, Size[T]],
) -> list[str]:
    """Return in words what holds for the wrong items alone, unless by chance."""
    failing = frozenset(i for i, is_wrong in enumerate(wrong) if is_wrong)
    met: dict[str, frozenset[int]] = {}
    for p in properties:
        so = frozenset(i for i, item in enumerate(items) if p.holds(item))
        met |= {p.so: so, p.not_so: frozenset(range(len(items))) - so}
    odds = comb(len(items), len(failing))  # that just these are wrong
    if odds < MIN_ODDS * (len({*met.values()}) + 2 * len(sizes)):
        return []
    fitting = [words for words, those in met.items() if those == failing]
    if not fitting and _are_few(wrong):
        fitting += _thresholds(items, wrong, sizes)
    return (fitting or _fitting_pair(met, failing, odds))[:MAX_REPORTED]


def _fitting_pair(
    met: Mapping[str, frozenset[int]], failing: frozenset[int], odds: int
) -> list[str]:
    """Return the first two conditions that hold together for the wrong items alone."""
    pairs = {f"{one} and {other}": met[one] & met[other] for one, other in combinations(met, 2)}
    if odds < MIN_ODDS * len({*pairs.values()}):
        return []
    return [words for words, those in pairs.items() if those == failing][:1]


def _are_few(wrong: Sequence[bool]) -> bool:
    """Whether not most are wrong: a condition that holds nearly always says little."""
    return 2 * sum(wrong) <= len(wrong)


def _thresholds(
    items: Sequence[T], wrong: Sequence[bool], sizes: Mapping[str, Size[T]]
) -> Iterator[str]:
    """Yield the sizes that are larger for all wrong items than for the others, or smaller."""
    for name, size in sizes.items():
        of_all = [(size(item), is_wrong) for item, is_wrong in zip(items, wrong, strict=True)]
        failing = [x for x, is_wrong in of_all if is_wrong]
        passing = [x for x, is_wrong in of_all if not (is_wrong or isnan(x))]
        if not passing or any(map(isnan, failing)):
            continue
        if max(passing) < min(failing):
            yield f"where {name} {_above(max(passing), min(failing))}"
        elif max(failing) < min(passing):
            yield f"where {name} {_below(max(failing), min(passing))}"


def _above(low: float, high: float) -> str:
    """Say that a size is beyond what passes, `low`; it is at least `high` where numbers fail."""
    if isinstance(low, int) and isinstance(high, int):
        return f"is at least {low + 1}" + (f" (or up to {high})" if high > low + 1 else "")
    return f"exceeds {_between(low, math.nextafter(high, low))}"


def _below(low: float, high: float) -> str:
    """Say that a size is less than what passes, `high`; it is at most `low` where numbers fail."""
    if isinstance(low, int) and isinstance(high, int):
        return f"is at most {low}" + (f" (or up to {high - 1})" if high > low + 1 else "")
    return f"is below {_between(math.nextafter(low, high), high)}"


def _between(low: float, high: float) -> str:
    """Write a threshold between two sizes, and how well it is known."""
    if not (isfinite(low) and isfinite(high)):
        return f"{low if isfinite(low) else high:.3g}"
    simplest = format_constant(simplest_between(Fraction(low), Fraction(high)))
    return f"{simplest} (or another number from {low:.3g} to {high:.3g})"
