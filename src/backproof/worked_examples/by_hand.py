"""Searches for human errors: a copied number, a slip in one formula, a typo.

Each function examines one line, and records a verdict if it finds an explanation.
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

TELLING = 4  # significant digits; many slips would give fewer digits
COPIED = 5  # significant digits; fewer may agree by chance
WITNESS = 3  # significant digits of a right number that contradicts another one
OPERANDS = 12  # the most operands of a formula in which slips are tried


def another_update(w: Working, i: int) -> None:
    """Look for the same quantity one or two updates earlier or later."""
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
    """Look for another number, published or exact, with the same digits."""
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
    """Look for the one slip in the formula that gives the digits, and the later wrong lines."""
    tried = list(_slips(w, i))
    found = [slip for slip in tried if slip and _is_no_accident(w, i, slip, len(tried))]
    found = [slip for slip in found if slip.following] or found
    least = min((slip.far_fetched for slip in found), default=0)
    likeliest = {slip.words: slip for slip in found if slip.far_fetched == least}
    if len(likeliest) != 1:
        return  # none, or several equally likely ones
    [slip] = likeliest.values()
    for j in slip.following:
        w.say(j, Kind.CARRIED, f"from {symbol(w.lines[i].place)} before it was rounded")
    w.say(i, Kind.SLIP, slip.words)


def misprinted(w: Working, i: int) -> None:
    """Look for a typo, or for a right number that would be wrong if computed from these digits."""
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
            why = f"{symbol(other.place)} is right, but would not be with these digits"
            w.say(i, Kind.MISPRINT, why)
            return


class _Slip(NamedTuple):
    words: str
    far_fetched: int
    following: list[int]  # later lines that it explains, too


def _is_no_accident(w: Working, i: int, slip: _Slip, tried: int) -> bool:
    """Whether the digits are too far off for one of so many slips to give them by chance."""
    return improbability(w, [i, *slip.following]) >= 1 + math.log10(tried)


def _slips(w: Working, i: int) -> Iterator[_Slip | None]:
    """Yield each slip that gives the digits of line i, and None for each that does not.

    A slip counts only if the line has enough digits, or if it explains later lines as well.
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
    """Evaluate a formula with exact operands, and with the operands published before line i."""
    exact = {place: w.number(place) for place in expression.places()}
    printed = {
        place: ball(w.lines[earlier[-1]].digits.value) if (earlier := w.before(i, place)) else x
        for place, x in exact.items()
    }
    for numbers in (exact, printed):
        yield expression.compute(numbers.__getitem__)
        yield in_steps(expression, numbers.__getitem__, w.lines[i].digits.decimals)


def _following(w: Working, i: int, values: Sequence[arb]) -> list[int]:
    """List the wrong lines that follow if line i had one of these values before rounding."""
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
    """Compute a number with another one changed; None if it does not depend on it."""
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
