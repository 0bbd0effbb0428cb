"""The command line, with all commands. `ExitCode` lists the exit statuses."""

import os
import sys
import traceback
from contextlib import suppress
from itertools import pairwise

import click

from backproof.command_line.backends import backends_command
from backproof.command_line.check import check_command
from backproof.command_line.diagnose import diagnose_command
from backproof.command_line.ending import explain_ending
from backproof.command_line.exit_code import ExitCode
from backproof.command_line.explain import explain_command
from backproof.command_line.fuzz import fuzz_command
from backproof.command_line.known_failures import known_failures_command
from backproof.command_line.new import new_command
from backproof.command_line.prove import prove_command
from backproof.command_line.signals import obeying_signals
from backproof.command_line.streams import StreamLost, guard_streams
from backproof.command_line.vectors import vectors_command
from backproof.reports.console import print_line
from backproof.text.unprintable import printable


def _show_traceback(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.obj["traceback"] = True


class _CommandLine(click.Group):
    """Commands that refuse a word that names nothing, or could not be shown on one line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for before, word in pairwise(["backproof", *args]):
            if "\n" in word:
                raise click.UsageError(f"{printable(word)}: contains a line break: rename it", ctx)
            if not word or (word.startswith("--") and word.endswith("=")):
                where = f"{word} has no value" if word else f"the word after {before} is empty"
                raise click.UsageError(
                    f"{where}. Leave it out or fill it in; it may come from an unset variable", ctx
                )
        return super().parse_args(ctx, args)


@click.group(cls=_CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
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


def _take_traceback_option(of: click.Command, *, hidden: bool) -> None:
    """Let a command and its subcommands take --traceback; only the first shows it in its help."""
    of.params.append(
        click.Option(
            ["--traceback"],
            is_flag=True,
            expose_value=False,
            hidden=hidden,
            callback=_show_traceback,
            help="Show the traceback of an error.",
        )
    )
    for inner in of.commands.values() if isinstance(of, click.Group) else ():
        _take_traceback_option(inner, hidden=True)


_take_traceback_option(command, hidden=False)


@obeying_signals()
def main() -> None:
    """Run the command line."""
    # Using many threads for each 2-by-2 product makes some frameworks 50 times slower.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    settings = {"traceback": False}
    try:
        guard_streams()
        status = command.main(standalone_mode=False, obj=settings)
    except BaseException as error:  # noqa: BLE001  # status 1 would be a verdict
        status, sentence = explain_ending(error)
        with suppress(StreamLost, OSError):
            if settings["traceback"]:
                traceback.print_exception(error)
            if sentence:
                print_line(sentence, stderr=True)
    sys.exit(status or ExitCode.OK)
