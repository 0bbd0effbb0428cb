"""The first wrong number of a run: where it is, its formula, and what is correct before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backproof.judging.deviations import Deviation
from backproof.judging.results import Result, Run
from backproof.network.inputs import Op
from backproof.network.notation import equation
from backproof.network.quantities import evaluation_order, is_bias, row_of, tutorial_name_any_row
from backproof.text.english import count_all, count_noun, join_words

MAX_NAMED = 4  # numbers of the same response that are listed by name; more are counted
# The ops whose results each op builds on.
PRECEDING_OPS: dict[Op, dict[Op, str]] = {
    "forward": {},
    "loss": {"forward": "the forward pass"},
    "gradients": {"forward": "the forward pass", "loss": "the loss"},
    "train": {
        "forward": "the forward pass",
        "loss": "the loss",
        "gradients": "the gradients",
    },
}


@dataclass(frozen=True)
class FirstWrongNumber:
    """Where the numbers of a run first go wrong."""

    result: Result
    deviation: Deviation
    formula: str
    correct_before: Sequence[str]  # what is computed before it and is correct

    @property
    def sentence(self) -> str:
        row, epoch = row_of(self.deviation.quantity), self.deviation.epoch
        where = f", row {row + 1}" if row is not None else f", epoch {epoch}" if epoch else ""
        before = "No correct number comes before it."
        if self.correct_before:
            before = f"Correct before it: {'; '.join(self.correct_before)}."
        return f"First wrong value: {self.formula}, in {self.result.vector.id}{where}. {before}"


def locate_first_wrong(run: Run) -> FirstWrongNumber | None:
    """Return where the numbers of a run first go wrong, if they do."""
    if run.first_wrong is None:
        return None
    result, deviation = run.first_wrong
    right = [
        *_correct_in_output(result, deviation),
        *_correct_ops(run, result),
        *_correct_vectors_before(run, result),
    ]
    return FirstWrongNumber(result, deviation, _formula(result, deviation), right)


def _formula(result: Result, wrong: Deviation) -> str:
    op, inputs = result.vector.op, result.vector.inputs
    if inputs.schedule is None:
        return equation(wrong.quantity, op, rows=len(inputs.X))
    schedule = inputs.schedule
    fixed = is_bias(wrong.quantity) and not schedule.train_biases
    return equation(
        wrong.quantity,
        op,
        rows=min(schedule.batch_size, len(inputs.X)),
        steps=inputs.steps // schedule.epochs if wrong.epoch else inputs.steps,
        constant=fixed or inputs.steps == 0,
    )


def _correct_in_output(result: Result, wrong: Deviation) -> Iterator[str]:
    """Name the numbers before it in the same response."""
    op = result.vector.op
    in_order = sorted(result.deviations, key=lambda d: evaluation_order(d.quantity, op))
    before = in_order[: in_order.index(wrong)]
    one_row = row_of(wrong.quantity) is None or len(result.vector.inputs.X) == 1
    if 0 < len(before) <= MAX_NAMED and one_row:
        yield join_words([tutorial_name_any_row(d.quantity, op) for d in before])
    elif before:
        yield f"{count_noun(len(before), 'number')} of the same response"


def _correct_ops(run: Run, result: Result) -> Iterator[str]:
    """Name the earlier ops, if they are correct for the same parameters and rows."""
    inputs = result.vector.inputs
    right = {
        other.vector.op
        for other in run.results
        if other.is_correct
        and (other.vector.inputs.params, other.vector.inputs.X) == (inputs.params, inputs.X)
        and other.vector.inputs.T in ([], inputs.T)
    }
    if words := [words for op, words in PRECEDING_OPS[result.vector.op].items() if op in right]:
        yield f"{join_words(words)} of the same inputs"


def _correct_vectors_before(run: Run, result: Result) -> Iterator[str]:
    """Count the test vectors before it of which every number is correct."""
    earlier = run.results[: list(run.results).index(result)]
    right = sum(other.is_correct for other in earlier)
    if right:
        all_are = right == len(earlier)
        yield (
            count_all(right, "test vector")
            if all_are
            else f"{right:,} of {len(earlier):,} test vectors"
        )
