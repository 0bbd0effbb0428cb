"""Helpers for English sentences: lists, counts, constants, suggestions."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fractions import Fraction


def join_words(things: Sequence[str]) -> str:
    """Join words into a list: `a`, `a and b`, `a, b and c`."""
    *others, last = things
    return f"{', '.join(others)} and {last}" if others else last


def count_noun(count: int, noun: str) -> str:
    """Write a count with its noun: `1 row`, `1,024 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def count_bytes(count: int) -> str:
    """Write a number of bytes exactly, in the largest unit that divides it: `68 KiB`, `1 MiB`."""
    for size, unit in ((2**20, "MiB"), (2**10, "KiB")):
        if count and count % size == 0:
            return f"{count // size:,} {unit}"
    return count_noun(count, "byte")


def count_all(count: int, noun: str) -> str:
    """Write that all `count` are meant: `the row`, `both rows`, `all 14 rows`."""
    return {1: f"the {noun}", 2: f"both {noun}s"}.get(count, f"all {count:,} {noun}s")


def format_constant(constant: Fraction) -> str:
    """Write a constant as a decimal, or as a fraction if its decimal does not end."""
    decimal = repr(float(constant)).removesuffix(".0")
    text = decimal if Fraction(decimal) == constant else str(constant)
    return text.replace("-", "−", 1) if constant < 0 else text


def is_or_are(things: Sequence[str]) -> str:
    """Return "is" for one thing, else "are"."""
    return "is" if len(things) == 1 else "are"


def suggest(written: str, known: Iterable[str]) -> str:
    """Suggest the known word closest to `written`; if none is close, list all known words."""
    known = list(known)
    nearest = get_close_matches(written, known, n=1)
    return f"did you mean {nearest[0]}?" if nearest else f"expected one of {', '.join(known)}"
