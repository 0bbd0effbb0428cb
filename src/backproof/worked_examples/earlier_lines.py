"""Recompute a number with the right formula from the source's own earlier lines.

Calculations by hand continue with the numbers written down, even if these are rounded or wrong. So
each operand may be exact, as published in an earlier line, computed from earlier lines, or rounded
to a number of decimals that the source uses. If one of these choices gives the digits of a line,
the formula was applied correctly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from flint import arb

from backproof.truth.arithmetics import ball
from backproof.worked_examples.digits import rounded
from backproof.worked_examples.example import Line
from backproof.worked_examples.expressions import Expression, in_steps
from backproof.worked_examples.names import Place, symbol
from backproof.worked_examples.working import Working

COMBINATIONS = 4000  # of operands to try, divided by the number of operands
SMALL = 10  # units in the last place; unpublished rounding explains no larger difference
VAGUE = 10  # a line must be off by this many times the uncertainty of a value
BINARY = "from a binary number just below"
ENDINGS = ("", "; then truncated", f"; then truncated, {BINARY}")


@dataclass(frozen=True)
class Option:
    """A value that may have been used for an operand."""

    value: arb
    words: str = ""  # empty if it is exact
    wrong: bool = False  # comes from a line that is off by more than rounding
    supposed: bool = False  # no line shows this rounding

    @property
    def cost(self) -> int:
        """How far-fetched it is; lower is likelier."""
        return bool(self.words) + 2 * self.wrong


@dataclass(frozen=True)
class Found:
    """An explanation for the digits of a line."""

    words: str
    wrong: bool


Known = Mapping[Place, Sequence[Option]]


def computed_again(w: Working, i: int, known: Known | None = None) -> Found | None:
    """Recompute line i with every likely choice of operands; `known` fixes some of the choices."""
    ways = w.formulas.ways(w.lines[i].place)
    found = [result for way in ways if (result := _computed(w, i, way, known or {}))]
    return min(found, key=lambda result: result.wrong, default=None)


def _computed(w: Working, i: int, expression: Expression, known: Known) -> Found | None:
    line, operands = w.lines[i], expression.places()
    choices = [known.get(place) or _options(w, place, i) for place in operands]
    found = []
    small = line.digits.away_from(w.number(line.place)) <= SMALL
    for chosen in islice(product(*choices), COMBINATIONS // len(operands)):
        numbers = {place: option.value for place, option in zip(operands, chosen, strict=True)}
        at_once = expression.compute(numbers.__getitem__)
        in_turn = in_steps(expression, numbers.__getitem__, line.digits.decimals)
        if not small and any(option.supposed for option in chosen):
            continue
        for value, how in ((at_once, []), *([(in_turn, ["each step rounded"])] if small else [])):
            words = [option.words for option in chosen if option.words] + how
            ending = _ending(w, line, value)
            if words and ending is not None and not _says_little(w, line, value):
                wrong = any(option.wrong for option in chosen)
                cost = sum(option.cost for option in chosen) + len(how)
                rank = (wrong, ENDINGS.index(ending), cost)
                found.append((rank, Found(", ".join(words) + ending, wrong)))
    return min(found, key=lambda ranked: ranked[0])[1] if found else None


def _ending(w: Working, line: Line, value: arb) -> str | None:
    """Return how a value becomes the digits of a line; None if it does not."""
    if line.digits.rounds(w.as_computed(line, value)):
        return ENDINGS[0]
    if line.digits.cuts(value):
        return ENDINGS[1]
    return ENDINGS[2] if line.digits.cuts_binary(value) else None


def _says_little(w: Working, line: Line, value: arb) -> bool:
    """Whether a value is too uncertain for a match to mean anything."""
    width = float((value.rad() / ball(line.digits.last_place)).mid())
    return width > 1 / 2 and VAGUE * width > line.digits.away_from(w.number(line.place))


def _options(w: Working, place: Place, i: int) -> list[Option]:
    """List the values that may have been used for a number in line i."""
    true, name = w.number(place), symbol(place)
    options = [Option(true)]
    if w.formulas.of(place) is None:
        return options
    for j in w.before(i, place):
        digits, wrong = w.lines[j].digits, w.is_wrong(j)
        words = f"{name} = {digits.text.replace('-', '−')}"
        options.append(Option(ball(digits.value), words, wrong))
        if wrong:
            options.append(Option(digits.before_rounding, f"{words} before it was rounded", wrong))
    unrounded = [Option(true)]
    if followed := _from_earlier_lines(w, place, i):
        value, wrong = followed
        unrounded.append(Option(value, wrong=wrong))
        options.append(Option(value, f"{name} computed from earlier lines", wrong))
    for option in unrounded:
        for decimals in w.decimals:
            places = "1 decimal" if decimals == 1 else f"{decimals} decimals"
            words = f"{name} rounded to {places}"
            value = rounded(option.value, decimals)
            options.append(Option(value, words, option.wrong, supposed=True))
    return _each_once(option for option in options if option.value != 0 or not option.words)


def _from_earlier_lines(w: Working, place: Place, i: int) -> tuple[arb, bool] | None:
    """Compute a number by its formula from lines before i, and whether one of them is wrong.

    Returns None if no earlier line is used.
    """
    expression = w.formulas.of(place)
    if expression is None or (place.quantity.startswith("params.") and place.updates > 1):
        return None
    numbers: dict[Place, arb] = {}
    wrong = found = False
    for operand in expression.places():
        numbers[operand] = w.number(operand)
        if earlier := w.before(i, operand):
            digits, is_wrong = w.lines[earlier[-1]].digits, w.is_wrong(earlier[-1])
            numbers[operand] = digits.before_rounding if is_wrong else ball(digits.value)
            found, wrong = True, wrong or is_wrong
        elif deeper := _from_earlier_lines(w, operand, i):
            numbers[operand] = deeper[0]
            found, wrong = True, wrong or deeper[1]
    return (expression.compute(numbers.__getitem__), wrong) if found else None


def _each_once(options: Iterable[Option]) -> list[Option]:
    found: list[Option] = []
    for option in options:
        if not any(option.value == other.value for other in found):
            found.append(option)
    return found
