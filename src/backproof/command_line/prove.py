"""`backproof prove`: show the kill matrix, in the terminal or as a Markdown page."""

import click

from backproof.command_line.exit_code import ExitCode
from backproof.diagnosis.prepared_vectors import prepare_vectors
from backproof.diagnosis.proof import (
    Simulator,
    inject_into,
    kill_results,
    request_all,
    simulate_alone,
)
from backproof.network.float_formats import FORMATS
from backproof.reports.console import make_console
from backproof.reports.kill_matrix import NARROW, kill_matrix_page, summarize_kills, table
from backproof.vectors.vectors import SLOW, built_in_files


@click.command("prove")
@click.option(
    "--on",
    "spec",
    metavar="SPEC",
    help="Apply the mistakes to the numbers of this backend, instead of to a simulated network.",
)
@click.option(
    "--dtype",
    default="float64",
    show_default=True,
    type=click.Choice(list(FORMATS)),
    help="Compute in this dtype.",
)
@click.option("--markdown", is_flag=True, help="Print a Markdown page instead of a table.")
@click.pass_context
def prove_command(context: click.Context, spec: str | None, dtype: str, *, markdown: bool) -> None:
    """Show which test vectors catch each mistake in the catalogue.

    As in mutation testing, each mistake is a mutant of the network. In float64 the exit status is 1
    if the test vectors miss one.
    """
    files = [file.exclude_flag(SLOW) for file in built_in_files()]
    asked = prepare_vectors((vector for file in files for vector in file.vectors), dtype)
    wrong: Simulator = simulate_alone
    if spec is not None:
        answers = request_all(spec, dtype, asked)
        asked = [question for question in asked if question.vector.id in answers]
        wrong = inject_into(answers)
    found = kill_results(files, asked, wrong)
    if markdown:
        narrow = prepare_vectors((vector for file in files for vector in file.vectors), NARROW)
        click.echo("\n".join(kill_matrix_page(found, asked, kill_results(files, narrow))))
    else:
        out = make_console()
        out.print(table(found))
        for line in summarize_kills(found, asked):
            out.print(line, soft_wrap=True)
    context.exit(
        ExitCode.OK
        if dtype != "float64" or all(v.killed for v in found.values())
        else ExitCode.FAILED
    )
