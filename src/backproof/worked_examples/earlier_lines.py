"""What follows from the source's own lines: a number computed again by the right formula.

Somebody who works by hand goes on with what is written down: rounded, or wrong. So each operand may
be exact, as an earlier line prints it, computed from earlier lines, or rounded to as many decimals
as the source uses. A line that one of these choices gives is not wrong by itself.
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

COMBINATIONS = 4000  # of operands; fewer, where there are many operands
SMALL = 10  # units of the last place: what rounding that is not printed may be held to explain
VAGUE = 10  # how much farther from the truth a line must be than a value is uncertain
BINARY = "from a binary number just below"
ENDINGS = ("", "; then cut off", f"; then cut off, {BINARY}")


@dataclass(frozen=True)
class Option:
    """What somebody may have put in for an operand."""

    value: arb
    words: str = ""  # empty, where it is exact
    wrong: bool = False  # it comes from a line that is wrong by more than rounding
    supposed: bool = False  # nothing shows that it was rounded so

    @property
    def cost(self) -> int:
        """How far-fetched it is."""
        return bool(self.words) + 2 * self.wrong


@dataclass(frozen=True)
class Found:
    """How the digits of a line come about."""

    words: str
    wrong: bool


Known = Mapping[Place, Sequence[Option]]


def computed_again(w: Working, i: int, known: Known | None = None) -> Found | None:
    """Compute line i from what may have been put in, where that is not `known`."""
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
    """Say how a value ends in the digits of a line, if it does."""
    if line.digits.rounds(w.as_computed(line, value)):
        return ENDINGS[0]
    if line.digits.cuts(value):
        return ENDINGS[1]
    return ENDINGS[2] if line.digits.cuts_binary(value) else None


def _says_little(w: Working, line: Line, value: arb) -> bool:
    """Whether a value is too vague for its agreement with a line to mean anything."""
    width = float((value.rad() / ball(line.digits.last_place)).mid())
    return width > 1 / 2 and VAGUE * width > line.digits.away_from(w.number(line.place))


def _options(w: Working, place: Place, i: int) -> list[Option]:
    """List what may have been put in for a number in line i."""
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
        options.append(Option(value, f"{name} from the lines before", wrong))
    for option in unrounded:
        for decimals in w.decimals:
            places = "1 decimal" if decimals == 1 else f"{decimals} decimals"
            words = f"{name} rounded to {places}"
            value = rounded(option.value, decimals)
            options.append(Option(value, words, option.wrong, supposed=True))
    return _each_once(option for option in options if option.value != 0 or not option.words)


def _from_earlier_lines(w: Working, place: Place, i: int) -> tuple[arb, bool] | None:
    """Compute a number by its formula from lines before i; say whether one of them is wrong.

    Returns nothing if no line before has a part in it.
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
