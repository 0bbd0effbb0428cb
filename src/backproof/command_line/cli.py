"""The command line. Exit status: 0 conforms, 1 does not, 2 cannot be done as asked, 130 Ctrl-C."""

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

import click

from backproof.command_line.check import check_command
from backproof.command_line.diagnose import diagnose_command
from backproof.command_line.exit_code import ExitCode
from backproof.command_line.explain import explain_command
from backproof.command_line.fuzz import fuzz_command
from backproof.command_line.known_failures import known_failures_command
from backproof.command_line.new import new_command
from backproof.command_line.prove import prove_command
from backproof.command_line.vectors import vectors_command
from backproof.errors import BackproofError

STOPPING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="backproof")
def command() -> None:
    """A conformance suite for neural-network training, small enough to check by hand."""


for subcommand in (
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


@contextmanager
def _stopped_once() -> Iterator[None]:
    """Let the first signal to stop raise, by way of every `finally`; those after it do nothing.

    A second one, such as of an impatient Ctrl-C, would break off the ending of the processes.
    """
    if current_thread() is not main_thread():  # where no handler can be set, and none is called
        yield
        return
    stopping = False

    def stop(signum: int, _: FrameType | None) -> None:
        nonlocal stopping
        if stopping:
            return
        stopping = True
        if signum == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + signum)

    before = {signum: signal.getsignal(signum) for signum in STOPPING}
    heeded = [signum for signum in STOPPING if before[signum] is not signal.SIG_IGN]  # nohup's
    for signum in heeded:
        signal.signal(signum, stop)
    try:
        yield
    finally:
        for signum in heeded:
            # Once stopped, the process is ending, which nothing may break off either. It is the
            # system that must ignore them then: Python takes its own handlers back before its end.
            signal.signal(signum, signal.SIG_IGN if stopping else before[signum])


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack the mathematics' signs
    # A team of threads for each 2-by-2 product makes some frameworks 50 times slower.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        with _stopped_once():
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
