"""What `backproof backends` writes: a row for each backend, or the same as JSON data."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from rich.table import Table

from backproof.judging.results import Run
from backproof.reports.console import TABLE_STYLE

LIST_BEGINNING = re.compile(rb'\s*\[\s*\{\s*"backend"\s*:')  # of a list of backends as JSON


def backends_table(runs: Sequence[Run]) -> Table:
    """Return a table of the backends that these runs, as `list_backends` returns them, are of."""
    table = Table(**TABLE_STYLE)
    for heading in ("backend", "version"):
        table.add_column(heading, no_wrap=True)
    table.add_column("dtypes, or what is missing", overflow="fold")
    for found in backends_data(runs):
        what = ", ".join(found["dtypes"]) or f"{found['outcome']}: {found['message']}"
        table.add_row(found["backend"], found["version"], what)
    return table


def backends_data(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """Return the same as JSON data."""
    grouped = ([*runs] for _, runs in groupby(runs, lambda run: (run.backend, run.version)))
    return [
        {
            "backend": first.backend,
            "version": first.version,
            "dtypes": [run.dtype for run in (first, *others) if run.dtype],
            "outcome": "available" if first.dtype else first.outcome,
            "message": first.message,
        }
        for first, *others in grouped
    ]
