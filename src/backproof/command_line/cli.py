"""The command line, with all commands. `ExitCode` lists the exit statuses."""

import io
import os
import sys

import click

from backproof.command_line.backends import backends_command
from backproof.command_line.check import check_command
from backproof.command_line.diagnose import diagnose_command
from backproof.command_line.exit_code import ExitCode
from backproof.command_line.explain import explain_command
from backproof.command_line.fuzz import fuzz_command
from backproof.command_line.known_failures import known_failures_command
from backproof.command_line.new import new_command
from backproof.command_line.prove import prove_command
from backproof.command_line.signals import obeying_signals
from backproof.command_line.vectors import vectors_command
from backproof.errors import BackproofError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="backproof")
def command() -> None:
    """A conformance suite for neural-network training, small enough to check by hand."""


for subcommand in (
    backends_command,
    check_command,
    diagnose_command,
    explain_command,
    fuzz_command,
    known_failures_command,
    new_command,
    prove_command,
    vectors_command,
):
    command.add_command(subcommand)


@obeying_signals()
def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # the terminal may lack math symbols
    # Using many threads for each 2-by-2 product makes some frameworks 50 times slower.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        status = command.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = ExitCode.USAGE_ERROR
    except BackproofError as error:
        click.echo(f"Error: {error}", err=True)
        status = ExitCode.USAGE_ERROR
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        status = ExitCode.INTERRUPTED
    sys.exit(status or ExitCode.OK)
