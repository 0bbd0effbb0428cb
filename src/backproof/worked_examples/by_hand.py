"""Searches for human errors: a copied number, a slip in one formula, a typo.

Each function examines one line, and records a verdict if it finds an explanation.
"""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flint import arb

from backproof.network.exercises import NumberId, symbol
from backproof.truth.arithmetics import enclose
from backproof.worked_examples.causes import log_improbability
from backproof.worked_examples.digits import round_to_decimals
from backproof.worked_examples.earlier_lines import (
    OperandChoice,
    nearest_formula,
    recompute,
    value_in_source,
)
from backproof.worked_examples.evaluation_state import NEIGHBOURS, EvaluationState
from backproof.worked_examples.example import Line
from backproof.worked_examples.expressions import (
    OTHER_OPERAND,
    Expression,
    compute_rounding_steps,
    enumerate_slips,
)
from backproof.worked_examples.program_bounds import MIN_DECADES
from backproof.worked_examples.verdicts import VerdictKind

MIN_SLIP_DIGITS = 4  # significant digits; many slips would give fewer digits
CANDIDATES = 3  # slips listed where the digits are too few
MIN_CANDIDATE_DECADES = 1.0  # decades; nearer to the right digits, any change may give them
MIN_COPIED_DIGITS = 5  # significant digits; fewer may agree by chance
MIN_WITNESS_DIGITS = 3  # significant digits of a right number that contradicts another one
SLIP_WORK = 5  # how many rows pass through the network in the time that a slip takes to try
OPERANDS = 12  # the most operands of a formula in which slips are tried


def find_other_update(state: EvaluationState, i: int) -> None:
    """Look for the same quantity one or two updates earlier or later."""
    line = state.lines[i]
    if log_improbability(state, [i]) < MIN_DECADES:
        return
    for hypothesis in ((), *state.accepted_hypotheses()):
        for distance in NEIGHBOURS:
            place = line.place._replace(updates=line.place.updates + distance)
            if place.updates < 0 or place in state.given:
                continue
            values = (
                state.values_under(hypothesis, [Line(line.name, place, line.digits)])
                if hypothesis
                else state.reference_values
            )
            if state.digits_match(line, values.get(place), hypothesis):
                n = "1 update" if place.updates == 1 else f"{place.updates:,} updates"
                state.set_verdict(
                    i, VerdictKind.OTHER_UPDATE, f"this is the number after {n}", hypothesis
                )
                return


def find_copied_digits(state: EvaluationState, i: int) -> None:
    """Look for another number, published or exact, with the same digits."""
    line = state.lines[i]
    if line.digits.significant < MIN_COPIED_DIGITS:
        return
    printed = (other.place for other in state.lines if other.digits.decimal == line.digits.decimal)
    true = (
        place
        for place, value in state.reference_values.items()
        if place.updates == line.place.updates and line.digits.matches_rounded(value)
    )
    for place in (*printed, *true):
        if place != line.place and state.exists(place):
            state.set_verdict(i, VerdictKind.COPIED, f"these are the digits of {symbol(place)}")
            return


def find_slip(state: EvaluationState, i: int) -> None:
    """Look for the one slip in the formula that gives the digits, and the later wrong lines."""
    tried = list(_slips(state, i))
    fitting = [slip for slip in tried if slip]
    found = [
        slip for slip in fitting if slip.is_telling and _is_no_accident(state, i, slip, len(tried))
    ]
    found = [slip for slip in found if slip.following] or found
    least = min((slip.far_fetched for slip in found), default=0)
    likeliest = {slip.words: slip for slip in found if slip.far_fetched == least}
    if len(likeliest) != 1:  # none, or several equally likely ones
        _list_candidates(state, i, fitting)
        return
    [slip] = likeliest.values()
    for j in slip.following:
        state.set_verdict(
            j, VerdictKind.PROPAGATED, f"from {symbol(state.lines[i].place)} before it was rounded"
        )
    state.set_verdict(i, VerdictKind.SLIP, slip.words)


def find_typo(state: EvaluationState, i: int) -> None:
    """Look for a typo, or for a right number that would be wrong if computed from these digits."""
    line = state.lines[i]
    for hypothesis in ((), *state.accepted_hypotheses()):
        values = state.values_under(hypothesis, [line]) if hypothesis else state.reference_values
        if line.place in values:
            slip = line.digits.typo_of(values[line.place])
            if slip:
                state.set_verdict(i, VerdictKind.TYPO, slip, hypothesis)
                return
    if slip := line.digits.typo_of(_from_source(state, i)):
        state.set_verdict(i, VerdictKind.TYPO, slip)
        return
    if _is_used(state, i):
        return
    for j, other in enumerate(state.lines):
        right = j in state.verdicts and state.verdicts[j].kind is VerdictKind.RIGHT
        if not right or other.digits.significant < MIN_WITNESS_DIGITS or other.place == line.place:
            continue
        value = _recompute_with(state, other.place, line.place, enclose(line.digits.value))
        if value is not None and not state.digits_match(other, value):
            why = f"{symbol(other.place)} is right, but would not be with these digits"
            state.set_verdict(i, VerdictKind.TYPO, why)
            return


