"""A file of unknown origin: read in bounded time and memory, every number as it is written."""

import json
import re
import stat
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from backproof.errors import BackproofError, VectorFileError

MAX_BYTES = 8 * 2**20
MAX_ITEMS = 10_000  # of one list
MAX_INTEGER = 18  # digits; a longer one stays text
MAX_LINE = 1000  # characters: the TOML parser's time grows with the square of a key's length
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # control characters, lone surrogates

Place = tuple[str | int, ...]  # ("vectors", 0, "inputs", "X"): the way from the top to a value


class _Repeating(dict[str, Any]):
    """An object in which a key stands twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated = repeated(pairs)


def repeated(pairs: Iterable[tuple[str, Any]]) -> str:
    """Return the first key of an object that stands more than once; one must."""
    times = Counter(key for key, _ in pairs)
    return next(key for key in times if times[key] > 1)


def read_text(path: Path, max_bytes: int, kind: type[BackproofError]) -> str:
    """Return the text of a file.

    Raises an error of the `kind` given if it is no regular file, is too large, or is not UTF-8.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise kind(f"{path}: is not a regular file")
        with path.open("rb") as file:
            raw = file.read(max_bytes + 1)
    except OSError as error:
        raise kind(f"{path}: cannot be read: {error.strerror}") from error
    if len(raw) > max_bytes:
        large = max_bytes >= 2**20
        most = f"{max_bytes // 2**20} MiB" if large else f"{max_bytes // 2**10} KiB"
        raise kind(f"{path}: is larger than {most}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise kind(
            f"{path}: is not UTF-8 (byte {error.start + 1} cannot be): save it as UTF-8"
        ) from error


def read(path: Path) -> dict[str, Any]:
    """Return the object that a file holds; its numbers are text, but for short whole ones.

    Raises `VectorFileError` if it is no regular file, is too large, or is not JSON in UTF-8.
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
        raise VectorFileError(f'{path}: must hold a JSON object, such as {{"inputs": …}}')
    return data


def read_toml(
    path: Path,
    max_bytes: int,
    kind: type[BackproofError],
    parse_float: Callable[[str], Any] = float,
) -> dict[str, Any]:
    """Return what a TOML file holds; `parse_float` reads its decimal numbers.

    Raises an error of the `kind` given if it cannot be read or is not TOML.
    """
    text = read_text(path, max_bytes, kind)
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise kind(f"{path}: line {number} is longer than {MAX_LINE:,} characters")
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except ValueError as error:
        raise kind(f"{path}: is not TOML: {error}") from error
    except RecursionError as error:
        raise kind(f"{path}: is nested too deeply") from error


def oddities(data: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Say where well-formed JSON holds what no vector file may."""
    if isinstance(data, str):
        if found := UNPRINTABLE.search(data):
            yield place, f"holds the character {found[0]!r}, which cannot be printed"
    elif isinstance(data, list):
        if len(data) > MAX_ITEMS:
            yield place, f"has {len(data):,} items, and may have {MAX_ITEMS:,} at most"
            return
        for i, item in enumerate(data):
            yield from oddities(item, (*place, i))
    elif isinstance(data, dict):
        if isinstance(data, _Repeating):
            yield place, f"has the key {data.repeated[:60]!r} twice"
        for key, value in data.items():
            yield from oddities(key, place)
            yield from oddities(value, (*place, key))


def _parsed(text: str) -> Any:
    if "\0" in text:
        raise ValueError("it holds NUL characters, as UTF-16 does: save it as UTF-8")
    return json.loads(
        text,
        object_pairs_hook=_object,
        parse_float=str,
        parse_int=lambda digits: int(digits) if len(digits) <= MAX_INTEGER else digits,
        parse_constant=_no_constant,
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    return members if len(members) == len(pairs) else _Repeating(pairs)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f'{name} must stand in quotes: "{name}"')
