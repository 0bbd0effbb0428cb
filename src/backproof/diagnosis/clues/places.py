"""Numbers that are correct for another quantity or row."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial

from backproof.diagnosis.clues.evidence import agreeing_digits, is_significant
from backproof.diagnosis.clues.stage import Clue, FailingStage, OutputNumber
from backproof.network.float_formats import equal_nan
from backproof.network.quantities import split_quantity


def find_other_quantity(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number is the correct value of one other quantity."""
    others = [
        name for name in dict.fromkeys(n.name for n in stage.op_numbers) if name != wrong[0].name
    ]
    sources = [name for name in others if _are(wrong, partial(_named, stage, name))]
    if len(sources) != 1:
        return None
    return Clue(f"is the correct value of {sources[0]}", wrong, sources[0])


def find_reversed_rows(stage: FailingStage, wrong: Sequence[OutputNumber]) -> Clue | None:
    """Find that every number is correct for another row, with the rows counted from the last."""
    if wrong[0].row is None or not _are(wrong, partial(_mirrored, stage)):
        return None
    return Clue("is correct for the rows in reverse order", wrong)


def pair_exchanges(clues: Mapping[str, Clue]) -> dict[str, list[tuple[str, str]]]:
    """Return the pairs of names with each other's correct values, by what the pair makes up."""
    pairs: dict[str, list[tuple[str, str]]] = {}
    names = list(clues)
    for i, name in enumerate(names):
        other = clues[name].source
        if other in names[i + 1 :] and clues[other].source == name:
            made_up = _made_up(
                clues[name].wrong_numbers[0].quantity, clues[other].wrong_numbers[0].quantity
            )
            pairs.setdefault(made_up, []).append((name, other))
    return pairs


def _made_up(quantity: str, other: str) -> str:
    """Say what two exchanged quantities of a matrix make up: a transpose, its rows or columns."""
    (matrix, place), (also, there) = split_quantity(quantity), split_quantity(other)
    if matrix != also or not matrix.startswith("W"):
        return ""
    if place == there[::-1]:
        return f" ({matrix} transposed)"
    if place[0] != there[0] and place[1] != there[1]:
        return ""
    return f" ({'columns' if place[0] == there[0] else 'rows'} of {matrix})"


def _named(stage: FailingStage, name: str, n: OutputNumber) -> OutputNumber | None:
    return stage.beside(n, name, n.row)


def _mirrored(stage: FailingStage, n: OutputNumber) -> OutputNumber | None:
    last = len(n.vector.inputs.X) - 1
    return stage.beside(n, n.name, last - (n.row or 0))


def _are(
    wrong: Sequence[OutputNumber], other: Callable[[OutputNumber], OutputNumber | None]
) -> bool:
    """Whether every number is the correct value of another, in too many digits for chance."""
    agreeing: dict[object, float] = {}  # by correct number: a repeated one is no further evidence
    for number in wrong:
        meant = other(number)
        if meant is None:
            return False
        if not (number.measurable and meant.measurable):
            if not equal_nan(number.actual, meant.reference_float):
                return False
        elif abs(Fraction(number.actual) - meant.reference) > meant.bound:
            return False
        else:
            agreeing[meant.reference] = agreeing_digits(abs(meant.reference), 2 * meant.bound)
    return is_significant(agreeing.values())
