"""The sentences in which clues are reported."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from backproof.diagnosis.clues.conditions import conditions_of_vectors, find_conditions
from backproof.diagnosis.clues.constants import find_factor, find_offset, find_update_factor
from backproof.diagnosis.clues.factors import find_replaced_factor
from backproof.diagnosis.clues.places import find_other_quantity, find_reversed_rows, pair_exchanges
from backproof.diagnosis.clues.precision import (
    find_coarser_errors,
    find_growing_error,
    find_narrower_format,
    find_wider_format,
)
from backproof.diagnosis.clues.stage import (
    SEQUENTIAL_OPS,
    Answers,
    Clue,
    FailingStage,
    OutputNumber,
    find_failing_stage,
)
from backproof.diagnosis.clues.values import (
    find_few_decimals,
    find_finite,
    find_non_finite,
    find_single_value,
    find_unchanged,
)
from backproof.diagnosis.sometimes import SometimesMade
from backproof.network.inputs import OPS, Op
from backproof.text.english import count_all, count_noun, is_or_are, join_words

IN_WORDS: dict[Op, str] = {
    "forward": "the forward pass",
    "loss": "the loss",
    "gradients": "the gradients",
    "train": "the trained parameters",
}

# What the wrong numbers of one name may have in common: reported if exactly one of these fits.
FINDERS_PER_NAME = (
    find_non_finite,
    find_finite,
    find_single_value,
    find_unchanged,
    find_few_decimals,
    find_other_quantity,
    find_reversed_rows,
    find_factor,
    find_offset,
    find_update_factor,
    find_replaced_factor,
)
FINDERS_OVERALL = (
    find_wider_format,
    find_narrower_format,
    find_coarser_errors,
    find_growing_error,
)


def find_clues(answers: Answers, dtype: str) -> list[str]:
    """Return sentences about the wrong numbers of a backend in one dtype, if any are wrong.

    `answers` are its responses in that dtype, each with all the numbers that it has.
    """
    answers = list(answers)
    return [
        sentence
        for stage in _failing_stages(answers, dtype)
        for sentence in (
            *_correct_before(stage),
            *_only(stage),
            *(f"Numbers are wrong {condition}." for condition in find_conditions(stage)),
            *_in_common(stage),
        )
    ]


def find_clues_to_rest(answers: Answers, dtype: str, unexplained: Collection[str]) -> list[str]:
    """Return sentences about the wrong numbers that a diagnosis leaves, in these test vectors.

    What is correct elsewhere is not said: it may be wrong in the responses that are explained.
    """
    answers = list(answers)
    left = [
        (vector, deviations)
        for vector, deviations in answers
        if vector.id in unexplained or not any(d.problem for d in deviations)
    ]
    return [
        sentence
        for stage in _failing_stages(left, dtype)
        for sentence in (*_conditions_of_rest(stage, answers, unexplained), *_in_common(stage))
    ]


def _conditions_of_rest(
    stage: FailingStage, answers: Answers, unexplained: Collection[str]
) -> Iterator[str]:
    """Say what the test vectors have in common that a diagnosis leaves, of all of the op."""
    of_op = [(vector, deviations) for vector, deviations in answers if vector.op == stage.op]
    whole = find_failing_stage(of_op, stage.format.name) or stage
    for condition in conditions_of_vectors(whole, unexplained):
        yield f"In {IN_WORDS[stage.op]}, numbers are wrong and not explained {condition}."


def _failing_stages(answers: Answers, dtype: str) -> Iterator[FailingStage]:
    """Yield the first op in which numbers are wrong, and after the loss that of the gradients.

    The gradients are not computed from the loss.
    """
    first = find_failing_stage(answers, dtype)
    if first:
        yield first
    if first and first.op == "loss":
        others = [(vector, deviations) for vector, deviations in answers if vector.op != "loss"]
        yield from _failing_stages(others, dtype)


def describe_correct(vectors: Sequence[str]) -> str:
    """Say that a network without any mistake returns the numbers in these test vectors."""
    return (
        "A network without any mistake returns the wrong numbers in "
        f"{count_noun(len(vectors), 'test vector')}, first in {vectors[0]}: there the expected "
        "values are wrong. `backproof vectors verify FILE` lists them."
    )


def describe_sometimes_made(answers: Answers, dtype: str, made: SometimesMade) -> Iterator[str]:
    """Yield sentences about a mistake that reproduces failures and is not always made."""
    is_are = "is that" if len(made.reproduced) == 1 else "are those"
    yield (
        f"In {IN_WORDS[made.op]}, {len(made.reproduced)} of "
        f"{count_noun(made.failing, 'wrong response')} {is_are} of a mistake that is not always "
        f"made: {made.mistake.description()} It would show in "
        f"{count_noun(len(made.not_made), 'test vector')} that pass."
    )
    where = made.reproduced | made.not_made
    stage = find_failing_stage([answer for answer in answers if answer[0].id in where], dtype)
    if stage:
        for condition in conditions_of_vectors(stage, made.reproduced):
            yield f"It is made {condition}."


def _correct_before(stage: FailingStage) -> Iterator[str]:
    """Say that every number of the earlier ops is correct, as far as they are supported."""
    earlier = [
        f"what is supported of {IN_WORDS[op]}" if stage.lacks_fields(op) else IN_WORDS[op]
        for op in OPS
        if any(n.vector.op == op for n in stage.earlier_numbers)
    ]
    if earlier:
        failing = _vectors(n for n in stage.op_numbers if n.is_wrong)
        yield (
            f"Correct in {count_all(_vectors(stage.earlier_numbers), 'test vector')}: "
            f"{join_words(earlier)}. "
            f"Wrong in {failing} of {_vectors(stage.op_numbers)}: {IN_WORDS[stage.op]}."
        )


def _only(stage: FailingStage) -> Iterator[str]:
    """Name the quantities that are wrong, where others are correct."""
    wrong, correct = [*stage.wrong_by_name], stage.correct_names
    if not correct:
        return
    op = IN_WORDS[stage.op]
    if stage.op in SEQUENTIAL_OPS:
        go = "goes" if len(wrong) == 1 else "go"
        rest = f"{join_words(correct)} {is_or_are(correct)} always correct"
        yield f"In {op}, {join_words(wrong)} {go} wrong first; {rest}."
    elif len(correct) < len(wrong):
        yield f"Of {op}, only {join_words(correct)} {is_or_are(correct)} always correct."
    else:
        failing = {n.vector.id for n in stage.numbers if n.is_wrong}
        always = all({n.vector.id for n in stage.wrong_by_name[name]} == failing for name in wrong)
        where = f", {_in_each(len(failing))}" if always else ""
        yield f"Of {op}, only {join_words(wrong)} {is_or_are(wrong)} wrong{where}."


def _in_each(failing: int) -> str:
    if failing == 1:
        return "in the one test vector that fails"
    return f"in each of the {failing:,} test vectors that fail"


def _in_common(stage: FailingStage) -> Iterator[str]:
    """Report what the wrong numbers have in common."""
    if same := find_single_value(stage, [n for n in stage.op_numbers if n.is_wrong]):
        yield _sentence(stage, [same])
        return
    found: dict[str, Clue] = {}
    for name, wrong in stage.wrong_by_name.items():
        fitting = [finding for find in FINDERS_PER_NAME if (finding := find(stage, wrong))]
        if len(fitting) == 1:
            found[name] = fitting[0]
    if not found:
        wrong = [n for n in stage.numbers if n.is_wrong]
        alike = next((finding for find in FINDERS_OVERALL if (finding := find(stage, wrong))), None)
        found = {"": alike} if alike else {}
    for how, pairs in pair_exchanges(found).items():
        findings = [found.pop(name) for pair in pairs for name in pair]
        places = "; ".join(" and ".join(pair) for pair in pairs)
        yield f"{places} are exchanged{how}, wherever they are wrong: {_counted(findings)}."
    for says in dict.fromkeys(finding.statement for finding in found.values()):
        yield _sentence(stage, [finding for finding in found.values() if finding.statement == says])


def _sentence(stage: FailingStage, findings: Sequence[Clue]) -> str:
    """Report clues with the same statement in one sentence."""
    names = list(dict.fromkeys(n.name for finding in findings for n in finding.wrong_numbers))
    if len(names) == 1:
        subject = names[0]
    elif set(names) == {n.name for n in stage.op_numbers if n.is_wrong}:
        subject = f"number of {IN_WORDS[stage.op]}"
    else:
        subject = f"number among {join_words(names)}"
    return f"Every wrong {subject} {findings[0].statement}: {_counted(findings)}."


def _counted(findings: Iterable[Clue]) -> str:
    numbers = [n for finding in findings for n in finding.wrong_numbers]
    vectors = _vectors(numbers)
    return f"{count_noun(len(numbers), 'number')} in {count_noun(vectors, 'test vector')}"


def _vectors(numbers: Iterable[OutputNumber]) -> int:
    return len({n.vector.id for n in numbers})
