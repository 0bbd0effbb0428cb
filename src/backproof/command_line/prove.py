"""`backproof prove`: show the kill matrix, in the terminal or as a Markdown page."""

import click

from backproof.command_line.exit_code import ExitCode
from backproof.command_line.options import timeout_option
from backproof.diagnosis.prepared_vectors import prepare_vectors
from backproof.diagnosis.proof import (
    Simulator,
    inject_into,
    kill_results,
    request_all,
    simulate_alone,
)
from backproof.network.float_formats import FORMATS
from backproof.reports.console import make_console, print_line
from backproof.reports.kill_matrix import (
    NARROW,
    describe_failures,
    kill_matrix_page,
    summarize_kills,
    table,
)
from backproof.text.writing import STANDARD_OUTPUT, OutputFile
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
@timeout_option
@click.option("--markdown", is_flag=True, help="Print a Markdown page instead of a table.")
@click.pass_context
def prove_command(
    context: click.Context, spec: str | None, dtype: str, timeout: float, *, markdown: bool
) -> None:
    """Show which test vectors catch each mistake in the catalogue.

    As in mutation testing, each mistake is a mutant of the network. In float64 the exit status is 1
    if the test vectors miss one; with --on also if the backend crashes, hangs or fails.
    """
    files = [file.exclude_flag(SLOW) for file in built_in_files()]
    asked = prepare_vectors((vector for file in files for vector in file.vectors), dtype)
    wrong: Simulator = simulate_alone
    failed = False
    if spec is not None:
        answers = request_all(spec, dtype, asked, timeout)
        failed = answers.failed
        for line in describe_failures(spec, answers):
            print_line(line, stderr=True)
        asked = [question for question in asked if question.vector.id in answers.values]
        wrong = inject_into(answers.values)
        if not asked:
            context.exit(ExitCode.FAILED)
    found = kill_results(files, asked, wrong)
    if markdown:
        narrow = prepare_vectors((vector for file in files for vector in file.vectors), NARROW)
        page = "\n".join(kill_matrix_page(found, asked, kill_results(files, narrow)))
        OutputFile(STANDARD_OUTPUT).write(f"{page}\n")
    else:
        out = make_console()
        out.print(table(found))
        for line in summarize_kills(found, asked):
            out.print(line, soft_wrap=True)
    missed = dtype == "float64" and not all(result.killed for result in found.values())
    context.exit(ExitCode.FAILED if failed or missed else ExitCode.OK)
