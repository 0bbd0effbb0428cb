"""`backproof known-failures`: write a first file of known failures from a report."""

from datetime import timedelta
from pathlib import Path

import click

from backproof.command_line.options import output_option
from backproof.errors import BackproofError
from backproof.judging.known_failures import today
from backproof.judging.known_failures_file import draft_known_failures
from backproof.reports.json_report import read_report
from backproof.text.writing import STANDARD_OUTPUT, OutputFile

DAYS = 90


@click.command("known-failures")
@click.argument(
    "report", metavar="REPORT.json", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@output_option("Write to this new file; never overwrite one. [default: standard output]")
def known_failures_command(report: Path, output: Path) -> None:
    """Write a first file of known failures, from the failures in a report.

    REPORT.json is a report by `backproof check --json`. Every failure that is not known yet gets an
    entry; fill in the reasons, then pass the file to `backproof check --known-failures`.
    """
    file = OutputFile(output, [report])
    if output != STANDARD_OUTPUT and output.exists():
        raise BackproofError(f"{output}: already exists and may hold reasons; choose another file")
    file.write(draft_known_failures(read_report(report), today() + timedelta(days=DAYS)))
