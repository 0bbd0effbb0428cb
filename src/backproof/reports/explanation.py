"""The worked calculation of a test vector, from its inputs to the last result.

The calculation is data: sections of formulas, each with its operands, its exact result and the
published numbers for it. `explanation_sheet` lays it out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from backproof.errors import BackproofError
from backproof.network.inputs import Op, Schedule
from backproof.network.network import batches
from backproof.network.notation import (
    BIASES,
    FORWARD,
    HIDDEN_LAYER,
    LOSS,
    OUTPUT_LAYER,
    PARAMS_PREFIX,
    Formula,
    FormulaGroup,
)
from backproof.network.quantities import tutorial_name
from backproof.reports.stage_writer import Section, StageWriter, WorkedFormula
from backproof.truth.certified import CalculationStage, compute_stages
from backproof.vectors.vectors import PublishedNumber, Vector, VectorFile

FIRST_LEVEL = 2  # of the headings right below the title
REMAINING_EPOCHS = (
    "The remaining epochs repeat these steps, each with the parameters from the step before. This "
    "is the result."
)
GROUPS: Mapping[Op, tuple[FormulaGroup, ...]] = {
    "forward": (FORWARD,),
    "loss": (FORWARD, LOSS),
    "gradients": (FORWARD, LOSS, OUTPUT_LAYER, HIDDEN_LAYER, BIASES),
}


@dataclass(frozen=True)
class WorkedCalculation:
    """A worked calculation."""

    title: str
    about: tuple[str, ...]  # description and source, as the file gives them
    sections: tuple[Section, ...]

    @property
    def published_numbers(self) -> list[tuple[WorkedFormula, PublishedNumber]]:
        """Every published number, with its formula."""
        return [(w, p) for section in self.sections for w in section.worked for p in w.published]


def explain(file: VectorFile, vector: Vector) -> WorkedCalculation:
    """Work out a test vector of this file, with its inputs exactly as written.

    For a training run, show each step of the first epoch, then the outputs and loss of all rows
    after the last step. Raises `BackproofError` if an input is NaN or infinite.
    """
    if not vector.inputs.finite:
        raise BackproofError(
            f"{vector.id}: has NaN or infinite inputs, which cannot be worked out by hand"
        )
    sections = _training(file, vector) if vector.op == "train" else _single(file, vector)
    about = tuple(filter(None, [vector.description, file.source]))
    return WorkedCalculation(vector.id, about, tuple(_drop_repetitions(sections)))


def _drop_repetitions(sections: Iterable[Section]) -> Iterator[Section]:
    """Drop from each section any text that an earlier section holds."""
    said: set[object] = set()
    for section in sections:
        yield replace(
            section,
            text="" if section.text in said else section.text,
            factors=() if section.factors in said else section.factors,
            remark="" if section.remark in said else section.remark,
        )
        said |= {section.text, section.factors, section.remark}


def _single(file: VectorFile, vector: Vector) -> Iterator[Section]:
    [stage] = compute_stages(vector.op, vector.inputs, steps=0)
    published = _by_quantity([*vector.published, *_published_elsewhere(file, vector, stage)])
    op: Op = "gradients" if _of_gradients(vector.published) else vector.op
    yield from StageWriter(vector.inputs, stage, published).sections(GROUPS[op], FIRST_LEVEL)


def _training(file: VectorFile, vector: Vector) -> Iterator[Section]:
    inputs, schedule = vector.inputs, vector.inputs.schedule
    assert schedule is not None
    steps = len(batches(len(inputs.X), schedule.epochs, schedule.batch_size))
    in_an_epoch = len(batches(len(inputs.X), 1, schedule.batch_size))
    *written_out, last = compute_stages("train", inputs, steps=in_an_epoch)
    groups = GROUPS["gradients"]
    if not schedule.train_biases:
        groups = tuple(group for group in groups if group is not BIASES)
    stepped = [p for p in vector.published if p.quantity.startswith(PARAMS_PREFIX)]
    for number, stage in enumerate(written_out, start=1):
        published = list(_published_elsewhere(file, vector, stage)) if number == 1 else []
        published += stepped if number == steps else []
        if steps > 1:
            yield Section(FIRST_LEVEL, f"Step {number} of {steps:,}: {_rows(stage.rows)}")
        writer = StageWriter(inputs, stage, _by_quantity(published))
        yield from writer.sections(groups, FIRST_LEVEL if steps == 1 else FIRST_LEVEL + 1)

    yield Section(FIRST_LEVEL, _after(steps), REMAINING_EPOCHS if steps > in_an_epoch else "")
    if 0 < steps <= in_an_epoch:  # shown beside their formulas already, where they have one
        stepped = [p for p in stepped if p.quantity[-2] == "b" and not schedule.train_biases]
    if stepped:
        yield _reached(last, _by_quantity(stepped))
    published = [p for p in vector.published if not p.quantity.startswith(PARAMS_PREFIX)]
    shown: Op = "gradients" if _of_gradients(published) else "loss"
    yield from StageWriter(inputs, last, _by_quantity(published)).sections(
        GROUPS[shown], FIRST_LEVEL + 1
    )


def _reached(
    stage: CalculationStage, published: Mapping[str, Sequence[PublishedNumber]]
) -> Section:
    """Return the published parameters that result from a step that is not shown."""
    worked = [
        WorkedFormula(
            Formula(tutorial_name(path, "train"), PARAMS_PREFIX + path, ""),
            {},
            value,
            published[PARAMS_PREFIX + path],
        )
        for path, value in stage.params.items()
        if PARAMS_PREFIX + path in published
    ]
    return Section(FIRST_LEVEL + 1, "Weights and biases", worked=tuple(worked))


def _published_elsewhere(
    file: VectorFile, vector: Vector, stage: CalculationStage
) -> Iterator[PublishedNumber]:
    """Yield the published numbers of other test vectors of the file with the same inputs."""
    X = [vector.inputs.X[row] for row in stage.rows]
    T = [vector.inputs.T[row] for row in stage.rows] if vector.inputs.T else []
    for other in file.vectors:
        same = other.inputs.params == vector.inputs.params and other.inputs.X == X
        if other is vector or not same or other.inputs.T not in ([], T):
            continue
        if other.op != "train":
            yield from other.published
        elif _same_step(other, vector.inputs.schedule):
            yield from (p for p in other.published if p.quantity.startswith(PARAMS_PREFIX))


def _same_step(other: Vector, schedule: Schedule | None) -> bool:
    """Whether a training run is a single step with the learning rate of `schedule`."""
    theirs = other.inputs.schedule
    if theirs is None or schedule is None:
        return False
    steps = batches(len(other.inputs.X), theirs.epochs, theirs.batch_size)
    return len(steps) == 1 and theirs.learning_rate == schedule.learning_rate


def _by_quantity(published: Sequence[PublishedNumber]) -> Mapping[str, Sequence[PublishedNumber]]:
    """Group published numbers by quantity, without duplicates."""
    found: dict[str, dict[str, PublishedNumber]] = {}
    for number in published:
        found.setdefault(number.quantity, {}).setdefault(number.digits, number)
    return {quantity: tuple(numbers.values()) for quantity, numbers in found.items()}


def _of_gradients(published: Sequence[PublishedNumber]) -> bool:
    """Whether any of the numbers belongs to the backward pass."""
    forward = {f.quantity.partition("[")[0] for f in (*FORWARD.formulas, *LOSS.formulas)}
    return any(number.quantity.partition("[")[0] not in forward for number in published)


def _rows(rows: range) -> str:
    return f"row {rows[0] + 1}" if len(rows) == 1 else f"rows {rows[0] + 1} to {rows[-1] + 1}"


def _after(steps: int) -> str:
    return {0: "No step", 1: "After the step"}.get(steps, f"After {steps:,} steps")
