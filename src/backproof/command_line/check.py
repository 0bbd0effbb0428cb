"""`backproof check`: run test vectors on backends and evaluate the responses."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Timer

import click
from click.core import ParameterSource

from backproof.command_line.exit_code import ExitCode
from backproof.command_line.options import (
    device_option,
    dtypes_option,
    seed_option,
    slow_option,
    timeout_option,
    vectors_option,
)
from backproof.diagnosis.search import add_diagnosis
from backproof.errors import BackproofError, SpecError, Unavailable
from backproof.judging.checking import check
from backproof.judging.known_failures import KnownFailures
from backproof.judging.results import require_no_refusal
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import OPS, Op
from backproof.ports.smoke_test import run_smoke_test
from backproof.ports.specs import known_names, spec_file
from backproof.reports.check_table import error_ratio_table, print_check
from backproof.reports.console import (
    count_vectors,
    make_console,
    print_line,
    track_computation,
)
from backproof.reports.json_report import REPORT_BEGINNING, build_report
from backproof.text.english import join_words
from backproof.text.writing import STANDARD_OUTPUT, OutputFile
from backproof.vectors.documents import require_unique_ids
from backproof.vectors.drawn import draw_file, new_seed
from backproof.vectors.vectors import VectorFile, built_in_files, load_vectors, select

SILENCE = 2.0  # seconds without a word, at most, while a backend is waited for
# What --smoke heeds; it uses no test vectors, and judges no number.
SMOKE_OPTIONS = {"specs", "smoke", "device", "timeout", "traceback"}


@click.command("check")
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@dtypes_option("Check only this dtype. May be repeated. [default: all]")
@vectors_option
@click.option(
    "--only",
    "names",
    multiple=True,
    metavar="ID",
    help="Run only the test vector with this id, or all whose ids begin with it or match this "
    "pattern, such as '*/loss'. May be repeated.",
)
@click.option(
    "--op",
    "ops",
    multiple=True,
    type=click.Choice(OPS),
    help="Run only test vectors with this operation. May be repeated. [default: all]",
)
@slow_option
@seed_option(
    "Draw the random test vectors with this seed, which a check prints. [default: a new one in "
    "each run; with --vectors, --only or --op, none are drawn]"
)
@click.option(
    "--smoke",
    is_flag=True,
    help="Test only whether each backend follows the wire protocol; ignore its numbers.",
)
@click.option(
    "--headroom",
    is_flag=True,
    help="Also show the largest error/bound of each quantity; above 1 means wrong.",
)
@device_option
@timeout_option
@click.option(
    "--known-failures",
    "known_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Excuse the failures listed in this TOML file. A stale entry fails the check.",
)
@click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write a JSON report to this file; - writes it to standard output.",
)
@click.pass_context
def check_command(
    context: click.Context,
    specs: tuple[str, ...],
    dtypes: tuple[str, ...],
    paths: tuple[Path, ...],
    names: tuple[str, ...],
    ops: tuple[Op, ...],
    *,
    slow: bool,
    seed: int | None,
    smoke: bool,
    headroom: bool,
    device: str,
    timeout: float,
    known_path: Path | None,
    json_path: Path | None,
) -> None:
    """Run test vectors on backends and compare every number with its reference value.

    SPEC is a built-in backend, an entry point, path/to/file.py, module:Class, or path/to/port.toml.
    Without SPEC, all installed backends are checked. Each backend runs in its own process.

    The exit status is 0 if all backends conform, 1 if one does not, and 2 if a SPEC cannot be
    checked; the others are checked nevertheless.
    """
    if smoke:
        _refuse_ignored_options(context)
        context.exit(_smoke(specs, device, timeout))
    report = None
    if json_path is not None:
        inputs = _inputs(specs, paths, known_path)
        report = OutputFile(json_path, inputs, beginning=REPORT_BEGINNING)
    known = KnownFailures.load(known_path) if known_path else KnownFailures()
    if seed is None and not (paths or names or ops):
        seed = new_seed()
    selection = select(_load(paths, dtypes or tuple(FORMATS), seed), names, ops=ops, slow=slow)
    with count_vectors() as advance:
        result = check(
            specs,
            selection,
            dtypes=dtypes,
            device=device,
            timeout=timeout,
            known_failures=known,
            on_vector_done=advance,
            on_run_done=add_diagnosis,
        )
    out = make_console(stderr=json_path == STANDARD_OUTPUT)
    print_check(out, result, dtypes=dtypes, not_named=selection.unnamed_count)
    if headroom:
        out.print(error_ratio_table(result.runs))
    if report is not None:
        report.write(json.dumps(build_report(result), indent=2, allow_nan=False) + "\n")
    require_no_refusal(result.runs)
    context.exit(ExitCode.OK if result.conforms else ExitCode.FAILED)


def _load(paths: Sequence[Path], dtypes: Sequence[str], seed: int | None) -> list[VectorFile]:
    """Load the files at the paths, or the built-in ones; add what is drawn, if there is a seed."""
    files = (
        load_vectors(list(paths), dtypes=dtypes, track=track_computation)
        if paths
        else built_in_files()
    )
    if seed is not None:
        files.append(draw_file(seed, dtypes=dtypes, track=track_computation))
        require_unique_ids((file.path, vector.id) for file in files for vector in file.vectors)
    return files


def _inputs(specs: Sequence[str], paths: Sequence[Path], known_path: Path | None) -> Iterator[Path]:
    """Yield the files and folders that a check reads."""
    yield from paths
    yield from filter(None, [known_path, *map(spec_file, specs)])


def _refuse_ignored_options(context: click.Context) -> None:
    """Raise `UsageError` if --smoke comes with options that say nothing to it."""
    ignored = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name
        and parameter.name not in SMOKE_OPTIONS
        and context.get_parameter_source(parameter.name) is not ParameterSource.DEFAULT
    ]
    if ignored:
        raise click.UsageError(
            f"--smoke would ignore {join_words(ignored)}: it uses no test vectors, and tests only "
            f"whether the protocol is followed. Leave out --smoke or {join_words(ignored)}."
        )


def _smoke(specs: Sequence[str], device: str, timeout: float) -> int:
    """Smoke-test the named backends, or all installed ones; print each step.

    Returns the exit status. Raises `BackproofError` in the end if some that are named cannot be
    tested.
    """
    status = ExitCode.OK
    refusals: list[SpecError] = []
    for spec in specs or known_names():
        try:
            for finding in run_smoke_test(spec, device, timeout, partial(_say_if_long, spec)):
                if finding.problem:
                    status = ExitCode.FAILED
                    print_line(f"{spec}: not ok: {finding.step}: {finding.problem}")
                else:
                    print_line(f"{spec}: ok: {finding.step}")
        except SpecError as reason:
            if specs:
                refusals.append(reason)
            elif isinstance(reason, Unavailable):
                print_line(f"{spec}: unavailable: {reason}")
            else:
                status = ExitCode.FAILED
                print_line(f"{spec}: not ok: {reason}")
    if refusals:
        raise BackproofError("\n".join(map(str, refusals)))
    return status


@contextmanager
def _say_if_long(spec: str, step: str) -> Iterator[None]:
    """Say what a backend is waited for, unless it is quick."""
    sentence = f"{spec}: waiting for {step} …"
    timer = Timer(SILENCE, print_line, [sentence], {"stderr": True})
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
