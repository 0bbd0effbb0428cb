"""What `backproof check` prints: a table of all runs, then the failures of each."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from backproof.judging.checking import CheckResult
from backproof.judging.first_wrong_number import locate_first_wrong
from backproof.judging.results import SEVERITY, Outcome, Result, Run
from backproof.judging.sentences import describe_diagnosis, describe_wrong_numbers
from backproof.network.float_formats import FORMATS
from backproof.reports.console import TABLE_STYLE
from backproof.reports.hints import suggest_command
from backproof.reports.json_report import suite_hash
from backproof.text.english import count_noun, join_words
from backproof.vectors.vectors import VectorFile

STYLES = {
    "pass": "green",
    "known": "yellow",
    "varies": "yellow",
    "unavailable": "yellow",
    "unsupported": "yellow",
}
KNOWN_FAILURE = "known failure"  # stands in place of the outcome
WRONG_WHERE_DRAWN = (
    "Right on every test vector of the files, wrong on those drawn for this run: its numbers look "
    "remembered, not computed."
)
MESSAGES_SHOWN = 5  # of each outcome; the others are counted
EXAMPLES_SHOWN = 5  # at least one of each outcome, even if these are more
IDS_SHOWN = 5
UNLIMITED = 10**6  # columns
WORST_WIDTH = 48  # columns of WORST; if there are fewer, it is a table of its own

RUN = ("backend", "version", "dtype", "outcome")
COUNTS = ("passed", "failed", "unsup.", "not run")
VARIED = "varied"  # how many responses vary: a column only if there are any
KNOWN = "known"  # how many failures are known: a column only if there are any
WORST = ("worst error", "bound", "where")
IN = ("backend", "dtype")


def print_check(
    out: Console, result: CheckResult, *, dtypes: Sequence[str] = (), not_named: int = 0
) -> None:
    """Print the table of all runs, the failures of each, notes, and a summary line.

    `dtypes` are the ones requested (none means all); `not_named` is the number of test vectors left
    out by `--only`.
    """
    files, runs = result.files, result.runs
    varied = [VARIED] if any(run.counts["varies"] for run in runs) else []
    known = [KNOWN] if any(run.known_count for run in runs) else []
    counts = (*COUNTS, *varied, *known)
    _print_runs(out, runs, counts)
    for run in runs:
        _show_failures(out, run, files)
    out.print()
    _show_notes(out, runs)
    _show_unjudged(out, files, [run.dtype for run in runs], dtypes or FORMATS)
    _show_published(out, files)
    for found in result.stale:
        out.print(f"Stale: known {found.sentence}", style="bold red", soft_wrap=True)
    but = f", {result.excused_count} with known failures only" if result.excused_count else ""
    if result.partial_count:
        but += f", {result.partial_count} in supported quantities only"
    vectors = count_noun(sum(len(file.vectors) for file in files), "test vector")
    if result.seed is not None:
        drawn = sum(len(file.vectors) for file in files if file.seed is not None)
        vectors += f", {drawn} of them drawn with --seed {result.seed}"
    without = f" ({not_named} left out)" if not_named else ""
    out.print(
        f"{result.passing_count} of {len(result.evaluated)} runs conform{but} · "
        f"{result.ran_count:,} of {result.expected_count:,} checks ran · "
        f"{vectors}{without}, sha256 {suite_hash(files)[:12]} · "
        "errors in ulps; after training in u·max(|w|, 1)",
        soft_wrap=True,
    )


def error_ratio_table(runs: Sequence[Run]) -> Table:
    """Return the largest error ratio (error/bound) of each run, with a column for each quantity."""
    table = Table(title="Largest error/bound", title_justify="left", **TABLE_STYLE)
    for heading in IN:
        table.add_column(heading, no_wrap=True)
    judged = [run for run in runs if run.results]
    quantities = list(dict.fromkeys(q for run in judged for q in run.error_ratios))
    for quantity in quantities:
        table.add_column(quantity.replace(".", ".\n"), justify="right", no_wrap=True)
    for run in judged:
        cells = [run.error_ratios.get(quantity) for quantity in quantities]
        shown = ("–" if cell is None else f"{cell:.2f}" for cell in cells)
        table.add_row(run.label, run.dtype, *shown)
    return table


def _print_runs(out: Console, runs: Sequence[Run], counts: Sequence[str]) -> None:
    """Print all runs: in one table, in two or, in a terminal too narrow for these, as a list."""
    main = (*RUN, *counts)
    unlimited = out.options.update_width(UNLIMITED)
    free = out.width - out.measure(_table(main, runs), options=unlimited).maximum
    if free < 0:
        for run in runs:
            out.print(_run_in_words((*main, *WORST), run), soft_wrap=True)
        return
    for columns in [(*main, *WORST)] if free >= WORST_WIDTH else [main, IN + WORST]:
        out.print(_table(columns, runs))


def _run_in_words(columns: Sequence[str], run: Run) -> Text:
    """Return the cells of a run with their headings, after its name and its outcome."""
    cells = _cells(run)
    name = " ".join(str(cells.pop(heading)) for heading in IN if heading in cells)
    outcome, where = cells.pop("outcome"), cells.pop("where", None)
    told = [f"{heading} {cells[heading]}" for heading in columns if heading in cells]
    told += [str(where)] if where else []
    return Text.assemble(f"{name}: ", outcome, f" ({', '.join(told)})")


def _table(columns: Sequence[str], runs: Iterable[Run]) -> Table:
    table = Table(**TABLE_STYLE)
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
    """Return the cells of a run by column; columns without a value are left out."""
    word = KNOWN if run.known_count and run.conforms else run.outcome
    outcome = Text(word, style=STYLES.get(word, "bold red"))
    cells: dict[str, str | Text] = {"backend": run.label, "outcome": outcome}
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
        VARIED: str(counts["varies"]),
        KNOWN: str(run.known_count),
    }
    if run.worst_result:
        result, deviation = run.worst_result
        cells |= {
            "worst error": f"{deviation.error:.3g}",
            "bound": f"{deviation.bound:.3g}",
            "where": f"{result.vector.id} {deviation.quantity}",
        }
    return cells


def _show_published(out: Console, files: Iterable[VectorFile]) -> None:
    """Print how many of the published numbers in the vector files are correct."""
    for file in files:
        published = [(vector, number) for vector in file.vectors for number in vector.published]
        wrong = [(vector, number) for vector, number in published if not number.is_correct]
        if not published:
            continue
        total = len(published)
        right = f"{total - len(wrong)} of {total}" if wrong else f"all {total}"
        out.print(
            f"Published numbers in the vector file {file.title!r}: {right} are correct. "
            "(This does not depend on the backends.)",
            soft_wrap=True,
        )
        for vector, number in wrong:
            out.print(
                f"  {vector.id}: {number.quantity} is published as {number.digits}, "
                f"but its reference value is {number.value:.20g}",
                style="yellow",
                soft_wrap=True,
            )


def _show_unjudged(
    out: Console,
    files: Iterable[VectorFile],
    checked: Sequence[str | None],
    requested: Collection[str],
) -> None:
    """Print which test vectors were not evaluated in a dtype, and why.

    This covers the dtypes of the runs, and requested dtypes in which no test vector is evaluated.
    """
    vectors = [vector for file in files for vector in file.vectors]
    judged = {dtype for vector in vectors for dtype in vector.expected}
    reasons: dict[tuple[str, str], list[str]] = {}
    for vector in vectors:
        for dtype, reason in vector.skip_reasons.items():
            if dtype in checked or (dtype in requested and dtype not in judged):
                reasons.setdefault((dtype, reason), []).append(vector.id)
    told: dict[str, list[str]] = {}
    for (dtype, reason), ids in reasons.items():
        told.setdefault(f"{_first_ids(ids)}: {reason}", []).append(dtype)
    for what, dtypes in told.items():
        line = f"Not evaluated in {', '.join(dtypes)}: {what}"
        out.print(line, style="yellow", soft_wrap=True)


def _show_notes(out: Console, runs: Iterable[Run]) -> None:
    """Print each note on a backend once, although every run of the backend holds it."""
    for backend, note in dict.fromkeys((run.label, note) for run in runs for note in run.notes):
        out.print(f"{backend}: note: {note}", style="yellow", soft_wrap=True)


def _show_failures(out: Console, run: Run, files: Sequence[VectorFile]) -> None:
    """Print what is wrong with a run: diagnosis, first wrong value, outcomes, then examples."""
    if run.dtype is None:
        if run.outcome != "unavailable":
            out.print(f"\n{run.label}: {run.outcome}", style="bold red")
            out.print(f"  {run.message}", soft_wrap=True)
        return
    failures = [result for result in run.results if result.outcome != "pass"]
    if not failures:
        return
    fate = "are known failures" if run.conforms else "do not pass"
    out.print(
        f"\n{run.label} {run.dtype}: {len(failures):,} of {len(run.results):,} test vectors {fate}",
        style="yellow" if run.conforms else "bold red",
    )
    unknown = [result for result in failures if result.known_reason is None]
    first = locate_first_wrong(run) if unknown else None
    for line in (
        *([f"  {WRONG_WHERE_DRAWN}"] if run.wrong_where_drawn_only else []),
        *(f"  {line}" for line in describe_diagnosis(run)),
        *([f"  {first.sentence}"] if first else []),
        *_unsupported(run),
        *_outcomes(failures),
        *_examples(unknown, run.dtype, files),
    ):
        out.print(line, soft_wrap=True)


def _unsupported(run: Run) -> Iterator[str]:
    """Name the fields that are unsupported, by the number of test vectors in which they are."""
    counts = run.unsupported_counts
    if not counts:
        return
    fields: dict[int, list[str]] = {}
    for field, count in counts.items():
        fields.setdefault(count, []).append(field)
    listed = [
        f"{join_words(names)} in {count_noun(count, 'test vector')}"
        for count, names in sorted(fields.items(), reverse=True)
    ]
    so_far = "Conforms in what it supports. " if run.conforms_where_supported else ""
    many = f"{len(counts)} of {len(run.fields)} quantities"
    yield f"  {so_far}Unsupported: {many}: {'; '.join(listed)}."


def _outcomes(failures: Iterable[Result]) -> Iterator[str]:
    """Yield a line for each outcome and message: how often it occurs, and where first."""
    yield "  Outcomes:"
    groups: dict[str, dict[str, list[str]]] = {
        outcome: {} for outcome in (*SEVERITY, KNOWN_FAILURE)
    }
    for result in failures:
        known = result.known_reason is not None
        by_message = groups[KNOWN_FAILURE if known else result.outcome]
        by_message.setdefault(result.known_reason or result.message, []).append(result.vector.id)
    for kind, by_message in groups.items():
        in_order = sorted(by_message.items(), key=lambda group: -len(group[1]))
        for message, ids in in_order[:MESSAGES_SHOWN]:
            what = f"{kind}: {message}" if message else kind
            yield f"    {len(ids):,} × {what}, first in {ids[0]}"
        if others := [ids for _, ids in in_order[MESSAGES_SHOWN:]]:
            count, messages = sum(map(len, others)), count_noun(len(others), "other message")
            yield f"    {count:,} × {kind}: {messages}, first in {others[0][0]}"


def _examples(failures: Sequence[Result], dtype: str, files: Sequence[VectorFile]) -> Iterator[str]:
    """Yield a few failures in full.

    The next command to type follows the first failure that has values and the first without.
    """
    if not failures:
        return
    yield "  Examples:"
    shown = _chosen(failures)
    hinted: set[bool] = set()  # whether there was a response, for each hint given
    for result in shown:
        yield from _failure_lines(result)
        has_response = bool(result.deviations)
        if has_response not in hinted and (next_command := suggest_command(result, dtype, files)):
            hinted.add(has_response)
            yield f"      {next_command}"
    if more := len(failures) - len(shown):
        yield f"    … and {more:,} more; --json FILE lists them all"


def _chosen(failures: Sequence[Result]) -> list[Result]:
    """Choose examples: the first of each outcome, then of each message, then the first others.

    Worse outcomes come first, so what decided the verdict is the first that is shown.
    """
    failures = sorted(failures, key=lambda result: SEVERITY.index(result.outcome))
    outcomes: dict[Outcome, Result] = {}
    messages: dict[tuple[Outcome, str], Result] = {}
    for result in failures:
        outcomes.setdefault(result.outcome, result)
        messages.setdefault((result.outcome, result.message), result)
    ranked = dict.fromkeys(
        result.vector.id for result in (*outcomes.values(), *messages.values(), *failures)
    )
    chosen = list(ranked)[: max(EXAMPLES_SHOWN, len(outcomes))]
    return [result for result in failures if result.vector.id in chosen]


def _failure_lines(result: Result) -> list[str]:
    """Describe a failure: its outcome, its first wrong number, and the names of the others."""
    heading = f"    {result.vector.id}: {result.outcome}"
    lines = [f"{heading}: {result.message}" if result.message else heading]
    return lines + [f"      {line}" for line in describe_wrong_numbers(result)]


def _first_ids(ids: Sequence[str]) -> str:
    """List the first ids, and how many more there are."""
    more = f" and {len(ids) - IDS_SHOWN} more" if len(ids) > IDS_SHOWN else ""
    return ", ".join(ids[:IDS_SHOWN]) + more
