"""What a hand or an eye gets wrong: another number's digits, one thing in a formula, the writing.

Each function looks at one line, and says what it finds.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flint import arb

from backproof.truth.arithmetics import ball
from backproof.worked_examples.causes import ENOUGH, improbability
from backproof.worked_examples.digits import rounded
from backproof.worked_examples.earlier_lines import Option, computed_again
from backproof.worked_examples.example import Line
from backproof.worked_examples.expressions import Expression, in_steps, slips
from backproof.worked_examples.names import Place, symbol
from backproof.worked_examples.verdicts import Kind
from backproof.worked_examples.working import NEIGHBOURS, Working

TELLING = 4  # significant digits: fewer could come from many a slip
COPIED = 5  # significant digits: fewer may be the same by accident
WITNESS = 3  # significant digits of a right number that speaks for another one
OPERANDS = 12  # in a formula: with more, something wrong in it is not looked for


def another_update(w: Working, i: int) -> None:
    """Find the number of the update before or after."""
    line = w.lines[i]
    if improbability(w, [i]) < ENOUGH:
        return
    for made in ((), *w.accepted()):
        for distance in NEIGHBOURS:
            place = line.place._replace(updates=line.place.updates + distance)
            if place.updates < 0 or place in w.given:
                continue
            values = w.mistaken(made, [Line(line.name, place, line.digits)]) if made else w.true
            if w.fits(line, values.get(place), made):
                n = "1 update" if place.updates == 1 else f"{place.updates:,} updates"
                w.say(i, Kind.OTHER_UPDATE, f"this is the number after {n}", made)
                return


def copied(w: Working, i: int) -> None:
    """Find another number, printed or true, with the same digits."""
    line = w.lines[i]
    if line.digits.significant < COPIED:
        return
    printed = (other.place for other in w.lines if other.digits.decimal == line.digits.decimal)
    true = (
        place
        for place, value in w.true.items()
        if place.updates == line.place.updates and line.digits.rounds(value)
    )
    for place in (*printed, *true):
        if place != line.place:
            w.say(i, Kind.COPIED, f"these are the digits of {symbol(place)}")
            return


def one_thing_wrong(w: Working, i: int) -> None:
    """Find one thing wrong in the formula, if a single one gives the digits and what follows."""
    tried = list(_slips(w, i))
    found = [slip for slip in tried if slip and _is_no_accident(w, i, slip, len(tried))]
    found = [slip for slip in found if slip.following] or found
    least = min((slip.far_fetched for slip in found), default=0)
    likeliest = {slip.words: slip for slip in found if slip.far_fetched == least}
    if len(likeliest) != 1:
        return  # none, or several of which any may be the one
    [slip] = likeliest.values()
    for j in slip.following:
        w.say(j, Kind.CARRIED, f"from {symbol(w.lines[i].place)} before it was rounded")
    w.say(i, Kind.SLIP, slip.words)


def misprinted(w: Working, i: int) -> None:
    """Find a misprint; or that what follows is right, and would not be with these digits."""
    line = w.lines[i]
    for made in ((), *w.accepted()):
        values = w.mistaken(made, [line]) if made else w.true
        if line.digits.significant >= COPIED and line.place in values:
            slip = line.digits.miswritten(values[line.place])
            if slip:
                w.say(i, Kind.MISPRINT, slip, made)
                return
    for j, other in enumerate(w.lines):
        right = j in w.verdicts and w.verdicts[j].kind is Kind.RIGHT
        if not right or other.digits.significant < WITNESS or other.place == line.place:
            continue
        value = _with_another(w, other.place, line.place, ball(line.digits.value))
        if value is not None and not w.fits(other, value):
            why = f"{symbol(other.place)} is right, and would not be with these digits"
            w.say(i, Kind.MISPRINT, why)
            return


class _Slip(NamedTuple):
    words: str
    far_fetched: int
    following: list[int]  # lines that it gives, too


def _is_no_accident(w: Working, i: int, slip: _Slip, tried: int) -> bool:
    """Whether digits are too far from the truth for one of so many slips to hit them by chance."""
    return improbability(w, [i, *slip.following]) >= 1 + math.log10(tried)


def _slips(w: Working, i: int) -> Iterator[_Slip | None]:
    """Yield each slip that is tried: nothing, where it does not give the digits of line i.

    They must be many, or what follows must come of it as well.
    """
    line = w.lines[i]
    near = {line.place.updates, line.place.updates - 1}
    others = [place for place in (*w.given, *w.true) if place.updates in near]
    ways = [way for way in w.formulas.ways(line.place) if len(way.places()) <= OPERANDS]
    for slip in (s for way in ways for s in slips(way, others)):
        values = [x for x in _computed(w, i, slip.expression) if w.fits(line, x)]
        following = _following(w, i, values) if values else []
        telling = following or (values and line.digits.significant >= TELLING)
        yield _Slip(slip.words, slip.far_fetched, following) if telling else None


def _computed(w: Working, i: int, expression: Expression) -> Iterator[arb]:
    """Compute a formula with exact operands, and with those printed before."""
    exact = {place: w.number(place) for place in expression.places()}
    printed = {
        place: ball(w.lines[earlier[-1]].digits.value) if (earlier := w.before(i, place)) else x
        for place, x in exact.items()
    }
    for numbers in (exact, printed):
        yield expression.compute(numbers.__getitem__)
        yield in_steps(expression, numbers.__getitem__, w.lines[i].digits.decimals)


def _following(w: Working, i: int, values: Sequence[arb]) -> list[int]:
    """List the wrong lines that follow if line i was one of these values before it was rounded."""
    place = w.lines[i].place
    known = {
        place: [
            Option(x, "it", wrong=True)
            for value in values
            for x in (value, *(rounded(value, decimals) for decimals in w.decimals))
        ]
    }
    return [
        j
        for j in (*w.open(), *w.carried())
        if j != i
        and (expression := w.formulas.of(w.lines[j].place))
        and place in expression.places()
        and computed_again(w, j, known)
    ]


def _with_another(w: Working, place: Place, changed: Place, value: arb) -> arb | None:
    """Compute a number with another one changed; nothing if it does not depend on it."""
    if place == changed:
        return value
    expression = w.formulas.of(place)
    if expression is None or place.updates > changed.updates + 1:
        return None
    operands = {p: _with_another(w, p, changed, value) for p in expression.places()}
    if all(x is None for x in operands.values()):
        return None
    numbers = {p: w.number(p) if x is None else x for p, x in operands.items()}
    return expression.compute(numbers.__getitem__)
