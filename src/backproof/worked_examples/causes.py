"""Find the mistakes of the catalogue that explain the wrong numbers of an example.

A mistake is accepted on two conditions. It gives the exact digits of lines that are too far off for
a chance match. And it is a rule: most lines of the same kind do not contradict it. It need not
explain every line, since a text may work out one row by hand and take the others from a program.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from typing import NamedTuple

from backproof.network.mistakes import Mistake
from backproof.worked_examples.calculation import calculate
from backproof.worked_examples.candidates import candidate_mistakes
from backproof.worked_examples.conventions import build_network
from backproof.worked_examples.evaluation_state import EvaluationState, Hypothesis, mistake_ids
from backproof.worked_examples.example import Line
from backproof.worked_examples.verdicts import HARMLESS_KINDS, Cause, VerdictKind

MAX_UPDATES_REPEATED = 50  # updates; few enough to compute them with every mistake
MIN_DECADES = 2.0  # decades; a chance match must be at most this likely: 1 %
CANDIDATES = 5  # mistakes listed where the digits are too few
MAX_DECADES = 12.0  # decades; the most that a single number counts

Track = Callable[[Sequence[Hypothesis]], Iterable[Hypothesis]]


class _ScoredHypothesis(NamedTuple):
    made: Hypothesis
    explained: list[int]  # lines


def find_causes(state: EvaluationState, watch: Track, after_each: Callable[[], None]) -> None:
    """Accept mistakes as long as they explain open lines, the best first.

    `watch` wraps the mistakes to try, to show progress. `after_each` is called after each accepted
    mistake.
    """
    singles = candidate_mistakes(state.example.conventions)
    candidates: list[Hypothesis] = [(mistake,) for mistake in singles]
    while state.open_lines() and (best := _best(state, watch, candidates)):
        (made, explained), *others = best
        for i in explained:
            state.set_verdict(i, VerdictKind.MISTAKE, made=made)
        lines = [state.lines[i] for i in explained]
        alternatives = [mistake_ids(other.made) for other in others]
        against = contradicting_lines(state, made, {VerdictKind.RIGHT})
        state.causes.append(Cause(mistake_ids(made), lines, against, alternatives))
        after_each()
        candidates += [(*made, more) for more in singles if _can_join(more, made)]


def log_improbability(w: EvaluationState, lines: Iterable[int]) -> float:
    """Return how unlikely it is to hit the digits of these lines by chance, in decades."""
    away = [w.lines[i].digits.distance_to(w.reference_values[w.lines[i].place]) for i in lines]
    return sum(min(math.log10(1 + 2 * units), MAX_DECADES) for units in away)


def _can_join(more: type[Mistake], made: Hypothesis) -> bool:
    return not any(issubclass(more, one) or issubclass(one, more) for one in made)


def _best(
    w: EvaluationState, watch: Track, candidates: Sequence[Hypothesis]
) -> list[_ScoredHypothesis]:
    """Return the candidates that explain the most lines with the fewest mistakes.

    All of them explain the same lines. Those that the fewest right numbers contradict come first,
    and if nothing contradicts one, the others are ruled out.
    """
    roots = set(w.open_lines())
    asked = sorted([*roots, *w.propagated_lines()])
    few = [i for i in asked if w.lines[i].place.updates <= MAX_UPDATES_REPEATED]
    if not few:  # each candidate takes long, so try only single mistakes that change anything
        candidates = [made for made in candidates if len(made) == 1 and _changes_values(w, made)]
    found, faint = [], []
    for made in watch(candidates):
        if few and not explained_lines(w, made, few):
            continue
        explained = _drop_contradicted(w, made, explained_lines(w, made, asked))
        if roots & set(explained) and log_improbability(w, explained) >= MIN_DECADES:
            found.append(_ScoredHypothesis(made, explained))
        elif len(explained) == len(asked) and not contradicting_lines(w, made):
            faint.append(_ScoredHypothesis(made, explained))
    if not found and len(faint) == 1:
        return faint  # the only candidate that gives every number of the source
    if not found:
        _note_faint(w, roots, faint)
        return []
    best = min(found, key=lambda one: (-len(one.explained), len(one.made)))
    equals = [
        one for one in found if one.explained == best.explained and len(one.made) == len(best.made)
    ]
    against = {one.made: len(contradicting_lines(w, one.made)) for one in equals}
    equals.sort(key=lambda one: against[one.made])
    return [one for one in equals if against[equals[0].made] or not against[one.made]]


def _note_faint(
    w: EvaluationState, lines: Iterable[int], faint: Sequence[_ScoredHypothesis]
) -> None:
    """Note the mistakes that reproduce every wrong number, but cannot be told from chance."""
    names = [" and ".join(mistake_ids(one.made)) for one in faint if len(one.made) == 1]
    if names and len(names) <= CANDIDATES:
        w.candidates |= dict.fromkeys(
            lines, f"too few digits to tell; perhaps {', or '.join(names)}"
        )


def explained_lines(w: EvaluationState, made: Hypothesis, asked: Sequence[int]) -> list[int]:
    """List the lines of `asked` whose digits these mistakes give."""
    values = w.values_under(made, (w.lines[i] for i in asked))
    return [i for i in asked if w.digits_match(w.lines[i], values.get(w.lines[i].place), made)]


def _drop_contradicted(w: EvaluationState, made: Hypothesis, explained: Sequence[int]) -> list[int]:
    """Drop the lines of a kind of which most lines contradict the mistakes."""
    if not explained:
        return []
    places = {
        w.lines[i].place for i in explained
    }  # a number may be published twice, wrong and right
    against = Counter(
        _kind(line) for line in contradicting_lines(w, made) if line.place not in places
    )
    speaking = Counter(_kind(w.lines[i]) for i in explained)
    return [i for i in explained if speaking[k := _kind(w.lines[i])] > against[k]]


def _kind(line: Line) -> tuple[int, str]:
    """Return the number of updates and the name of the quantity: one rule should give all such."""
    return line.place.updates, line.place.quantity.partition("[")[0].partition(".")[0]


def contradicting_lines(
    w: EvaluationState, made: Hypothesis, kinds: Set[VerdictKind] = HARMLESS_KINDS
) -> list[Line]:
    """List the right numbers that these mistakes would change."""
    right = [
        v.line
        for v in w.verdicts.values()
        if v.kind in kinds and v.line.place.updates <= MAX_UPDATES_REPEATED
    ]
    values = w.values_under(made, right)
    return [
        line
        for line in right
        if line.place in values and not w.digits_match(line, values[line.place], made)
    ]


def _changes_values(w: EvaluationState, made: Hypothesis) -> bool:
    """Whether mistakes change any number after a few updates."""
    right, wrong = (
        calculate(build_network(w.example.conventions, others), w.example, [MAX_UPDATES_REPEATED])
        for others in ((), made)
    )
    return any(not value.overlaps(right[place]) for place, value in wrong.items())
