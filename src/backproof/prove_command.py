"""The command `backproof prove`: the kill matrix, in a terminal or as a page."""

from collections.abc import Iterator, Mapping, Sequence

import click
from rich.table import Table

from backproof.diagnosis.proof import (
    EQUIVALENT,
    UNDECIDED,
    Verdict,
    Wrong,
    imitated,
    made_by,
    verdicts,
)
from backproof.diagnosis.questions import LONG, Question, questions
from backproof.diagnosis.tolerances import TOLERANCES
from backproof.errors import BackproofError
from backproof.network.formats import FORMATS
from backproof.network.mistakes import CATALOGUE
from backproof.ports.launching import launch
from backproof.ports.remote import Remote
from backproof.ports.replies import Answer
from backproof.terminal import LOOK, console
from backproof.vectors.vectors import SLOW, built_in_files

PROVEN, NOT_PROVEN = 0, 1
NARROW = "float16"  # in which random nets catch what the tutorial's cannot show
SECONDS = 60.0  # for each answer of a backend


@click.command("prove")
@click.option("--on", "spec", metavar="SPEC", help="Make the mistakes in this backend's numbers.")
@click.option(
    "--dtype", default="float64", show_default=True, type=click.Choice(list(FORMATS)), help="In it."
)
@click.option("--markdown", is_flag=True, help="Print a page, not a table.")
@click.pass_context
def prove_command(context: click.Context, spec: str | None, dtype: str, *, markdown: bool) -> None:
    """Show that the vectors catch every mistake of the catalogue."""
    files = [file.without(SLOW) for file in built_in_files()]
    asked = questions((vector for file in files for vector in file.vectors), dtype)
    wrong: Wrong = imitated
    if spec is not None:
        answers = _answers(spec, dtype, asked)
        asked = [question for question in asked if question.vector.id in answers]
        wrong = made_by(answers)
    found = verdicts(files, asked, wrong)
    if markdown:
        narrow = questions((vector for file in files for vector in file.vectors), NARROW)
        click.echo("\n".join(page(found, asked, verdicts(files, narrow))))
    else:
        out = console()
        out.print(_table(found))
        for line in summary(found, asked):
            out.print(line, soft_wrap=True)
    context.exit(
        PROVEN if dtype != "float64" or all(v.caught for v in found.values()) else NOT_PROVEN
    )


def page(
    found: Mapping[str, Verdict], asked: Sequence[Question], in_narrow: Mapping[str, Verdict]
) -> Iterator[str]:
    """Yield the lines of `docs/kill-matrix.md`; `in_narrow` has the verdicts in `NARROW`."""
    names = list(next(iter(found.values())).caught_by)
    yield "# What the vectors catch"
    yield ""
    yield "Made by `backproof prove --markdown`; do not edit."
    yield ""
    yield (
        "Each mistake of the catalogue, alone, is imitated as a backend that is right in all else, "
        f"in {asked[0].format.name}. The table says how many vectors of each file catch it. "
        f"Training of {LONG} epochs and more is put only to a mistake that no shorter vector "
        "catches; in bfloat16 and float16, the file of long training has shorter ones, too."
    )
    yield ""
    for line in summary(found, asked):
        yield f"- {line}"
    for file in names:
        if (alone := caught_alone(in_narrow, file)) and not caught_alone(found, file):
            yield f"- In {NARROW}, {file} alone catches {', '.join(alone)}."
    yield ""
    yield f"| mistake | level | {' | '.join(names)} | what is wrong |"
    yield f"|---|---|{'--:|' * len(names)}---|"
    for name, verdict in found.items():
        counts = " | ".join(str(n or "·") for n in verdict.caught_by.values())
        mistake = CATALOGUE[name]
        yield f"| `{name}` | {mistake.level()} | {counts} | {mistake.statement()} |"
    yield ""
    yield "## What no vector tells apart"
    yield ""
    for one, other, reason in (*EQUIVALENT, *UNDECIDED):
        yield f"- {one} — {other}: {reason}."


def summary(found: Mapping[str, Verdict], asked: Sequence[Question]) -> Iterator[str]:
    """Say in sentences what the matrix comes to."""
    dtype = asked[0].format.name
    caught = [verdict for verdict in found.values() if verdict.caught]
    yield f"{len(caught)} of {len(found)} mistakes are caught in {dtype}."
    if missed := [name for name, verdict in found.items() if not verdict.caught]:
        yield f"Not caught, as they stay within the bounds there: {', '.join(missed)}."
    for file in next(iter(found.values())).caught_by:
        alone = caught_alone(found, file)
        by_it = sum(bool(verdict.caught_by[file]) for verdict in found.values())
        only = f", and alone {', '.join(alone)}" if alone else ""
        yield f"{file} catches {by_it}{only}."
    for tolerance in TOLERANCES:
        passing = [name for name, v in found.items() if tolerance.name in v.passes]
        listed = f": {', '.join(passing)}" if passing else ""
        right = sum(not tolerance.passes(dtype, q.right, q.truth) for q in asked)
        yield (
            f"With {tolerance.name}, {len(passing)} would pass on the same vectors, and a right "
            f"answer would fail on {right} of {len(asked)}{listed}."
        )


def caught_alone(found: Mapping[str, Verdict], file: str) -> list[str]:
    """List the mistakes that no other file of vectors catches."""
    return [
        name
        for name, verdict in found.items()
        if [by for by, times in verdict.caught_by.items() if times] == [file]
    ]


def _table(found: Mapping[str, Verdict]) -> Table:
    table = Table(**LOOK)
    names = list(next(iter(found.values())).caught_by)
    for heading in ("mistake", "level", *names):
        table.add_column(heading, no_wrap=True, justify="right" if heading in names else "left")
    for name, verdict in found.items():
        counts = (str(n or "·") for n in verdict.caught_by.values())
        table.add_row(name, CATALOGUE[name].level(), *counts)
    return table


def _answers(spec: str, dtype: str, asked: Sequence[Question]) -> dict[str, Mapping[str, float]]:
    """Ask a backend every question; leave out what it does not answer."""
    port = Remote(launch(spec, "cpu"), SECONDS)
    try:
        port.start()
        if dtype not in port.dtypes:
            raise BackproofError(f"{spec}: claims {', '.join(port.dtypes)}, but not {dtype}")
        replies = {q.vector.id: port.ask(q.vector.op, dtype, q.inputs) for q in asked}
    finally:
        port.stop()
    answers = {name: r.numbers for name, r in replies.items() if isinstance(r, Answer)}
    if not answers:
        raise BackproofError(f"{spec}: answers nothing in {dtype}")
    return answers
