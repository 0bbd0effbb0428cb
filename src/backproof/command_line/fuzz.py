"""`backproof fuzz`: random search for disagreement."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from backproof.command_line.exit_code import ExitCode
from backproof.errors import BackproofError, Unavailable
from backproof.judging.fuzzing import (
    CHUNK,
    Tally,
    Violation,
    port,
    search,
    shared,
    tallies,
    vector_file,
)
from backproof.network.formats import FORMATS
from backproof.network.inputs import OPS
from backproof.ports.specs import known_names
from backproof.reports.console import console, followed
from backproof.text.canonical_json import canonical
from backproof.text.writing import make_folder, write


@click.command("fuzz")
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option(
    "--nets", default=1000, show_default=True, type=click.IntRange(min=1), help="How many."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(min=0), help="Of the first net."
)
@click.option(
    "--dtype",
    "dtypes",
    multiple=True,
    type=click.Choice(list(FORMATS)),
    help="Search only this one.",
)
@click.option("--device", default="cpu", show_default=True, help="Handed to every backend.")
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(min=1),
    help="Processes that share the work; the result is the same.",
)
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write every calculation that went wrong into this folder, as a vector file.",
)
@click.pass_context
def fuzz_command(
    context: click.Context,
    specs: tuple[str, ...],
    dtypes: tuple[str, ...],
    *,
    nets: int,
    seed: int,
    device: str,
    workers: int,
    save: Path | None,
) -> None:
    """Put random nets to backends, and hold every number to its bound.

    SPEC is a built-in backend, an entry point, path/to/file.py, module:Class, or path/to/port.toml.
    Without one, all that are installed are searched. Net i has the seed SEED + i, by which it can
    be had again.
    """
    out = console()
    if save is not None:
        make_folder(save)
    named = specs
    specs = specs or _installed(out, device)
    dtypes = dtypes or tuple(FORMATS)
    totals = tallies(specs, dtypes, device)
    claiming = {total.spec for total in totals}
    for spec in (spec for spec in named if spec not in claiming):
        claimed = ", ".join(port(spec, device).dtypes)
        raise BackproofError(f"{spec}: claims {claimed}, but not {', '.join(dtypes)}")
    last = seed + nets
    chunks = [range(start, min(start + CHUNK, last)) for start in range(seed, last, CHUNK)]
    results = shared(partial(search, specs, dtypes, device), chunks, workers)
    for result in followed(results, "Searching", total=len(chunks)):
        for total, tally in zip(totals, result, strict=True):
            total.include(tally)
            for violation in tally.violations:
                _show(out, tally, violation)
                if save is not None:
                    _save(save, violation)
    out.print(_table(totals))
    violations = sum(len(total.violations) for total in totals)
    out.print(
        f"{nets} nets, seeds {seed} to {last - 1}; 4 calculations with each: "
        f"{violations or 'no'} violation{'' if violations == 1 else 's'}"
    )
    complete = totals and all(total.judged and not total.unsupported for total in totals)
    context.exit(ExitCode.FAILED if violations or not complete else ExitCode.OK)


def _installed(out: Console, device: str) -> tuple[str, ...]:
    installed = []
    for spec in known_names():
        try:
            port(spec, device)
        except Unavailable as reason:
            out.print(f"{spec}: not searched: {reason}", style="yellow")
        else:
            installed.append(spec)
    return tuple(installed)


def _show(out: Console, tally: Tally, violation: Violation) -> None:
    out.print(
        f"{tally.spec} {tally.dtype}, seed {violation.seed}, {violation.op}: {violation.complaint}",
        style="red",
        soft_wrap=True,
        markup=False,
    )


def _save(folder: Path, violation: Violation) -> None:
    path = folder / f"seed-{violation.seed}-{violation.op}.json"
    write(path, canonical(vector_file(violation.seed, violation.op)) + "\n")


def _table(totals: Iterable[Tally]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("backend", "dtype"):
        table.add_column(heading, no_wrap=True)
    for heading in ("judged", "skipped", "unsupported", "violations", *OPS):
        table.add_column(heading, justify="right", no_wrap=True)
    for total in totals:
        counts = (total.judged, total.skipped, total.unsupported, len(total.violations))
        worst = [f"{total.headroom[op]:.3f}" if op in total.headroom else "–" for op in OPS]
        table.add_row(total.spec, total.dtype, *map(str, counts), *worst)
    return table