def _is_used(state: EvaluationState, i: int) -> bool:
    """Whether another line is computed from the digits of line i, so that they are no typo."""
    place = state.lines[i].place
    return any(
        (expression := state.formulas.expression_for(state.lines[j].place))
        and place in expression.operands()
        for j in state.propagated_lines()
    )


def _from_source(state: EvaluationState, i: int) -> arb:
    """Compute the number of line i from the lines before it."""
    expression = nearest_formula(state, state.lines[i].place, i)
    assert expression is not None  # a published number is no input
    return expression.compute(lambda operand: value_in_source(state, operand, i))


def _list_candidates(state: EvaluationState, i: int, slips: Sequence["_TestedSlip"]) -> None:
    """Note the likeliest slips that give the digits of line i, but cannot be told from chance."""
    least = min((slip.far_fetched for slip in slips), default=OTHER_OPERAND)
    likeliest = list(dict.fromkeys(slip.words for slip in slips if slip.far_fetched == least))
    if least < OTHER_OPERAND and log_improbability(state, [i]) >= MIN_CANDIDATE_DECADES:
        more = f", or {len(likeliest) - CANDIDATES} others" if len(likeliest) > CANDIDATES else ""
        state.candidates[i] = (
            f"too few digits to tell; perhaps {', or '.join(likeliest[:CANDIDATES])}{more}"
        )


class _TestedSlip(NamedTuple):
    words: str
    far_fetched: int
    is_telling: bool  # enough digits, or later lines, support it
    following: list[int]  # later lines that it explains, too


def _is_no_accident(state: EvaluationState, i: int, slip: _TestedSlip, tried: int) -> bool:
    """Whether the digits are too far off for one of so many slips to give them by chance."""
    return log_improbability(state, [i, *slip.following]) >= 1 + math.log10(tried)


def _slips(state: EvaluationState, i: int) -> Iterator[_TestedSlip | None]:
    """Yield each slip that gives the digits of line i, and None for each that does not."""
    line = state.lines[i]
    near = {line.place.updates, line.place.updates - 1}
    others = [
        p
        for p in (*state.given, *state.reference_values)
        if p.updates in near and p != line.place and state.exists(p)
    ]
    ways = [
        way for way in state.formulas.alternatives(line.place) if len(way.operands()) <= OPERANDS
    ]
    for slip in (s for way in ways for s in enumerate_slips(way, others)):
        state.spend(SLIP_WORK)
        values = [x for x in _computed(state, i, slip.expression) if state.digits_match(line, x)]
        following = _following(state, i, values) if values else []
        telling = bool(following) or line.digits.significant >= MIN_SLIP_DIGITS
        yield _TestedSlip(slip.words, slip.implausibility, telling, following) if values else None


def _computed(state: EvaluationState, i: int, expression: Expression) -> Iterator[arb]:
    """Evaluate a formula with exact operands, and with those that the lines before i give."""
    exact = {place: state.reference(place) for place in expression.operands()}
    printed = {place: value_in_source(state, place, i) for place in exact}
    for numbers in (exact, printed):
        yield expression.compute(numbers.__getitem__)
        yield compute_rounding_steps(
            expression, numbers.__getitem__, state.lines[i].digits.decimals
        )


def _following(state: EvaluationState, i: int, values: Sequence[arb]) -> list[int]:
    """List the wrong lines that follow if line i had one of these values before rounding."""
    place = state.lines[i].place
    known = {
        place: [
            OperandChoice(x, "it", is_wrong=True)
            for value in values
            for x in (value, *(round_to_decimals(value, decimals) for decimals in state.decimals))
        ]
    }
    return [
        j
        for j in (*state.open_lines(), *state.propagated_lines())
        if j != i
        and (expression := state.formulas.expression_for(state.lines[j].place))
        and place in expression.operands()
        and recompute(state, j, known)
    ]


def _recompute_with(
    state: EvaluationState, place: NumberId, changed: NumberId, value: arb
) -> arb | None:
    """Compute a number with another one changed; None if it does not depend on it."""
    if place == changed:
        return value
    expression = state.formulas.expression_for(place)
    if expression is None or place.updates > changed.updates + 1:
        return None
    operands = {p: _recompute_with(state, p, changed, value) for p in expression.operands()}
    if all(x is None for x in operands.values()):
        return None
    numbers = {p: state.reference(p) if x is None else x for p, x in operands.items()}
    return expression.compute(numbers.__getitem__)
