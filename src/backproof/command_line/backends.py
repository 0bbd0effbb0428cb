"""`backproof backends`: list what can be checked here."""

import json
from pathlib import Path

import click

from backproof.judging.checking import list_backends
from backproof.reports.console import make_console
from backproof.reports.listed_backends import LIST_BEGINNING, backends_data, backends_table
from backproof.text.writing import STANDARD_OUTPUT, OutputFile


@click.command("backends")
@click.option(
    "--json",
    "json_path",
    is_flag=False,
    flag_value=STANDARD_OUTPUT,
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="[FILE]",
    help="Write JSON to this file instead of a table. [default: standard output]",
)
def backends_command(json_path: Path | None) -> None:
    """List the backends that can be checked here.

    Shows name, version and dtypes of every built-in backend and of those of installed packages; for
    those that cannot be checked, what is missing and how it is installed. Each is started, in a
    process of its own.
    """
    if json_path is None:
        make_console().print(backends_table(list_backends()))
        return
    output = OutputFile(json_path, beginning=LIST_BEGINNING)
    output.write(json.dumps(backends_data(list_backends()), indent=2) + "\n")
