"""What `backproof check` shows in a terminal: the table, then what went wrong and where."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from backproof.judging.checking import CheckResult
from backproof.judging.first_wrong_number import first_wrong
from backproof.judging.results import Result, Run
from backproof.judging.sentences import wrong_numbers
from backproof.network.formats import FORMATS
from backproof.network.mistakes import CATALOGUE
from backproof.reports.console import LOOK
from backproof.reports.hints import hint
from backproof.reports.json_report import suite_hash
from backproof.text.english import several
from backproof.vectors.vectors import VectorFile

STYLES = {"pass": "green", "known": "yellow", "unavailable": "yellow", "unsupported": "yellow"}
FAILURES_SHOWN = 5
IDS_SHOWN = 5
ONE_TABLE = 124  # a narrower terminal shows two tables, one below the other

RUN = ("backend", "version", "dtype", "outcome")
COUNTS = ("passed", "failed", "unsup.", "not run")
KNOWN = "known"  # how many of those that did not pass: shown where there are any
WORST = ("worst error", "bound", "where")
IN = ("backend", "dtype")
PUBLISHED = "that the publication itself prints"  # and no backend


def show(
    out: Console, result: CheckResult, *, dtypes: Sequence[str] = (), not_named: int = 0
) -> None:
    """Print the table of all runs, then each failure, then one line that sums up.

    `dtypes` are those asked for, all if there are none; `not_named` is how many vectors of the
    files were left out because others were named.
    """
    files, runs = result.files, result.runs
    counts = (*COUNTS, KNOWN) if any(run.known for run in runs) else COUNTS
    for columns in [RUN + counts + WORST] if out.width >= ONE_TABLE else [RUN + counts, IN + WORST]:
        out.print(_table(columns, runs))
    _show_printed(out, files)
    _show_unjudged(out, files, [run.dtype for run in runs], dtypes or FORMATS)
    for run in runs:
        _show_failures(out, run, files)
    _show_notes(out, runs)
    for found in result.stale:
        out.print(f"Stale: known {found.sentence}", style="bold red", soft_wrap=True)
    but = f", {result.excused} but for known failures" if result.excused else ""
    vectors = several(sum(len(file.vectors) for file in files), "vector")
    without = f" ({not_named} left out)" if not_named else ""
    out.print(
        f"{result.passing} of {len(result.evaluated)} runs conform{but} · {result.ran:,} of "
        f"{result.expected:,} checks ran · {vectors}{without}, sha256 {suite_hash(files)[:12]} · "
        "errors in ulps, of parameters after training in u·max(|w|, 1)",
        soft_wrap=True,
    )


def headroom_table(runs: Sequence[Run]) -> Table:
    """Show the worst error over bound: a row for each run, a column for each quantity."""
    table = Table(title="Worst error over bound", title_justify="left", **LOOK)
    for heading in IN:
        table.add_column(heading, no_wrap=True)
    judged = [run for run in runs if run.results]
    quantities = list(dict.fromkeys(q for run in judged for q in run.headroom))
    for quantity in quantities:
        table.add_column(quantity.replace(".", ".\n"), justify="right", no_wrap=True)
    for run in judged:
        cells = [run.headroom.get(quantity) for quantity in quantities]
        shown = ("–" if cell is None else f"{cell:.2f}" for cell in cells)
        table.add_row(run.backend, run.dtype, *shown)
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
    word = KNOWN if run.known and run.conforms else run.outcome
    outcome = Text(word, style=STYLES.get(word, "bold red"))
    cells: dict[str, str | Text] = {"backend": run.backend, "outcome": outcome}
    if run.dtype is None:
        return cells | {"where": run.message if run.outcome == "unavailable" else "see below"}
    counts = run.counts
    cells |= {
        "version": run.version,
        "dtype": run.dtype,
        "passed": str(counts["pass"]),
        "failed": str(counts["fail"] + counts["error"] + counts["crash"] + counts["timeout"]),
        "unsup.": str(counts["unsupported"]),
        "not run": str(counts["not-run"]),
        KNOWN: str(run.known),
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
            out.print(f"{file.title}: all {len(printed)} numbers {PUBLISHED} are right.")
        elif wrong:
            right = len(printed) - len(wrong)
            out.print(f"{file.title}: {right} of {len(printed)} numbers {PUBLISHED} are right.")
        for vector, number in wrong:
            out.print(
                f"{file.title}: {vector.id}: {number.quantity} is printed as {number.digits}, "
                f"but is {number.value:.20g}",
                style="yellow",
            )


def _show_unjudged(
    out: Console,
    files: Iterable[VectorFile],
    checked: Sequence[str | None],
    asked: Collection[str],
) -> None:
    """Say which vectors no backend was held to, and why, in a dtype that others were checked in.

    Or in one of those asked for in which no vector is judged, so that it was not checked.
    """
    vectors = [vector for file in files for vector in file.vectors]
    judged = {dtype for vector in vectors for dtype in vector.expected}
    reasons: dict[tuple[str, str], list[str]] = {}
    for vector in vectors:
        for dtype, reason in vector.unjudged.items():
            if dtype in checked or (dtype in asked and dtype not in judged):
                reasons.setdefault((dtype, reason), []).append(vector.id)
    told: dict[str, list[str]] = {}
    for (dtype, reason), ids in reasons.items():
        told.setdefault(f"{_some(ids)}: {reason}", []).append(dtype)
    for what, dtypes in told.items():
        line = f"Not judged in {', '.join(dtypes)}: {what}"
        out.print(line, style="yellow", soft_wrap=True)


def _show_notes(out: Console, runs: Iterable[Run]) -> None:
    """Tell each oddity of a backend once, though each of its runs bears it."""
    for backend, note in dict.fromkeys((run.backend, note) for run in runs for note in run.notes):
        out.print(f"{backend}: note: {note}", style="yellow", soft_wrap=True)


def _show_failures(out: Console, run: Run, files: Sequence[VectorFile]) -> None:
    if run.dtype is None:
        if run.outcome != "unavailable":
            out.print(f"\n{run.backend}: {run.outcome}", style="bold red")
            out.print(f"  {run.message}", soft_wrap=True)
        return
    bad = [result for result in run.results if result.outcome != "pass"]
    if not bad:
        return
    out.print(
        f"\n{run.backend} {run.dtype}: {len(bad)} of {len(run.results)} vectors do not pass",
        style="yellow" if run.conforms else "bold red",
    )
    for reason, ids in _known(bad).items():
        out.print(f"  known: {reason}: {_some(ids)}", soft_wrap=True)
    unknown = [r for r in bad if r.known is None and r.outcome != "not-run"]
    for line in _listed(unknown[:FAILURES_SHOWN], run.dtype, files):
        out.print(line, soft_wrap=True)
    if len(unknown) > FAILURES_SHOWN:
        out.print(f"  … and {len(unknown) - FAILURES_SHOWN} more; --json FILE lists them all")
    for reason, times in Counter(r.message for r in bad if r.outcome == "not-run").items():
        out.print(f"  {times:,} not run: {reason}", soft_wrap=True)
    if unknown and (first := first_wrong(run)):
        out.print(f"  {first.sentence}", soft_wrap=True)
    for line in _diagnosis(run):
        out.print(line, soft_wrap=True)


def _known(results: Iterable[Result]) -> dict[str, list[str]]:
    """Return the vectors of known failures, by the reason that is given for them."""
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.known is not None:
            reasons.setdefault(result.known, []).append(result.vector.id)
    return reasons


def _some(ids: Sequence[str]) -> str:
    """List the first of them, and how many there are beyond."""
    more = f" and {len(ids) - IDS_SHOWN} more" if len(ids) > IDS_SHOWN else ""
    return ", ".join(ids[:IDS_SHOWN]) + more


def _diagnosis(run: Run) -> list[str]:
    """Name the mistakes that reproduce the numbers, or say what can be said without."""
    if run.diagnosis is None:
        return []
    if not run.diagnosis:
        none = "  No mistake in the catalogue reproduces these numbers."
        return [none, *(f"    {clue}" for clue in run.clues)]
    best = run.diagnosis[0]
    lines = [
        f"  These mistakes reproduce {best.explains} of the {best.of} failures, to the last number:"
        if len(best.mistakes) > 1
        else f"  This mistake reproduces {best.explains} of the {best.of} failures, to the last "
        "number:"
    ]
    lines += [f"    {name}: {CATALOGUE[name].statement()}" for name in best.mistakes]
    others = [" and ".join(other.mistakes) for other in run.diagnosis[1:]]
    if others:
        lines.append(f"  These answers could come from this as well: {'; '.join(others)}")
    return lines


def _listed(results: Iterable[Result], dtype: str, files: Sequence[VectorFile]) -> Iterator[str]:
    """Yield what is wrong; once where there is an answer, and once where not, what to type next."""
    told: set[bool] = set()
    for result in results:
        yield from _explained(result)
        answered = bool(result.deviations)
        if answered not in told and (next_command := hint(result, dtype, files)):
            told.add(answered)
            yield f"    {next_command}"


def _explained(result: Result) -> list[str]:
    """Say what is wrong with one answer: its first wrong number, and how many follow."""
    heading = f"  {result.vector.id}: {result.outcome}"
    lines = [f"{heading}: {result.message}" if result.message else heading]
    return lines + [f"    {line}" for line in wrong_numbers(result)]
