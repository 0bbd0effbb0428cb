"""Read a vector file, with numbers as written, and find what parsers let pass."""

from collections.abc import Iterator
from datetime import date, time
from pathlib import Path
from typing import Any

from backproof.errors import VectorFileError
from backproof.text.json_reading import DuplicateKeys, read_json
from backproof.text.reading import read_toml
from backproof.text.unprintable import UNPRINTABLE

MAX_BYTES = 8 * 2**20
MAX_TOML_BYTES = 2**18
MAX_ITEMS = 10_000  # in one list
NON_FINITE = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN", "-nan": "NaN"}  # in TOML
JsonPath = tuple[str | int, ...]  # the path to a value, such as ("vectors", 0, "inputs", "X")


def read_vector_data(path: Path) -> dict[str, Any]:
    """Return the content of a file, TOML if its name ends so, otherwise JSON.

    Numbers stay text, except for short integers. Raises `VectorFileError` if the file is not a
    regular file, is too large, or is neither in UTF-8.
    """
    if path.suffix == ".toml":
        data = read_toml(path, MAX_TOML_BYTES, VectorFileError, parse_float=_as_in_json)
        return {key: _without_dates(value) for key, value in data.items()}
    return read_json(path, MAX_BYTES, VectorFileError)


def _as_in_json(number: str) -> str:
    written = number.removeprefix("+").replace("_", "")
    return NON_FINITE.get(written, written)


def _without_dates(value: Any) -> Any:
    """Return data of TOML with its dates as text, as JSON would have them."""
    if isinstance(value, dict):
        return {key: _without_dates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_dates(item) for item in value]
    return str(value) if isinstance(value, date | time) else value


def find_problems(data: Any, place: JsonPath = ()) -> Iterator[tuple[JsonPath, str]]:
    """Yield, with its path, what a well-formed file may hold but a vector file does not."""
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
        if isinstance(data, DuplicateKeys):
            yield place, f"has the key {data.repeated[:60]!r} twice"
        for key, value in data.items():
            yield from find_problems(key, place)
            yield from find_problems(value, (*place, key))
