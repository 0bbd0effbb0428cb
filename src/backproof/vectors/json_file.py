"""Read a vector file as JSON, with numbers as written, and find what JSON parsers let pass."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from backproof.errors import VectorFileError
from backproof.text.reading import UNPRINTABLE, first_duplicate_key, read_text

MAX_BYTES = 8 * 2**20
MAX_ITEMS = 10_000  # in one list
MAX_INTEGER = 18  # digits; a longer integer is kept as text
JsonPath = tuple[str | int, ...]  # the path to a value, such as ("vectors", 0, "inputs", "X")


class _DuplicateKeys(dict[str, Any]):
    """An object with a duplicate key."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated = first_duplicate_key(pairs)


def read_vector_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; its numbers stay text, except for short integers.

    Raises `VectorFileError` if the file is not a regular file, is too large, is not JSON in UTF-8,
    or does not contain an object.
    """
    text = read_text(path, MAX_BYTES, VectorFileError)
    try:
        data = _parsed(text)
    except json.JSONDecodeError as error:
        raise VectorFileError(
            f"{path}: is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except ValueError as error:
        raise VectorFileError(f"{path}: is not JSON: {error}") from error
    except RecursionError as error:
        raise VectorFileError(f"{path}: is nested too deeply") from error
    if not isinstance(data, dict):
        raise VectorFileError(f'{path}: must contain a JSON object, such as {{"inputs": …}}')
    return data


def find_problems(data: Any, place: JsonPath = ()) -> Iterator[tuple[JsonPath, str]]:
    """Yield, with its path, what well-formed JSON allows but a vector file does not."""
    if isinstance(data, str):
        if found := UNPRINTABLE.search(data):
            yield place, f"contains the character {found[0]!r}, which is not printable"
    elif isinstance(data, list):
        if len(data) > MAX_ITEMS:
            yield place, f"has {len(data):,} items; at most {MAX_ITEMS:,} are allowed"
            return
        for i, item in enumerate(data):
            yield from find_problems(item, (*place, i))
    elif isinstance(data, dict):
        if isinstance(data, _DuplicateKeys):
            yield place, f"has the key {data.repeated[:60]!r} twice"
        for key, value in data.items():
            yield from find_problems(key, place)
            yield from find_problems(value, (*place, key))


def _parsed(text: str) -> Any:
    if "\0" in text:
        raise ValueError("it contains NUL characters, as UTF-16 does: save it as UTF-8")
    return json.loads(
        text,
        object_pairs_hook=_object,
        parse_float=str,
        parse_int=lambda digits: int(digits) if len(digits) <= MAX_INTEGER else digits,
        parse_constant=_no_constant,
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _DuplicateKeys(pairs)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f'{name} must be in quotes: "{name}"')
