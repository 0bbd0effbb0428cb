"""The command `backproof prove`: the kill matrix, in a terminal or as a page."""

from collections.abc import Mapping, Sequence

import click

from backproof.command_line.exit_code import ExitCode
from backproof.diagnosis.proof import (
    Wrong,
    imitated,
    made_by,
    verdicts,
)
from backproof.diagnosis.questions import Question, questions
from backproof.errors import BackproofError
from backproof.network.formats import FORMATS
from backproof.ports.launching import launch
from backproof.ports.remote import Remote
from backproof.ports.replies import Answer
from backproof.reports.console import console
from backproof.reports.kill_matrix import NARROW, page, summary, table
from backproof.vectors.vectors import SLOW, built_in_files

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
        out.print(table(found))
        for line in summary(found, asked):
            out.print(line, soft_wrap=True)
    context.exit(
        ExitCode.OK
        if dtype != "float64" or all(v.caught for v in found.values())
        else ExitCode.FAILED
    )


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
