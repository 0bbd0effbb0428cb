"""What a name stands for, on the command line and in files: one test vector or several."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import translate

from backproof.errors import BackproofError

WILDCARDS = re.compile(r"[*?\[]")


def compile_name(name: str) -> re.Pattern[str]:
    """Return a regular expression for the ids that a name stands for.

    A name is an id, the beginning of ids up to a slash, or a pattern of whole ids: `*` matches any
    characters, slashes too, `?` matches one, and `[…]` one of those in it.
    """
    if WILDCARDS.search(name):
        return re.compile(translate(name))
    return re.compile(rf"{re.escape(name.rstrip('/'))}(/.*)?\Z")


def escape_id(id_: str) -> str:
    """Return a pattern that stands for this id alone, even if others begin with it."""
    return f"{id_[:-1]}[{id_[-1]}]"


def resolve_ids(name: str, known: Iterable[str]) -> list[str]:
    """Return the ids that a name stands for. Raises `BackproofError` if there are none."""
    known = list(known)
    pattern = compile_name(name)
    found = [id_ for id_ in known if pattern.match(id_)]
    if not found:
        raise unknown_vector_error(name, known)
    return found


def unknown_vector_error(name: str, known: Iterable[str]) -> BackproofError:
    """Return the exception for a name that stands for nothing; its message has the nearest ids."""
    if WILDCARDS.search(name):
        return BackproofError(
            f"{name}: no test vector's id matches this pattern; `backproof vectors list` lists all"
        )
    nearest = get_close_matches(name, list(known), n=3)
    hint = (
        f"did you mean {' or '.join(nearest)}?"
        if nearest
        else "`backproof vectors list` lists all ids"
    )
    return BackproofError(f"{name}: no test vector has this id; {hint}")
