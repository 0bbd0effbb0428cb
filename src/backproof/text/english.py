"""English: lists of things, and how many there are."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def listed(things: Sequence[str]) -> str:
    """List things: `a`, `a and b`, `a, b and c`."""
    *others, last = things
    return f"{', '.join(others)} and {last}" if others else last


def several(count: int, noun: str) -> str:
    """Count things: `1 vector`, `1,024 vectors`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def every(count: int, noun: str) -> str:
    """Name all of so many: `the vector`, `both vectors`, `all 14 vectors`."""
    return {1: f"the {noun}", 2: f"both {noun}s"}.get(count, f"all {count:,} {noun}s")


def are(things: Sequence[str]) -> str:
    return "is" if len(things) == 1 else "are"


def meant(written: str, known: Iterable[str]) -> str:
    """Hint at what was meant: the nearest of what is known, or else all of it."""
    known = list(known)
    nearest = get_close_matches(written, known, n=1)
    return f"did you mean {nearest[0]}?" if nearest else f"there are {', '.join(known)}"
