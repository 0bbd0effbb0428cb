"""`backproof fuzz`: search for wrong numbers with random networks."""

from pathlib import Path

import click
from rich.console import Console

from backproof.command_line.exit_code import ExitCode
from backproof.command_line.options import device_option, dtypes_option, timeout_option
from backproof.judging.fuzzing import SAVED_FILES, Counterexample, Tally, fuzz
from backproof.judging.results import require_no_refusal
from backproof.network.float_formats import FORMATS
from backproof.ports.specs import known_names
from backproof.reports.console import make_console, track_items
from backproof.reports.fuzz_table import summarize_search, tally_table
from backproof.text.writing import OutputFile, make_folder
from backproof.vectors.drawn import SEEDS

MAX_NETS = 10**9  # takes weeks
MAX_WORKERS = 61  # as many as Windows can wait for


@click.command("fuzz")
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option(
    "--nets",
    default=1000,
    show_default=True,
    type=click.IntRange(1, MAX_NETS),
    help="Run this many random networks.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0, SEEDS - 1),
    help="Use this seed for the first network, and the following seeds for the others.",
)
@dtypes_option("Search only this dtype. May be repeated. [default: all]")
@device_option
@timeout_option
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, MAX_WORKERS),
    help="Evaluate the numbers in this many processes. The results do not depend on it.",
)
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write each calculation that a backend gets wrong into this folder, as a vector file.",
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
    timeout: float,
    workers: int,
    save: Path | None,
) -> None:
    """Run random networks on backends and compare every number with its error bound.

    SPEC is a built-in backend, an entry point, path/to/file.py, module:Class, or path/to/port.toml.
    Without SPEC, all installed backends are searched. Each backend runs in its own process.

    Network i has the seed SEED + i, so --seed with --nets 1 runs a single network again.
    """
    out = make_console()
    if save is not None:
        make_folder(save)
        for there in save.glob(SAVED_FILES):
            OutputFile(there)  # refuses what cannot be replaced
    seeds = range(seed, seed + nets)

    def show_and_save(tally: Tally, counterexample: Counterexample) -> None:
        _show(out, tally, counterexample)
        if save is not None:
            OutputFile(save / counterexample.file_name).write(counterexample.vector_file())

    result = fuzz(
        specs or known_names(),
        dtypes or tuple(FORMATS),
        device,
        seeds,
        timeout=timeout,
        workers=workers,
        explicit=bool(specs),
        on_counterexample=show_and_save,
        track=lambda tallies, total: track_items(tallies, "Searching", total=total),
    )
    for spec, run in result.not_started.items():
        style = "yellow" if run.outcome == "unavailable" else "bold red"
        out.print(f"{spec}: {run.outcome}: {run.message}", style=style, soft_wrap=True)
    out.print(tally_table(result.tallies))
    for line in summarize_search(result, seeds):
        out.print(line, soft_wrap=True)
    require_no_refusal(result.not_started.values())
    context.exit(ExitCode.OK if result.conforms else ExitCode.FAILED)


def _show(out: Console, tally: Tally, violation: Counterexample) -> None:
    out.print(
        f"{tally.spec} {tally.dtype}, seed {violation.seed}, {violation.op}: {violation.problem}",
        style="red",
        soft_wrap=True,
    )
