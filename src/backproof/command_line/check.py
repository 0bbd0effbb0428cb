"""`backproof check`: backends held to the vectors."""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click

from backproof.command_line.exit_code import ExitCode
from backproof.diagnosis.search import diagnosed
from backproof.errors import BackproofError, Unavailable
from backproof.judging.all_ports import Task, run_all
from backproof.judging.known_failures import KnownFailures, Unasked, today
from backproof.judging.results import Run
from backproof.network.formats import FORMATS
from backproof.ports.smoke_test import smoke as smoke_test
from backproof.ports.specs import known_names
from backproof.reports.check_table import headroom_table, show
from backproof.reports.console import computing, console, progress
from backproof.reports.json_report import report
from backproof.text.writing import check_writable, write
from backproof.vectors.vectors import SLOW, VectorFile, built_in_files, ids_named, load_vectors

LONGEST = 86_400  # seconds: a day


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


@click.command("check")
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
    context.exit(
        ExitCode.OK if _conform(judgement.runs) and not judgement.stale else ExitCode.FAILED
    )


def _smoke(specs: Sequence[str], device: str, timeout: float) -> int:
    """Try the harness side of each port named, or of all that are installed; print what was tried.

    Returns the exit status.
    """
    status = ExitCode.OK
    for spec in specs or known_names():
        try:
            for finding in smoke_test(spec, device, timeout):
                if finding.wrong:
                    status = ExitCode.FAILED
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
