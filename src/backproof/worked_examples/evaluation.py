"""Evaluate the numbers of a worked example, against exact values and the source's earlier lines.

Every number is first compared with its exact value. A wrong one is recomputed with the right
formula from the source's own earlier lines; this separates rounding and propagated errors from new
ones. The remaining lines are matched with the catalogue of mistakes, then with human errors such as
typos. Every explanation gives the published digits exactly, except for a typo that only other lines
reveal.
"""

from collections.abc import Callable
from functools import partial

from flint import ctx

from backproof.errors import ExampleError
from backproof.text.english import count_noun
from backproof.worked_examples.by_hand import (
    find_copied_digits,
    find_other_update,
    find_slip,
    find_typo,
)
from backproof.worked_examples.causes import Track, find_causes
from backproof.worked_examples.dependencies import lines_to_mend
from backproof.worked_examples.earlier_lines import BINARY, Derivation, recompute
from backproof.worked_examples.evaluation_state import EvaluationState, OutOfWork
from backproof.worked_examples.example import Example
from backproof.worked_examples.learning_rate import find_other_rate
from backproof.worked_examples.other_networks import other_activations, other_loss
from backproof.worked_examples.verdicts import EvaluatedExample, VerdictKind

TOO_MUCH = (
    "The search was stopped because it would take too long, so what is unexplained may have an "
    "explanation. Check fewer numbers at a time, or numbers after fewer updates."
)
PRECISION = 256  # bits; more than 200 are still certain after 10,000 updates


def evaluate_example(example: Example, track: Track = tuple) -> EvaluatedExample:
    """Evaluate every published number of a worked example.

    `track` wraps the mistakes of the catalogue to try, to show progress. Raises `ExampleError` if a
    number cannot be computed.
    """
    with ctx.workprec(PRECISION):
        state = EvaluationState(example)
        _require_values(state)
        for i in range(len(state.lines)):
            _compare(state, i)
        if not _search_all(state, track):
            state.notes.append(TOO_MUCH)
        for i in state.open_lines():
            state.set_verdict(i, VerdictKind.UNEXPLAINED, state.candidates.get(i, ""))
        state.notes += [*other_loss(state), *other_activations(state)]
        return state.result(lines_to_mend(state))


def _require_values(state: EvaluationState) -> None:
    """Raise `ExampleError` if the exact value of a line is not known to any digit."""
    for line in state.lines:
        if not state.reference_values[line.place].is_finite():
            raise ExampleError(
                f"{state.example.path}: after {line.place.updates:,} updates, {line.name} cannot "
                "be computed exactly: every update multiplies the uncertainty. Leave it out"
            )


def _search_all(state: EvaluationState, track: Track) -> bool:
    """Look for what explains the wrong lines; return whether no search was stopped."""
    searches = (
        partial(_search, state, find_other_update),
        partial(find_other_rate, state),
        partial(find_causes, state, track, partial(_search, state, find_other_update)),
        *(partial(_search, state, search) for search in (find_slip, find_copied_digits, find_typo)),
    )
    stopped = False
    for search in searches:
        try:
            search()
        except OutOfWork:
            stopped = True
    return not stopped


def _compare(state: EvaluationState, i: int) -> None:
    """Compare a line with its exact value, and with the value that follows from earlier lines."""
    line = state.lines[i]
    true = state.reference_values[line.place]
    if line.digits.matches_rounded(true):
        state.set_verdict(i, VerdictKind.RIGHT)
    elif state.bounds.is_right_in_float32(line):
        state.set_verdict(i, VerdictKind.FLOAT32)
    elif line.digits.matches_rounded(state.bounds.widen(line, true)):
        state.set_verdict(i, VerdictKind.RIGHT, "to the precision of float64")
    else:
        _compare_last_digits(state, i)


def _compare_last_digits(state: EvaluationState, i: int) -> None:
    """Look for rounding or truncation, or for an earlier wrong line that line i follows from."""
    line, found = state.lines[i], recompute(state, i)
    true = state.reference_values[line.place]
    if found and found.follows_by_rounding:
        _set_derived(state, i, found)
    elif line.digits.matches_truncated(true):
        state.set_verdict(i, VerdictKind.TRUNCATED)
    elif line.digits.matches_truncated_binary(true):
        state.set_verdict(i, VerdictKind.TRUNCATED, BINARY)
    elif decimals := line.digits.decimals_before_padding(true):
        state.set_verdict(
            i, VerdictKind.PADDED, f"to {count_noun(decimals, 'decimal')}, with zeros appended"
        )
    elif found:
        _set_derived(state, i, found)


def _set_derived(state: EvaluationState, i: int, derivation: Derivation) -> None:
    kind = VerdictKind.PROPAGATED if derivation.wrong else VerdictKind.ROUNDED
    state.set_verdict(i, kind, derivation.words)


def _search(state: EvaluationState, search: Callable[[EvaluationState, int], None]) -> None:
    """Run a search on every line that has no verdict yet."""
    for i in state.open_lines():
        if i not in state.verdicts:  # a search may also settle other lines
            search(state, i)
