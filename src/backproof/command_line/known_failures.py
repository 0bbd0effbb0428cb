"""`backproof known-failures`: a file of known failures to begin with."""

from datetime import timedelta
from pathlib import Path

import click

from backproof.command_line.options import output_option
from backproof.errors import BackproofError
from backproof.judging.known_failures import today
from backproof.judging.known_failures_file import starting_file
from backproof.reports.json_report import read_report
from backproof.text.writing import write

DAYS = 90


@click.command("known-failures")
@click.argument(
    "report", metavar="REPORT.json", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@output_option("Write there, instead of to standard output; a file that exists is left alone.")
def known_failures_command(report: Path, output: Path) -> None:
    """Write a file of known failures to begin with.

    REPORT.json is what `backproof check --json` wrote. Each failure in it that is not known yet is
    put into an entry, of which the reason is left for you to write.
    """
    if output.exists():
        raise BackproofError(f"{output}: exists, and may hold reasons: name another")
    write(output, starting_file(read_report(report), today() + timedelta(days=DAYS)))
