"""Recognize a source that computes another network: another loss, or other activations."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from flint import arb

from backproof.network.exercises import NumberId, symbol
from backproof.text.english import join_words
from backproof.worked_examples.causes import (
    MAX_UPDATES_REPEATED,
    log_improbability,
)
from backproof.worked_examples.conventions import LOSSES
from backproof.worked_examples.evaluation_state import EvaluationState
from backproof.worked_examples.example import Line
from backproof.worked_examples.program_bounds import MIN_DECADES

LOSS_FORMULAS = {
    "half-sum": "½ Σ (T − Out y)²",
    "sum": "Σ (T − Out y)²",
    "mean": "the mean of (T − Out y)² over the outputs",
}
ACTIVATIONS: Mapping[str, Callable[[arb], arb]] = {
    "tanh": arb.tanh,
    "ReLU": lambda z: z.max(arb(0)),
    "the identity": lambda z: z,
}
LAYERS = {"hidden": ("h", "out_h"), "output": ("y", "out_y")}


def other_loss(state: EvaluationState) -> Iterator[str]:
    """Yield a sentence on the loss that would make more numbers right and none wrong."""
    lines = tuple(line for line in state.lines if line.place.updates <= MAX_UPDATES_REPEATED)
    wrong = {line for i, line in enumerate(state.lines) if state.is_wrong(i)} & set(lines)
    best: list[Line] = []
    formula = ""
    for loss in LOSSES if wrong and state.example.inputs.T else ():
        if loss == "mean" and state.example.conventions.one_output:
            continue
        conventions = replace(state.example.conventions, loss=loss)
        other = EvaluationState(replace(state.example, conventions=conventions, lines=lines))
        fitting = {x for x in lines if other.is_right(x)}
        gained = [x for x in lines if x in wrong & fitting]
        if fitting | wrong == set(lines) and len(gained) > len(best):
            best, formula = gained, f'With loss = "{loss}" in [conventions], {LOSS_FORMULAS[loss]},'
    if best and log_improbability(state, [state.lines.index(line) for line in best]) >= MIN_DECADES:
        numbers = "1 more number is" if len(best) == 1 else f"{len(best)} more numbers are"
        yield f"{formula} {numbers} right and none becomes wrong; declare it if the source does."


def other_activations(state: EvaluationState) -> Iterator[str]:
    """Yield a sentence on the activations of a source that has others than the sigmoid."""
    found = [words for layer in LAYERS if (words := _of_layer(state, layer))]
    if found:
        yield (
            f"The activation is {join_words(found)}. This is another network: only the sigmoid is "
            "known here, so the verdicts on these numbers and on those after them do not apply. "
            "Leave them out to check the others."
        )


def _of_layer(state: EvaluationState, layer: str) -> str:
    """Return which activation gives all outputs of a layer; "" if it may be the sigmoid."""
    before, after = LAYERS[layer]
    lines = [
        i
        for i, line in enumerate(state.lines)
        if line.place.quantity.startswith(f"{after}[") and line.place.updates == 0
    ]
    if not any(map(state.is_wrong, lines)) or log_improbability(state, lines) < MIN_DECADES:
        return ""
    fitting = [
        name
        for name, activation in ACTIVATIONS.items()
        if all(
            state.lines[i].digits.matches_rounded(activation(_pre_activation(state, i, before)))
            for i in lines
        )
    ]
    names = join_words([symbol(state.lines[i].place) for i in lines])
    return f"{' or '.join(fitting)} in the {layer} layer ({names})" if fitting else ""


def _pre_activation(state: EvaluationState, i: int, name: str) -> arb:
    """Return the pre-activation of an output, from the source's own lines where it gives them."""
    place = state.lines[i].place
    _, _, indices = place.quantity.partition("[")
    return _as_published(state, i, place._replace(quantity=f"{name}[{indices}"))


def _as_published(state: EvaluationState, i: int, place: NumberId) -> arb:
    if earlier := state.earlier_lines(i, place):
        return state.lines[earlier[-1]].digits.rounding_interval
    expression = state.formulas.expression_for(place)
    if expression is None:
        return state.reference(place)
    operands = {p: _as_published(state, i, p) for p in expression.operands()}
    return expression.compute(operands.__getitem__)
