"""Which wrong numbers must be mended, and which follow from others."""

from collections.abc import Iterator

from backproof.network.exercises import NumberId
from backproof.worked_examples.evaluation_state import EvaluationState
from backproof.worked_examples.example import Line
from backproof.worked_examples.verdicts import VerdictKind

LOSS = ("per_output[", "total[")  # no other number is computed from these


def lines_to_mend(state: EvaluationState) -> list[Line]:
    """List the wrong numbers that do not follow from another wrong number.

    A propagated error follows from an earlier line. A number with a mistake follows if another
    number with the same mistake is computed before it and feeds it.
    """
    return [
        state.lines[i]
        for i in range(len(state.lines))
        if state.is_wrong(i) and not _follows(state, i)
    ]


def _follows(state: EvaluationState, i: int) -> bool:
    verdict, place = state.verdicts[i], state.lines[i].place
    if verdict.kind is VerdictKind.PROPAGATED:
        return True
    if not verdict.mistakes:
        return False
    before = set(_computed_before(state, place))
    others = [v.line.place for v in state.verdicts.values() if v.mistakes == verdict.mistakes]
    return any(
        other in before or (other.updates < place.updates and not other.quantity.startswith(LOSS))
        for other in others
        if other != place
    )


def _computed_before(state: EvaluationState, place: NumberId) -> Iterator[NumberId]:
    """Yield the numbers of the same forward and backward pass that a number is computed from."""
    expression = state.formulas.expression_for(place)
    for operand in expression.operands() if expression else ():
        yield operand
        if not operand.quantity.startswith("params."):
            yield from _computed_before(state, operand)
