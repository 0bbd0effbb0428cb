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
from backproof.worked_examples.calculation import calculate, count_row_passes
from backproof.worked_examples.candidates import candidate_mistakes
from backproof.worked_examples.conventions import build_network
from backproof.worked_examples.evaluation_state import EvaluationState, mistake_ids
from backproof.worked_examples.example import Line
from backproof.worked_examples.program_bounds import MIN_DECADES, Hypothesis
from backproof.worked_examples.verdicts import HARMLESS_KINDS, Cause, VerdictKind

MAX_UPDATES_REPEATED = 50  # updates; few enough to compute them with every mistake
CANDIDATES = 5  # mistakes listed where the digits are too few
MAX_DECADES = 12.0  # decades; the most that a single number counts

Track = Callable[[Sequence[Hypothesis]], Iterable[Hypothesis]]


class _ScoredHypothesis(NamedTuple):
    hypothesis: Hypothesis
    explained: list[int]  # lines


def find_causes(state: EvaluationState, track: Track, after_each: Callable[[], None]) -> None:
    """Accept mistakes as long as they explain open lines, the best first.

    `track` wraps the mistakes to try, to show progress. `after_each` is called after each accepted
    mistake.
    """
    singles = candidate_mistakes(state.example.conventions)
    candidates: list[Hypothesis] = [(mistake,) for mistake in singles]
    while state.open_lines() and (best := _best(state, track, candidates)):
        (hypothesis, explained), *others = best
        for i in explained:
            state.set_verdict(i, VerdictKind.MISTAKE, hypothesis=hypothesis)
        lines = [state.lines[i] for i in explained]
        alternatives = [mistake_ids(other.hypothesis) for other in others]
        against = contradicting_lines(state, hypothesis, {VerdictKind.RIGHT})
        state.causes.append(Cause(mistake_ids(hypothesis), lines, against, alternatives))
        after_each()
        candidates += [(*hypothesis, more) for more in singles if _can_join(more, hypothesis)]


def log_improbability(state: EvaluationState, lines: Iterable[int]) -> float:
    """Return how unlikely it is to hit the digits of these lines by chance, in decades."""
    away = [state.distance_to_reference(state.lines[i]) for i in lines]
    return sum(min(math.log10(1 + 2 * units), MAX_DECADES) for units in away)


def _can_join(more: type[Mistake], hypothesis: Hypothesis) -> bool:
    return not any(issubclass(more, one) or issubclass(one, more) for one in hypothesis)


def _best(
    state: EvaluationState, track: Track, candidates: Sequence[Hypothesis]
) -> list[_ScoredHypothesis]:
    """Return the candidates that explain the most lines with the fewest mistakes.

    All of them explain the same lines. Those that the fewest right numbers contradict come first,
    and if nothing contradicts one, the others are ruled out.
    """
    roots = set(state.open_lines())
    asked = sorted([*roots, *state.propagated_lines()])
    few = [i for i in asked if state.lines[i].place.updates <= MAX_UPDATES_REPEATED]
    if not few:  # each candidate takes long, so try only single mistakes that change anything
        candidates = [
            hypothesis
            for hypothesis in candidates
            if len(hypothesis) == 1 and _changes_values(state, hypothesis)
        ]
        each = count_row_passes(state.example, {state.lines[i].place.updates for i in asked})
        state.require(len(candidates) * each)
    found, faint = [], []
    for hypothesis in track(candidates):
        if few and not explained_lines(state, hypothesis, few):
            continue
        explained = _drop_contradicted(state, hypothesis, explained_lines(state, hypothesis, asked))
        if roots & set(explained) and log_improbability(state, explained) >= MIN_DECADES:
            found.append(_ScoredHypothesis(hypothesis, explained))
        elif len(explained) == len(asked) and not contradicting_lines(state, hypothesis):
            faint.append(_ScoredHypothesis(hypothesis, explained))
    if not found and len(faint) == 1:
        return faint  # the only candidate that gives every number of the source
    if not found:
        _note_faint(state, roots, faint)
        return []
    best = min(found, key=lambda one: (-len(one.explained), len(one.hypothesis)))
    equals = [
        one
        for one in found
        if one.explained == best.explained and len(one.hypothesis) == len(best.hypothesis)
    ]
    against = {one.hypothesis: len(contradicting_lines(state, one.hypothesis)) for one in equals}
    equals.sort(key=lambda one: against[one.hypothesis])
    return [one for one in equals if against[equals[0].hypothesis] or not against[one.hypothesis]]


def _note_faint(
    state: EvaluationState, lines: Iterable[int], faint: Sequence[_ScoredHypothesis]
) -> None:
    """Note the mistakes that reproduce every wrong number, but cannot be told from chance."""
    names = [" and ".join(mistake_ids(one.hypothesis)) for one in faint if len(one.hypothesis) == 1]
    if names and len(names) <= CANDIDATES:
        state.candidates |= dict.fromkeys(
            lines, f"too few digits to tell; perhaps {', or '.join(names)}"
        )


def explained_lines(
    state: EvaluationState, hypothesis: Hypothesis, asked: Sequence[int]
) -> list[int]:
    """List the lines of `asked` whose digits these mistakes give."""
    values = state.values_under(hypothesis, (state.lines[i] for i in asked))
    return [
        i
        for i in asked
        if state.digits_match(state.lines[i], values.get(state.lines[i].place), hypothesis)
    ]


def _drop_contradicted(
    state: EvaluationState, hypothesis: Hypothesis, explained: Sequence[int]
) -> list[int]:
    """Drop the lines of a kind of which most lines contradict the mistakes."""
    if not explained:
        return []
    places = {
        state.lines[i].place for i in explained
    }  # a number may be published twice, wrong and right
    against = Counter(
        _kind(line) for line in contradicting_lines(state, hypothesis) if line.place not in places
    )
    speaking = Counter(_kind(state.lines[i]) for i in explained)
    return [i for i in explained if speaking[k := _kind(state.lines[i])] > against[k]]


def _kind(line: Line) -> tuple[int, str]:
    """Return the number of updates and the name of the quantity: one rule should give all such."""
    return line.place.updates, line.place.quantity.partition("[")[0].partition(".")[0]


def contradicting_lines(
    state: EvaluationState, hypothesis: Hypothesis, kinds: Set[VerdictKind] = HARMLESS_KINDS
) -> list[Line]:
    """List the right numbers that these mistakes would change."""
    right = [
        v.line
        for v in state.verdicts.values()
        if v.kind in kinds and v.line.place.updates <= MAX_UPDATES_REPEATED
    ]
    values = state.values_under(hypothesis, right)
    return [
        line
        for line in right
        if line.place in values and not state.digits_match(line, values[line.place], hypothesis)
    ]


def _changes_values(state: EvaluationState, hypothesis: Hypothesis) -> bool:
    """Whether mistakes change any number after a few updates."""
    state.spend(2 * count_row_passes(state.example, [MAX_UPDATES_REPEATED]))
    right, wrong = (
        calculate(
            build_network(state.example.conventions, others), state.example, [MAX_UPDATES_REPEATED]
        )
        for others in ((), hypothesis)
    )
    return any(not value.overlaps(right[place]) for place, value in wrong.items())
