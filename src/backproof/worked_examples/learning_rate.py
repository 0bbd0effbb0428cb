"""Find the one learning rate, other than the declared one, that gives all new parameters."""

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from flint import arb

from backproof.network.exercises import NumberId
from backproof.truth.arithmetics import enclose, to_fraction
from backproof.worked_examples.candidates import candidate_mistakes
from backproof.worked_examples.causes import (
    contradicting_lines,
    explained_lines,
    log_improbability,
)
from backproof.worked_examples.evaluation_state import EvaluationState
from backproof.worked_examples.program_bounds import MIN_DECADES
from backproof.worked_examples.verdicts import VerdictKind

MAX_DECIMALS = 12  # of a learning rate
NOISE = 2**7  # unit roundoffs; more than the rounding errors of one step of a program


def find_other_rate(state: EvaluationState) -> None:
    """Look for the learning rate that reproduces every parameter after the first update.

    It counts only if the parameters determine it and confirm it, and if no single mistake of the
    catalogue reproduces them without a contradiction.
    """
    stepped = [i for i in range(len(state.lines)) if _is_first_step(state, i)]
    wrong = [i for i in stepped if i in state.open_lines()]
    rate = _common_rate(state, wrong)
    if rate is None or rate <= 0 or not _is_no_chance(state, wrong):
        return
    inputs = replace(state.example.inputs, learning_rate=rate)
    other = EvaluationState(replace(state.example, inputs=inputs))

    def is_given(i: int) -> bool:
        return other.is_right(state.lines[i])

    if not all(map(is_given, stepped)) or _has_a_name(state, wrong):
        return
    declared = state.example.inputs.learning_rate
    assert declared is not None  # without it, nothing is stepped
    for i in filter(is_given, state.open_lines()):
        state.set_verdict(
            i, VerdictKind.OTHER_RATE, f"{_decimal(rate)} instead of {_decimal(declared)}"
        )
    times = float(rate / declared)
    state.notes.append(
        f"The learning rate {_decimal(rate)}, not {_decimal(declared)} as declared, reproduces all "
        f"{len(stepped)} new parameters: each step is {times:.4g} times as long."
    )


def _is_first_step(state: EvaluationState, i: int) -> bool:
    place = state.lines[i].place
    moved = state.example.conventions.train_biases or not place.quantity.startswith("params.b")
    return place.updates == 1 and place.quantity.startswith("params.") and moved


def _common_rate(state: EvaluationState, lines: list[int]) -> Fraction | None:
    """Return the shortest decimal number that gives all these parameters; None if there is none."""
    low, high = Fraction(0), Fraction(10**6)
    for i in lines:
        digits, place = state.lines[i].digits, state.lines[i].place
        gradient = state.reference(NumberId(0, place.quantity.replace("params.", "gradients.")))
        if gradient.contains(0):
            return None
        fmt = state.bounds.format_of(state.lines[i])
        noise = NOISE * fmt.unit_roundoff if fmt else Fraction(0)
        printed = digits.rounding_interval + arb(0, enclose(noise))
        rates = (state.reference(place._replace(updates=0)) - printed) / gradient
        low = max(low, to_fraction(rates.lower()))
        high = min(high, to_fraction(rates.upper()))
    for decimals in range(MAX_DECIMALS + 1):
        shortest = Fraction(math.ceil(low * 10**decimals), 10**decimals)
        if shortest <= high:
            return shortest
    return None


def _is_no_chance(state: EvaluationState, lines: list[int]) -> bool:
    """Whether the parameters agree by more than chance, apart from one that gives the rate."""
    each = {state.lines[i].place: log_improbability(state, [i]) for i in lines}
    return len(each) > 1 and sum(each.values()) - max(each.values()) >= MIN_DECADES


def _has_a_name(state: EvaluationState, lines: list[int]) -> bool:
    """Whether a mistake of the catalogue gives these lines, and no right number contradicts it."""
    return any(
        explained_lines(state, (mistake,), lines) == lines
        and not contradicting_lines(state, (mistake,))
        for mistake in candidate_mistakes(state.example.conventions)
    )


def _decimal(x: Fraction) -> str:
    return f"{(Decimal(x.numerator) / x.denominator).normalize():f}"
