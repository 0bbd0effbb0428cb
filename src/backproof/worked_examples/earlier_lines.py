"""Recompute a number with the right formula from the source's own earlier lines.

Calculations by hand continue with the numbers written down, even if these are rounded or wrong. So
each operand may be exact, as published in an earlier line, computed from earlier lines, or rounded
to a number of decimals that the source uses. If one of these choices gives the digits of a line,
the formula was applied correctly.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from flint import arb

from backproof.network.exercises import NumberId, symbol
from backproof.truth.arithmetics import enclose
from backproof.worked_examples.digits import round_to_decimals
from backproof.worked_examples.evaluation_state import EvaluationState
from backproof.worked_examples.example import Line
from backproof.worked_examples.expressions import Expression, Quotient, compute_rounding_steps

COMBINATIONS = 4000  # of operands to try, divided by the number of operands
SMALL = 10  # units in the last place; unpublished rounding explains no larger difference
VAGUE = 10  # a line must be off by this many times the uncertainty of a value
BINARY = "from a binary number just below"
ENDINGS = ("", "; then truncated", f"; then truncated, {BINARY}")


@dataclass(frozen=True)
class OperandChoice:
    """A value that may have been used for an operand."""

    value: arb
    words: str = ""  # empty if it is exact
    is_wrong: bool = False  # comes from a line that is off by more than rounding
    is_guess: bool = False  # no line shows this rounding
    is_published: bool = False  # it is as an earlier line gives it
    is_vague: bool = False  # it is any value that rounds to the digits of wrong lines

    @property
    def cost(self) -> int:
        """How far-fetched it is; lower is likelier."""
        return bool(self.words) + 2 * self.is_wrong + self.is_vague


@dataclass(frozen=True)
class Derivation:
    """An explanation for the digits of a line."""

    words: str
    wrong: bool  # an operand is wrong
    follows_by_rounding: bool  # from earlier lines, with nothing truncated or guessed
    rank: tuple[bool | int, ...]  # the lowest is the likeliest


KnownChoices = Mapping[NumberId, Sequence[OperandChoice]]


def recompute(
    state: EvaluationState, i: int, known: KnownChoices | None = None
) -> Derivation | None:
    """Recompute line i with every likely choice of operands; `known` fixes some of the choices."""
    ways = state.formulas.alternatives(state.lines[i].place)
    found = [result for way in ways if (result := _computed(state, i, way, known or {}))]
    return min(found, key=lambda derivation: derivation.rank, default=None)


def _computed(
    state: EvaluationState, i: int, expression: Expression, known: KnownChoices
) -> Derivation | None:
    line, operands = state.lines[i], expression.operands()
    is_reversed = isinstance(expression, Quotient)  # a gradient, from its update
    choices = [known.get(place) or _options(state, place, i) for place in operands]
    found = []
    small = line.digits.distance_to(state.reference(line.place)) <= SMALL
    for chosen in islice(product(*choices), COMBINATIONS // len(operands)):
        numbers = {place: option.value for place, option in zip(operands, chosen, strict=True)}
        at_once = expression.compute(numbers.__getitem__)
        in_turn = compute_rounding_steps(expression, numbers.__getitem__, line.digits.decimals)
        if not small and any(option.is_guess for option in chosen):
            continue
        for value, how in ((at_once, []), *([(in_turn, ["each step rounded"])] if small else [])):
            words = [option.words for option in chosen if option.words] + how
            ending = _ending(state, line, value)
            if words and ending is not None and not _says_little(state, line, value):
                wrong = any(option.is_wrong for option in chosen)
                guess = any(option.is_guess for option in chosen)
                from_lines = not guess and any(
                    option.is_published if is_reversed else option.words for option in chosen
                )
                cost = sum(option.cost for option in chosen) + len(how)
                rounded = from_lines and not (ending or any(option.is_vague for option in chosen))
                rank = (not rounded, wrong, ENDINGS.index(ending), not from_lines, cost)
                found.append(Derivation(", ".join(words) + ending, wrong, rounded, rank))
    return min(found, key=lambda derivation: derivation.rank, default=None)


def _ending(state: EvaluationState, line: Line, value: arb) -> str | None:
    """Return how a value becomes the digits of a line; None if it does not."""
    if line.digits.matches_rounded(state.bounds.widen(line, value)):
        return ENDINGS[0]
    if line.digits.matches_truncated(value):
        return ENDINGS[1]
    return ENDINGS[2] if line.digits.matches_truncated_binary(value) else None


def _says_little(state: EvaluationState, line: Line, value: arb) -> bool:
    """Whether a value is too uncertain for a match to mean anything."""
    width = float((value.rad() / enclose(line.digits.last_place)).mid())
    return width > 1 / 2 and VAGUE * width > line.digits.distance_to(state.reference(line.place))


def _options(state: EvaluationState, place: NumberId, i: int) -> list[OperandChoice]:
    """List the values that may have been used for a number in line i."""
    true, name = state.reference(place), symbol(place)
    options = [OperandChoice(true)]
    if state.formulas.expression_for(place) is None:
        return options
    for j in state.earlier_lines(i, place):
        digits, wrong = state.lines[j].digits, state.is_wrong(j)
        words = f"{name} = {digits.text.replace('-', '−')}"
        options.append(OperandChoice(enclose(digits.value), words, wrong, is_published=True))
        if wrong:
            options.append(
                OperandChoice(
                    digits.rounding_interval,
                    f"{words} before it was rounded",
                    wrong,
                    is_vague=True,
                )
            )
    unrounded = [OperandChoice(true)]
    for as_printed in (True, False):
        if followed := _from_earlier_lines(state, place, i, as_printed=as_printed):
            value, wrong = followed
            vague = wrong and not as_printed
            unrounded.append(OperandChoice(value, is_wrong=wrong))
            words = f"{name} computed from earlier lines"
            options.append(OperandChoice(value, words, wrong, is_vague=vague))
    for option in unrounded:
        for decimals in state.decimals:
            places = "1 decimal" if decimals == 1 else f"{decimals} decimals"
            words = f"{name} rounded to {places}"
            value = round_to_decimals(option.value, decimals)
            options.append(OperandChoice(value, words, option.is_wrong, is_guess=True))
    return _each_once(option for option in options if option.value != 0 or not option.words)


def value_in_source(state: EvaluationState, place: NumberId, i: int) -> arb:
    """Return a number as a reader of the lines before i has it: published, computed, or exact."""
    if earlier := state.earlier_lines(i, place):
        return enclose(state.lines[earlier[-1]].digits.value)
    followed = _from_earlier_lines(state, place, i, as_printed=True)
    return followed[0] if followed else state.reference(place)


def _from_earlier_lines(
    state: EvaluationState, place: NumberId, i: int, *, as_printed: bool
) -> tuple[arb, bool] | None:
    """Compute a number by its formula from lines before i, and whether one of them is wrong.

    A wrong line stands for the digits that it prints, or else for every value that rounds to them.
    Returns None if no earlier line is used.
    """
    expression = nearest_formula(state, place, i)
    if expression is None or (place.quantity.startswith("params.") and place.updates > 1):
        return None
    numbers: dict[NumberId, arb] = {}
    wrong = found = False
    for operand in expression.operands():
        numbers[operand] = state.reference(operand)
        if earlier := state.earlier_lines(i, operand):
            digits, is_wrong = state.lines[earlier[-1]].digits, state.is_wrong(earlier[-1])
            unknown = is_wrong and not as_printed
            numbers[operand] = digits.rounding_interval if unknown else enclose(digits.value)
            found, wrong = True, wrong or is_wrong
        elif deeper := _from_earlier_lines(state, operand, i, as_printed=as_printed):
            numbers[operand] = deeper[0]
            found, wrong = True, wrong or deeper[1]
    return (expression.compute(numbers.__getitem__), wrong) if found else None


def nearest_formula(state: EvaluationState, place: NumberId, i: int) -> Expression | None:
    """Return the formula of a number; a gradient's shorter one if lines before i have its operands.

    Returns None if the number is an input.
    """
    ways = [way for way in state.formulas.alternatives(place) if not isinstance(way, Quotient)]
    at_hand = (
        way
        for way in ways
        if all(p in state.given or state.earlier_lines(i, p) for p in way.operands())
    )
    return next(at_hand, ways[0] if ways else None)


def _each_once(options: Iterable[OperandChoice]) -> list[OperandChoice]:
    found: list[OperandChoice] = []
    for option in options:
        if not any(option.value == other.value for other in found):
            found.append(option)
    return found
