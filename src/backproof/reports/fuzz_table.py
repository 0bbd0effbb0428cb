"""What `backproof fuzz` prints at its end: a table, and the lines below it."""

from collections.abc import Iterable, Iterator

from rich.table import Table

from backproof.judging.fuzzing import FuzzResult, Tally
from backproof.network.inputs import OPS
from backproof.reports.console import TABLE_STYLE
from backproof.text.english import count_noun


def tally_table(totals: Iterable[Tally]) -> Table:
    """Return a row for each backend and dtype: its counts and its largest error ratio per op."""
    table = Table(**TABLE_STYLE)
    table.add_column("backend", overflow="fold")  # a path may be long
    table.add_column("dtype", no_wrap=True)
    for heading in ("evaluated", "skipped", "unsupported", "not run", "violations", *OPS):
        table.add_column(heading, justify="right", no_wrap=True)
    for total in totals:
        counts = (
            total.evaluated,
            total.skipped,
            total.unsupported,
            total.not_run,
            len(total.counterexamples),
        )
        worst = [f"{total.error_ratios[op]:.3f}" if op in total.error_ratios else "–" for op in OPS]
        table.add_row(total.spec, total.dtype, *map(str, counts), *worst)
    return table


def summarize_search(result: FuzzResult, seeds: range) -> Iterator[str]:
    """Yield where nothing was evaluated, then what was searched and found."""
    for tally in result.tallies:
        if not tally.evaluated:
            yield f"{tally.spec} {tally.dtype}: nothing was evaluated"
    evaluated, violations = result.evaluated_count, result.counterexample_count
    found = count_noun(violations, "violation") if violations else "no violations"
    verdict = f"{found} in {count_noun(evaluated, 'calculation')}"
    yield (
        f"{count_noun(len(seeds), 'network')}, seeds {seeds[0]} to {seeds[-1]}: "
        f"{verdict if evaluated else 'nothing was evaluated, so this is no verdict'}"
    )
