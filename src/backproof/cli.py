"""The command line. Exit status: 0 conforms, 1 does not, 2 cannot be done as asked, 130 Ctrl-C."""

import io
import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import click

from backproof.check import Run, check
from backproof.errors import BackproofError, Unavailable
from backproof.formats import FORMATS
from backproof.fuzz import fuzz_command
from backproof.loading import known_names, load
from backproof.ports import InProcess
from backproof.report import report
from backproof.terminal import console, headroom_table, show
from backproof.vector_commands import vectors_command
from backproof.vectors import SLOW, built_in_files, load_vectors

CONFORMS, FAILS, CANNOT, INTERRUPTED = 0, 1, 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="backproof")
def command() -> None:
    """A conformance suite for neural-network training, small enough to check by hand."""


command.add_command(fuzz_command)
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
@click.option("--slow", is_flag=True, help="Run the vectors that take minutes, too.")
@click.option("--headroom", is_flag=True, help="Show how near every quantity comes to its bound.")
@click.option("--device", default="cpu", show_default=True, help="Handed to every backend.")
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
    *,
    slow: bool,
    headroom: bool,
    device: str,
    json_path: Path | None,
) -> None:
    """Check backends against the vectors.

    SPEC is a built-in backend, an entry point, path/to/file.py or module:Class. Without one, all
    that are installed are checked.
    """
    files = load_vectors(list(vector_paths)) if vector_paths else built_in_files()
    if not slow:
        files = [file.without(SLOW) for file in files]
    vectors = [vector for file in files for vector in file.vectors]
    runs: list[Run] = []
    for spec in specs or known_names():
        try:
            port = InProcess(load(spec), device)
        except Unavailable as reason:
            if specs:
                raise
            runs.append(Run(spec, "", None, message=str(reason)))
            continue
        checked = list(check(port, vectors, dtypes or tuple(FORMATS)))
        if specs and not checked:
            raise BackproofError(
                f"{spec}: claims {', '.join(port.dtypes)}, but not {', '.join(dtypes)}"
            )
        runs.extend(checked)
    to_stdout = str(json_path) == "-"
    out = console(stderr=to_stdout)
    show(out, files, runs)
    if headroom:
        out.print(headroom_table(runs))
    if json_path is not None:
        text = json.dumps(report(files, runs), indent=2, allow_nan=False) + "\n"
        _write(json_path, text)
    context.exit(CONFORMS if _conform(runs) else FAILS)


def _conform(runs: list[Run]) -> bool:
    judged = [run for run in runs if run.dtype is not None]
    return bool(judged) and all(run.outcome == "pass" for run in judged)


def _write(path: Path, text: str) -> None:
    """Write a whole file or none."""
    if str(path) == "-":
        click.echo(text, nl=False)
        return
    path = path.resolve()
    draft = path.with_name(path.name + ".part")
    try:
        if path.exists() and not path.is_file():  # a pipe or a device, not to be replaced
            path.write_text(text, encoding="utf-8")
            return
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise BackproofError(f"{path}: cannot be written: {error.strerror}") from error


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may lack the mathematics' signs
    # A team of threads for each 2-by-2 product makes some frameworks 50 times slower.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
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
