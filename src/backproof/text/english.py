"""Helpers for English sentences: lists, counts, suggestions."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def join_words(things: Sequence[str]) -> str:
    """Join words into a list: `a`, `a and b`, `a, b and c`."""
    *others, last = things
    return f"{', '.join(others)} and {last}" if others else last


def count_noun(count: int, noun: str) -> str:
    """Write a count with its noun: `1 row`, `1,024 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def count_all(count: int, noun: str) -> str:
    """Write that all `count` are meant: `the row`, `both rows`, `all 14 rows`."""
    return {1: f"the {noun}", 2: f"both {noun}s"}.get(count, f"all {count:,} {noun}s")


def is_or_are(things: Sequence[str]) -> str:
    """Return "is" for one thing, else "are"."""
    return "is" if len(things) == 1 else "are"


def suggest(written: str, known: Iterable[str]) -> str:
    """Suggest the known word closest to `written`; if none is close, list all known words."""
    known = list(known)
    nearest = get_close_matches(written, known, n=1)
    return f"did you mean {nearest[0]}?" if nearest else f"expected one of {', '.join(known)}"
