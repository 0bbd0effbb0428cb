"""The table of `backproof fuzz`."""

from collections.abc import Iterable

from rich.table import Table

from backproof.judging.fuzzing import Tally
from backproof.network.inputs import OPS
from backproof.reports.console import TABLE_STYLE


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
