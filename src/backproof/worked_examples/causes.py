"""Find the mistakes of the catalogue that explain the wrong numbers of an example.

A mistake is accepted on two conditions. It gives the exact digits of lines that are too far off for
a chance match. And it is a rule: most lines of the same kind do not contradict it. It need not
explain every line, since a text may work out one row by hand and take the others from a program.
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

FEW = 50  # updates; few enough to compute them with every mistake
ENOUGH = 2.0  # decades; a chance match must be at most this likely: 1 %
AT_MOST = 12.0  # decades; the most that a single number counts

Watch = Callable[[Sequence[Made]], Iterable[Made]]


class _Candidate(NamedTuple):
    made: Made
    explained: list[int]  # lines


def find_causes(w: Working, watch: Watch, after_each: Callable[[], None]) -> None:
    """Accept mistakes as long as they explain open lines, the best first.

    `watch` wraps the mistakes to try, to show progress. `after_each` is called after each accepted
    mistake.
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
    """Return how unlikely it is to hit the digits of these lines by chance, in decades."""
    away = [w.lines[i].digits.away_from(w.true[w.lines[i].place]) for i in lines]
    return sum(min(math.log10(1 + 2 * units), AT_MOST) for units in away)


def _to_try() -> Iterator[type[Mistake]]:
    """Yield the mistakes that change exact results; those that only lose precision do not."""
    return (mistake for mistake in CATALOGUE.values() if mistake.precision is None)


def _can_join(more: type[Mistake], made: Made) -> bool:
    return not any(issubclass(more, one) or issubclass(one, more) for one in made)


def _best(w: Working, watch: Watch, candidates: Sequence[Made]) -> list[_Candidate]:
    """Return the candidates that explain the most lines with the fewest mistakes.

    All of them explain the same lines; the first in the catalogue comes first.
    """
    roots = set(w.open())
    asked = sorted([*roots, *w.carried()])
    few = [i for i in asked if w.lines[i].place.updates <= FEW]
    if not few:  # each candidate takes long, so try only single mistakes that change anything
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
        return faint  # the only candidate that gives every number of the source
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
    """Drop the lines of a kind of which most lines contradict the mistakes."""
    if not explained:
        return []
    places = {
        w.lines[i].place for i in explained
    }  # a number may be published twice, wrong and right
    against = Counter(_kind(line) for line in _against(w, made) if line.place not in places)
    speaking = Counter(_kind(w.lines[i]) for i in explained)
    return [i for i in explained if speaking[k := _kind(w.lines[i])] > against[k]]


def _kind(line: Line) -> tuple[int, str]:
    """Return the number of updates and the name of the quantity: one rule should give all such."""
    return line.place.updates, line.place.quantity.partition("[")[0].partition(".")[0]


def _against(w: Working, made: Made, kinds: Set[Kind] = ONLY_DIGITS) -> list[Line]:
    """List the right numbers that these mistakes would change."""
    right = [v.line for v in w.verdicts.values() if v.kind in kinds and v.line.place.updates <= FEW]
    values = w.mistaken(made, right)
    return [
        line
        for line in right
        if line.place in values and not w.fits(line, values[line.place], made)
    ]


def _shows(w: Working, made: Made) -> bool:
    """Whether mistakes change any number after a few updates."""
    right, wrong = (
        calculate(network_of(w.example.conventions, others), w.example, [FEW])
        for others in ((), made)
    )
    return any(not value.overlaps(right[place]) for place, value in wrong.items())
