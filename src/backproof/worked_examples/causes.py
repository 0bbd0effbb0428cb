"""Which mistakes of the catalogue give the wrong numbers of an example.

A mistake is accepted if it gives the very digits of lines that are so far from the truth that this
is no accident, and if it is a rule: most lines of the same kind do not speak against it. It need
not give every line: a text may work a row out by hand, and print what a program made of the rest.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from typing import NamedTuple

from backproof.network.mistakes import CATALOGUE, Mistake
from backproof.worked_examples.calculation import calculate
from backproof.worked_examples.conventions import network_of
from backproof.worked_examples.example import Line
from backproof.worked_examples.verdicts import ONLY_DIGITS, Cause, Kind
from backproof.worked_examples.working import Made, Working, ids

FEW = 50  # updates that can be repeated for every mistake
ENOUGH = 2.0  # decades: what is found by trying must be that unlikely to fit by accident
AT_MOST = 12.0  # decades that a single number counts for

Watch = Callable[[Sequence[Made]], Iterable[Made]]


class _Candidate(NamedTuple):
    made: Made
    explained: list[int]  # lines


def find_causes(w: Working, watch: Watch, after_each: Callable[[], None]) -> None:
    """Accept mistakes while they explain what is wrong, the best first.

    They are tried in the order and at the pace of `watch`.
    """
    candidates: list[Made] = [(mistake,) for mistake in _to_try()]
    while w.open() and (best := _best(w, watch, candidates)):
        (made, explained), *others = best
        for i in explained:
            w.say(i, Kind.MISTAKE, made=made)
        lines = [w.lines[i] for i in explained]
        alternatives = [ids(other.made) for other in others]
        against = _against(w, made, {Kind.RIGHT})
        w.causes.append(Cause(ids(made), lines, against, alternatives))
        after_each()
        candidates += [(*made, more) for more in _to_try() if _can_join(more, made)]


def improbability(w: Working, lines: Iterable[int]) -> float:
    """Return among how many numbers, in decades, the digits of these lines would be found."""
    away = [w.lines[i].digits.away_from(w.true[w.lines[i].place]) for i in lines]
    return sum(min(math.log10(1 + 2 * units), AT_MOST) for units in away)


def _to_try() -> Iterator[type[Mistake]]:
    """Yield mistakes that show in real numbers; losing digits to a narrower format does not."""
    return (mistake for mistake in CATALOGUE.values() if mistake.precision is None)


def _can_join(more: type[Mistake], made: Made) -> bool:
    return not any(issubclass(more, one) or issubclass(one, more) for one in made)


def _best(w: Working, watch: Watch, candidates: Sequence[Made]) -> list[_Candidate]:
    """Return what explains the most lines with the fewest mistakes, the first in the catalogue."""
    roots = set(w.open())
    asked = sorted([*roots, *w.carried()])
    few = [i for i in asked if w.lines[i].place.updates <= FEW]
    if not few:  # then each candidate takes long, so only single mistakes that show at all
        candidates = [made for made in candidates if len(made) == 1 and _shows(w, made)]
    found, faint = [], []
    for made in watch(candidates):
        if few and not _explained(w, made, few):
            continue
        explained = _as_a_rule(w, made, _explained(w, made, asked))
        if roots & set(explained) and improbability(w, explained) >= ENOUGH:
            found.append(_Candidate(made, explained))
        elif len(explained) == len(asked) and not _against(w, made):
            faint.append(_Candidate(made, explained))
    if not found and len(faint) == 1:
        return faint  # it alone gives every number of the source
    if not found:
        return []
    best = min(found, key=lambda one: (-len(one.explained), len(one.made)))
    return [
        one for one in found if one.explained == best.explained and len(one.made) == len(best.made)
    ]


def _explained(w: Working, made: Made, asked: Sequence[int]) -> list[int]:
    values = w.mistaken(made, (w.lines[i] for i in asked))
    return [i for i in asked if w.fits(w.lines[i], values.get(w.lines[i].place), made)]


def _as_a_rule(w: Working, made: Made, explained: Sequence[int]) -> list[int]:
    """Leave out lines beside which most lines of the same kind speak against the mistakes."""
    if not explained:
        return []
    places = {w.lines[i].place for i in explained}  # one may be printed twice, wrong and right
    against = Counter(_kind(line) for line in _against(w, made) if line.place not in places)
    speaking = Counter(_kind(w.lines[i]) for i in explained)
    return [i for i in explained if speaking[k := _kind(w.lines[i])] > against[k]]


def _kind(line: Line) -> tuple[int, str]:
    """Return what lines have in common that one rule should give: when, and of what."""
    return line.place.updates, line.place.quantity.partition("[")[0].partition(".")[0]


def _against(w: Working, made: Made, kinds: Set[Kind] = ONLY_DIGITS) -> list[Line]:
    """List the numbers, right as they are, that would be others with these mistakes."""
    right = [v.line for v in w.verdicts.values() if v.kind in kinds and v.line.place.updates <= FEW]
    values = w.mistaken(made, right)
    return [
        line
        for line in right
        if line.place in values and not w.fits(line, values[line.place], made)
    ]


def _shows(w: Working, made: Made) -> bool:
    """Whether mistakes make a difference after a few updates."""
    right, wrong = (
        calculate(network_of(w.example.conventions, others), w.example, [FEW])
        for others in ((), made)
    )
    return any(not value.overlaps(right[place]) for place, value in wrong.items())
