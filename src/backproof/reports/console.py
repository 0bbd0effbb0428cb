"""The terminal: what may reach it, its width, the look of tables, and progress bars."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import Progress, TextColumn, TimeElapsedColumn, track
from rich.segment import Segment

from backproof.text.unprintable import printable

PLAIN_WIDTH = 160  # columns if the output is not a terminal: wide enough not to fold the table
UNKNOWN_WIDTH = 80  # columns of a terminal that does not say how wide it is
T = TypeVar("T")
TABLE_STYLE: dict[str, Any] = {
    "box": None,
    "pad_edge": False,
    "padding": (0, 1),
    "header_style": "bold",
}


class PlainTextConsole(Console):
    """A console to which whatever is printed is plain text, wherever it comes from.

    Only styles that the program gives act on the terminal: no control character in a text, and no
    markup or name of an emoji.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **settings)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Render what is printed, with the text of every segment made printable."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else printable(segment.text, keep="\n")
            yield segment._replace(text=text)


def make_console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or at least `PLAIN_WIDTH` if there is none."""
    made = PlainTextConsole(stderr=stderr)
    if not made.width:  # COLUMNS=0, which stands for an unknown width
        made.width = UNKNOWN_WIDTH
    if not made.is_terminal:
        made.width = max(made.width, PLAIN_WIDTH)
    return made


def print_line(text: str, *, stderr: bool = False) -> None:
    """Print a line, or several, however long."""
    make_console(stderr=stderr).print(text, soft_wrap=True)


@contextmanager
def count_vectors() -> Iterator[Callable[[], None]]:
    """Show on a terminal how many test vectors have been evaluated; yield the counter."""
    err = make_console(stderr=True)
    if not err.is_interactive:
        yield lambda: None
        return
    columns = (
        "Checking",
        TimeElapsedColumn(),
        TextColumn("{task.completed} test vectors evaluated"),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda: bar.advance(task)


def track_computation(items: Sequence[T]) -> Iterator[T]:
    """Yield the items, with a progress bar labelled "Computing" on a terminal."""
    return track_items(items, "Computing", total=len(items))


def track_items(items: Iterable[T], label: str, *, total: int) -> Iterator[T]:
    """Yield the items, with a progress bar on a terminal.

    Do not print while it is shown: the bar would be drawn over.
    """
    err = make_console(stderr=True)
    if err.is_interactive:
        items = track(items, label, total, console=err, transient=True)
    yield from items
