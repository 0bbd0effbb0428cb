"""`backproof known-failures`: a file of known failures to begin with, from the report of a run."""

import json
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from backproof.errors import BackproofError
from backproof.judging.known_failures import today
from backproof.judging.known_failures_file import starting_file
from backproof.text.reading import read_text
from backproof.text.writing import write

MAX_BYTES = 2**26
DAYS = 90


@click.command("known-failures")
@click.argument(
    "report", metavar="REPORT.json", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "-o",
    "--output",
    default="-",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write there, instead of to standard output; a file that exists is left alone.",
)
def known_failures_command(report: Path, output: Path) -> None:
    """Write a file of known failures to begin with.

    REPORT.json is what `backproof check --json` wrote. Each failure in it that is not known yet is
    put into an entry, of which the reason is left for you to write.
    """
    if output.exists():
        raise BackproofError(f"{output}: exists, and may hold reasons: name another")
    write(output, starting_file(_read(report), today() + timedelta(days=DAYS)))


def _read(path: Path) -> Any:
    """Read a report, and hold it to its schema."""
    try:
        report = json.loads(read_text(path, MAX_BYTES, BackproofError))
    except ValueError as error:
        raise BackproofError(f"{path}: is not JSON: {error}") from error
    except RecursionError as error:
        raise BackproofError(f"{path}: is nested too deeply") from error
    schema = json.loads(
        (files("backproof.reports") / "report.schema.json").read_text(encoding="utf-8")
    )
    if problem := best_match(Draft202012Validator(schema).iter_errors(report)):
        raise BackproofError(
            f"{path}: is no report of backproof: {problem.json_path}: {problem.message[:200]}"
        )
    return report
