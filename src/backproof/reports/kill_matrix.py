"""The kill matrix, as a table and as a page in Markdown."""

from collections.abc import Iterator, Mapping, Sequence

from rich.table import Table

from backproof.diagnosis.proof import (
    EQUIVALENT,
    UNDECIDED,
    Verdict,
)
from backproof.diagnosis.questions import LONG, Question
from backproof.diagnosis.tolerances import TOLERANCES
from backproof.network.mistakes import CATALOGUE
from backproof.reports.console import LOOK

NARROW = "float16"  # in which random nets catch what the tutorial's cannot show


def page(
    found: Mapping[str, Verdict], asked: Sequence[Question], in_narrow: Mapping[str, Verdict]
) -> Iterator[str]:
    """Yield the lines of the kill matrix as a page; `in_narrow` has the verdicts in `NARROW`."""
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


def table(found: Mapping[str, Verdict]) -> Table:
    """Return a row for each mistake: how many vectors of each file catch it."""
    matrix = Table(**LOOK)
    names = list(next(iter(found.values())).caught_by)
    for heading in ("mistake", "level", *names):
        matrix.add_column(heading, no_wrap=True, justify="right" if heading in names else "left")
    for name, verdict in found.items():
        counts = (str(n or "·") for n in verdict.caught_by.values())
        matrix.add_row(name, CATALOGUE[name].level(), *counts)
    return matrix
