"""Read JSON files of unknown origin, with numbers as they are written."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from backproof.errors import BackproofError
from backproof.text.reading import first_duplicate_key, read_text

MAX_INTEGER = 18  # digits; a longer integer is kept as text


class DuplicateKeys(dict[str, Any]):
    """An object with a duplicate key."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated = first_duplicate_key(pairs)


def read_json(path: Path, max_bytes: int, error_type: type[BackproofError]) -> dict[str, Any]:
    """Return the JSON object in a file; its numbers stay text, except for short integers.

    Raises an exception of the given type if the file is not a regular file, is too large, is not
    JSON in UTF-8, or does not contain an object.
    """
    text = read_text(path, max_bytes, error_type)
    try:
        data = _parsed(text)
    except json.JSONDecodeError as error:
        raise error_type(
            f"{path}: is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from error
    except ValueError as error:
        raise error_type(f"{path}: is not JSON: {error}") from error
    except RecursionError as error:
        raise error_type(f"{path}: is nested too deeply") from error
    if not isinstance(data, dict):
        raise error_type(f'{path}: must contain a JSON object, such as {{"inputs": …}}')
    return data


def duplicate_keys(data: Any) -> Iterator[str]:
    """Yield every key that an object has twice."""
    if isinstance(data, DuplicateKeys):
        yield data.repeated
    for value in data.values() if isinstance(data, dict) else data:
        if isinstance(value, dict | list):
            yield from duplicate_keys(value)


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
    return members if len(members) == len(pairs) else DuplicateKeys(pairs)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f'{name} must be in quotes: "{name}"')
