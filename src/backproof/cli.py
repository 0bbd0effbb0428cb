"""The command line. Exit status: 0 conforms, 1 does not, 2 cannot be done as asked, 130 Ctrl-C."""

import io
import json
import math
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from types import FrameType
from typing import Any

import click

from backproof.diagnose_command import diagnose_command
from backproof.diagnosis.search import diagnosed
from backproof.errors import BackproofError, Unavailable
from backproof.explain_command import explain_command
from backproof.judging.all_ports import Task, run_all
from backproof.judging.fuzzing import fuzz_command
from backproof.judging.known_failures import KnownFailures, Unasked, today
from backproof.judging.results import Run
from backproof.known_failures_command import known_failures_command
from backproof.network.formats import FORMATS
from backproof.ports.scaffold import new_command
from backproof.ports.smoke_test import smoke as smoke_test
from backproof.ports.specs import known_names
from backproof.prove_command import prove_command
from backproof.reports.check_table import headroom_table, show
from backproof.reports.console import computing, console, progress
from backproof.reports.json_report import report
from backproof.text.writing import check_writable, write
from backproof.vector_commands import vectors_command
from backproof.vectors.vectors import SLOW, VectorFile, built_in_files, ids_named, load_vectors

CONFORMS, FAILS, CANNOT, INTERRUPTED = 0, 1, 2, 130
LONGEST = 86_400  # seconds: a day
STOPPING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class _Seconds(click.FloatRange):
    """A time limit: a finite one, and none that no clock can count."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True, max=LONGEST)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):  # which is in every range, since it compares with nothing
            self.fail(f"{value} is no number of seconds.", param, ctx)
        return seconds


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="backproof")
def command() -> None:
    """A conformance suite for neural-network training, small enough to check by hand."""


command.add_command(diagnose_command)
command.add_command(explain_command)
command.add_command(fuzz_command)
command.add_command(known_failures_command)
command.add_command(new_command)
command.add_command(prove_command)
command.add_command(vectors_command)


@command.command("check")
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option(
    "--dtype",
    "dtypes",
    multiple=True,
    type=click.Choice(list(FORMATS)),
    help="Check only this one.",
)
@click.option(
    "--vectors",
    "vector_paths",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Vector file or folder, instead of the built-in ones.",
)
@click.option(
    "--only",
    "names",
    multiple=True,
    metavar="ID",
    help="Put only this vector, or those whose ids begin so.",
)
@click.option("--slow", is_flag=True, help="Run the vectors that take minutes, too.")
@click.option(
    "--smoke",
    is_flag=True,
    help="Try only whether they speak the protocol, whatever their numbers.",
)
@click.option("--headroom", is_flag=True, help="Show how near every quantity comes to its bound.")
@click.option("--device", default="cpu", show_default=True, help="Handed to every backend.")
@click.option(
    "--timeout",
    default=60.0,
    show_default=True,
    type=_Seconds(),
    metavar="SECONDS",
    help="How long a backend may take to start, and for each answer.",
)
@click.option(
    "--known-failures",
    "known_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file of failures that are known, and why.",
)
@click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write the report there; - is standard output.",
)
@click.pass_context
def check_command(
    context: click.Context,
    specs: tuple[str, ...],
    dtypes: tuple[str, ...],
    vector_paths: tuple[Path, ...],
    names: tuple[str, ...],
    *,
    slow: bool,
    smoke: bool,
    headroom: bool,
    device: str,
    timeout: float,
    known_path: Path | None,
    json_path: Path | None,
) -> None:
    """Check backends against the vectors.

    SPEC is a built-in backend, an entry point, path/to/file.py, module:Class, or path/to/port.toml.
    Without one, all that are installed are checked. Each runs in a process of its own.
    """
    if smoke:
        context.exit(_smoke(specs, device, timeout))
    if json_path is not None:
        check_writable(json_path)
    known = KnownFailures.load(known_path) if known_path else KnownFailures()
    files = (
        load_vectors(list(vector_paths), dtypes=dtypes or tuple(FORMATS), watch=computing)
        if vector_paths
        else built_in_files()
    )
    every = _ids(files)
    wanted = files if slow else [file.without(SLOW) for file in files]
    files = _narrowed(wanted, names, every) if names else wanted
    vectors = [vector for file in files for vector in file.vectors]
    with progress() as seen:
        task = Task(vectors, dtypes, device, timeout, seen, diagnosed)
        runs = run_all(specs or known_names(), task, named=bool(specs))
    unasked = Unasked(
        backends=set(known_names()) - {run.backend for run in runs} if specs else (),
        dtypes=set(FORMATS).difference(dtypes) if dtypes else (),
        vectors=set(every).difference(v.id for v in vectors),
    )
    judgement = known.judge(runs, today(), unasked)
    to_stdout = str(json_path) == "-"
    out = console(stderr=to_stdout)
    left_out = len(_ids(wanted)) - len(vectors)
    show(out, files, judgement.runs, judgement.stale, asked=dtypes, left_out=left_out)
    if headroom:
        out.print(headroom_table(runs))
    if json_path is not None:
        made = report(files, judgement.runs, judgement.stale)
        write(json_path, json.dumps(made, indent=2, allow_nan=False) + "\n")
    context.exit(CONFORMS if _conform(judgement.runs) and not judgement.stale else FAILS)


def _smoke(specs: Sequence[str], device: str, timeout: float) -> int:
    """Try the harness side of each port named, or of all that are installed; print what was tried.

    Returns the exit status.
    """
    status = CONFORMS
    for spec in specs or known_names():
        try:
            for finding in smoke_test(spec, device, timeout):
                if finding.wrong:
                    status = FAILS
                    click.echo(f"{spec}: not ok: {finding.tried}: {finding.wrong}")
                else:
                    click.echo(f"{spec}: ok: {finding.tried}")
        except Unavailable as reason:
            if specs:
                raise
            click.echo(f"{spec}: unavailable: {reason}")
    return status


def _ids(files: Iterable[VectorFile]) -> list[str]:
    return [vector.id for file in files for vector in file.vectors]


def _narrowed(
    files: Sequence[VectorFile], names: Iterable[str], every: Sequence[str]
) -> list[VectorFile]:
    """Leave only the vectors that are named, and no file that has none of them.

    `every` holds the ids of those, too, that were left out of the files because they are slow.
    """
    there = set(_ids(files))
    chosen: set[str] = set()
    for name in names:
        named = there.intersection(ids_named(name, every))
        if not named:
            raise BackproofError(f"{name}: takes minutes, and is put only with --slow")
        chosen |= named
    return [narrowed for file in files if (narrowed := file.only(chosen)).vectors]


def _conform(runs: Sequence[Run]) -> bool:
    wanted = [run for run in runs if run.outcome != "unavailable"]
    return bool(wanted) and all(run.conforms for run in wanted)


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
        if not stopping:  # else the process is ending, which nothing may break off either
            for signum in heeded:
                signal.signal(signum, before[signum])


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
        status = CANNOT
    except BackproofError as error:
        click.echo(f"Error: {error}", err=True)
        status = CANNOT
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        status = INTERRUPTED
    sys.exit(status or CONFORMS)
