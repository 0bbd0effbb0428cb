"""The terminal: how wide it is, how a table looks, how far something has come."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn, track

PLAIN_WIDTH = 160  # where the output is no terminal, so that no line of the table is folded
T = TypeVar("T")
LOOK: dict[str, Any] = {"box": None, "pad_edge": False, "padding": (0, 1), "header_style": "bold"}


def console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or wide enough for the table elsewhere."""
    made = Console(stderr=stderr, highlight=False, markup=False)
    if not made.is_terminal:
        made.width = max(made.width, PLAIN_WIDTH)
    return made


@contextmanager
def progress() -> Iterator[Callable[[], None]]:
    """Show on a terminal, while something runs, how many vectors were judged; yield the counter."""
    err = console(stderr=True)
    if not err.is_interactive:
        yield lambda: None
        return
    columns = ("Checking", TimeElapsedColumn(), TextColumn("{task.completed} vectors judged"))
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda: bar.advance(task)


def computing(items: Sequence[T]) -> Iterator[T]:
    """Yield the items, and show on a terminal how far their computation has come."""
    return followed(items, "Computing", total=len(items))


def followed(items: Iterable[T], doing: str, *, total: int) -> Iterator[T]:
    """Yield the items, and show on a terminal how far it has come; print nothing meanwhile."""
    err = console(stderr=True)
    if err.is_interactive:
        items = track(items, doing, total, console=err, transient=True)
    yield from items
