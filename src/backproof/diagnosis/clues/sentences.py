"""The clues, as they are told."""

from collections.abc import Iterable, Iterator, Sequence

from backproof.diagnosis.clues.constants import moved, multiple, shifted
from backproof.diagnosis.clues.places import elsewhere, exchanges, in_reverse
from backproof.diagnosis.clues.precision import as_precise_as, of_narrower, of_wider
from backproof.diagnosis.clues.stage import (
    ONE_AFTER_ANOTHER,
    Answers,
    Finding,
    Number,
    Stage,
    first_stage,
)
from backproof.diagnosis.clues.values import not_finite, one_value, unchanged
from backproof.network.inputs import OPS, Op
from backproof.text.english import are, every, listed, several

IN_WORDS: dict[Op, str] = {
    "forward": "the forward pass",
    "loss": "the loss",
    "gradients": "the gradients",
    "train": "the trained parameters",
}

# What the wrong numbers of one name may have in common: told where one of these alone fits.
OF_ONE_NAME = (not_finite, one_value, unchanged, elsewhere, in_reverse, multiple, shifted, moved)
OF_ALL = (of_wider, of_narrower, as_precise_as)


def clues(answers: Answers, dtype: str) -> list[str]:
    """Return what can be said of the wrong numbers of a backend; nothing, if none is wrong.

    `answers` are those of one dtype, each with all its numbers, judged.
    """
    stage = first_stage(answers, dtype)
    return [] if stage is None else [*_right_before(stage), *_only(stage), *_in_common(stage)]


def _right_before(stage: Stage) -> Iterator[str]:
    """Say that every number of the earlier ops is right."""
    right = [IN_WORDS[op] for op in OPS if any(n.vector.op == op for n in stage.earlier)]
    if right:
        failing = _vectors(n for n in stage.whole if n.wrong)
        yield (
            f"Right in {every(_vectors(stage.earlier), 'vector')}: {listed(right)}. "
            f"Wrong in {failing} of {_vectors(stage.whole)}: {IN_WORDS[stage.op]}."
        )


def _only(stage: Stage) -> Iterator[str]:
    """Name the quantities that are wrong, where others are right."""
    wrong, right = [*stage.wrong], stage.right
    if not right:
        return
    if stage.op in ONE_AFTER_ANOTHER:
        go = "goes" if len(wrong) == 1 else "go"
        yield f"{listed(wrong)} {go} wrong first; {listed(right)} {are(right)} always right."
    elif len(right) < len(wrong):
        yield f"Of {IN_WORDS[stage.op]}, only {listed(right)} {are(right)} always right."
    else:
        failing = {n.vector.id for n in stage.numbers if n.wrong}
        always = all({n.vector.id for n in stage.wrong[name]} == failing for name in wrong)
        where = f", {_in_each(len(failing))} there" if always else ""
        yield f"Only {listed(wrong)} {are(wrong)} wrong{where}."


def _in_each(failing: int) -> str:
    if failing == 1:
        return "in the one vector that fails"
    return f"in each of the {failing:,} vectors that fail"


def _in_common(stage: Stage) -> Iterator[str]:
    """Say what the wrong numbers have in common."""
    if same := one_value(stage, [n for n in stage.whole if n.wrong]):
        yield _told(stage, [same])
        return
    found: dict[str, Finding] = {}
    for name, wrong in stage.wrong.items():
        fitting = [finding for find in OF_ONE_NAME if (finding := find(stage, wrong))]
        if len(fitting) == 1:
            found[name] = fitting[0]
    if not found:
        wrong = [n for n in stage.numbers if n.wrong]
        alike = next((finding for find in OF_ALL if (finding := find(stage, wrong))), None)
        found = {"": alike} if alike else {}
    for how, pairs in exchanges(found).items():
        findings = [found.pop(name) for pair in pairs for name in pair]
        places = "; ".join(" and ".join(pair) for pair in pairs)
        yield f"{places} have changed places{how}, wherever they are wrong: {_counted(findings)}."
    for says in dict.fromkeys(finding.says for finding in found.values()):
        yield _told(stage, [finding for finding in found.values() if finding.says == says])


def _told(stage: Stage, findings: Sequence[Finding]) -> str:
    """Say the same of all that it was found of."""
    names = list(dict.fromkeys(n.name for finding in findings for n in finding.of))
    if len(names) == 1:
        subject = names[0]
    elif set(names) == {n.name for n in stage.whole if n.wrong}:
        subject = f"number of {IN_WORDS[stage.op]}"
    else:
        subject = f"number among {listed(names)}"
    return f"Every wrong {subject} {findings[0].says}: {_counted(findings)}."


def _counted(findings: Iterable[Finding]) -> str:
    numbers = [n for finding in findings for n in finding.of]
    vectors = _vectors(numbers)
    return f"{several(len(numbers), 'number')} in {several(vectors, 'vector')}"


def _vectors(numbers: Iterable[Number]) -> int:
    return len({n.vector.id for n in numbers})
