"""What `backproof check` shows in a terminal: the table, then what went wrong and where."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from backproof.check import Result, Run
from backproof.judge import Deviation
from backproof.quantities import in_tutorial
from backproof.report import suite_hash
from backproof.vectors import VectorFile

STYLES = {"pass": "green", "unavailable": "yellow", "unsupported": "yellow"}
FAILURES_SHOWN = 5
UNJUDGED_SHOWN = 5
PLAIN_WIDTH = 160  # where the output is no terminal, so that no line of the table is folded
ONE_TABLE = 124  # a narrower terminal shows two tables, one below the other

RUN = ("backend", "version", "dtype", "outcome")
COUNTS = ("passed", "failed", "unsup.", "not run")
WORST = ("worst error", "bound", "where")
IN = ("backend", "dtype")
LOOK: dict[str, Any] = {"box": None, "pad_edge": False, "padding": (0, 1), "header_style": "bold"}


def console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or wide enough for the table elsewhere."""
    made = Console(stderr=stderr, highlight=False, markup=False)
    if not made.is_terminal:
        made.width = max(made.width, PLAIN_WIDTH)
    return made


def show(out: Console, files: Sequence[VectorFile], runs: Sequence[Run]) -> None:
    """Print the table of all runs, then each failure, then one line that sums up."""
    for columns in [RUN + COUNTS + WORST] if out.width >= ONE_TABLE else [RUN + COUNTS, IN + WORST]:
        out.print(_table(columns, runs))
    _show_printed(out, files)
    _show_unjudged(out, files, runs)
    for run in runs:
        _show_failures(out, run)
    judged = [run for run in runs if run.dtype is not None]
    conforming = sum(run.outcome == "pass" for run in judged)
    vectors = sum(len(file.vectors) for file in files)
    out.print(
        f"{conforming} of {len(judged)} runs conform · {vectors} vectors, "
        f"sha256 {suite_hash(files)[:12]} · errors in ulps, of parameters after training in "
        "u·max(|w|, 1)"
    )


def headroom_table(runs: Sequence[Run]) -> Table:
    """Show the worst error over bound, by quantity and run."""
    table = Table(title="Worst error over bound", title_justify="left", **LOOK)
    table.add_column("quantity", no_wrap=True)
    judged = [run for run in runs if run.results]
    for run in judged:
        table.add_column(f"{run.backend}\n{run.dtype}", justify="right")
    for quantity in dict.fromkeys(q for run in judged for q in run.headroom):
        cells = [run.headroom.get(quantity) for run in judged]
        table.add_row(quantity, *("–" if cell is None else f"{cell:.2f}" for cell in cells))
    return table


def _table(columns: Sequence[str], runs: Iterable[Run]) -> Table:
    table = Table(**LOOK)
    for heading in columns:
        if heading == "where":
            table.add_column(heading, overflow="fold")
        else:
            table.add_column(heading, no_wrap=True, justify="left" if heading in RUN else "right")
    for run in runs:
        cells = _cells(run)
        table.add_row(*(cells.get(heading, "–") for heading in columns))
    return table


def _cells(run: Run) -> dict[str, str | Text]:
    """Return what stands in the row of a run, by column; a column left out has nothing to say."""
    outcome = Text(run.outcome, style=STYLES.get(run.outcome, "bold red"))
    cells: dict[str, str | Text] = {"backend": run.backend, "outcome": outcome}
    if run.dtype is None:
        return cells | {"where": run.message}
    counts = run.counts
    cells |= {
        "version": run.version,
        "dtype": run.dtype,
        "passed": str(counts["pass"]),
        "failed": str(counts["fail"] + counts["error"] + counts["crash"] + counts["timeout"]),
        "unsup.": str(counts["unsupported"]),
        "not run": str(counts["not-run"]),
    }
    if run.worst:
        result, deviation = run.worst
        cells |= {
            "worst error": f"{deviation.error:.3g}",
            "bound": f"{deviation.bound:.3g}",
            "where": f"{result.vector.id} {deviation.quantity}",
        }
    return cells


def _show_printed(out: Console, files: Iterable[VectorFile]) -> None:
    """Say whether the numbers that the vectors' source prints are right."""
    for file in files:
        printed = [(vector, number) for vector in file.vectors for number in vector.printed]
        wrong = [(vector, number) for vector, number in printed if not number.right]
        if printed and not wrong:
            out.print(f"{file.title}: all {len(printed)} printed numbers are right.")
        elif wrong:
            right = len(printed) - len(wrong)
            out.print(f"{file.title}: {right} of {len(printed)} printed numbers are right.")
        for vector, number in wrong:
            out.print(
                f"{file.title}: {vector.id}: {number.quantity} is printed as {number.digits}, "
                f"but is {number.value:.20g}",
                style="yellow",
            )


def _show_unjudged(out: Console, files: Iterable[VectorFile], runs: Iterable[Run]) -> None:
    """Say which vectors no backend was held to in a dtype that was checked, and why."""
    checked = {run.dtype for run in runs}
    reasons: dict[tuple[str, str], list[str]] = {}
    for vector in (vector for file in files for vector in file.vectors):
        for dtype, reason in vector.unjudged.items():
            if dtype in checked:
                reasons.setdefault((dtype, reason), []).append(vector.id)
    for (dtype, reason), ids in reasons.items():
        more = f" and {len(ids) - UNJUDGED_SHOWN} more" if len(ids) > UNJUDGED_SHOWN else ""
        listed = ", ".join(ids[:UNJUDGED_SHOWN]) + more
        out.print(f"Not judged in {dtype}: {listed}: {reason}", style="yellow", soft_wrap=True)


def _show_failures(out: Console, run: Run) -> None:
    bad = [result for result in run.results if result.outcome != "pass"]
    if not bad:
        return
    out.print(
        f"\n{run.backend} {run.dtype}: {len(bad)} of {len(run.results)} vectors do not pass",
        style="bold red",
    )
    for result in bad[:FAILURES_SHOWN]:
        for line in _explained(result):
            out.print(line, soft_wrap=True)
    if len(bad) > FAILURES_SHOWN:
        out.print(f"  … and {len(bad) - FAILURES_SHOWN} more; --json FILE lists them all")


def _explained(result: Result) -> list[str]:
    """Say what is wrong with one answer: its first wrong number, and how many follow."""
    heading = f"  {result.vector.id}: {result.outcome}"
    lines = [f"{heading}: {result.message}" if result.message else heading]
    if result.wrong:
        lines.append(f"    {describe(result.wrong[0])}")
        if len(result.wrong) > 1:
            others = ", ".join(d.quantity for d in result.wrong[1:])
            lines.append(f"    wrong too: {others}")
    return lines


def describe(deviation: Deviation) -> str:
    """Name a wrong number, in the tutorial's letters too, with all that is known of it."""
    unit = "ulp" if deviation.unit == "ulp" else "u·max(|w|, 1)"
    printed = f" (printed {deviation.printed})" if deviation.printed else ""
    epoch = deviation.epoch
    after = f"after epoch {epoch}, from where epoch {epoch - 1} left it, " if epoch else ""
    return (
        f"{after}{deviation.quantity} ({in_tutorial(deviation.quantity)}) is "
        f"{deviation.complaint}: expected {deviation.expected.value:.20g}{printed}, "
        f"got {deviation.actual!r}, error {deviation.error:.4g} {unit}, "
        f"bound {deviation.bound:.4g} {unit}"
    )
