"""Read files of unknown origin in bounded time and memory."""

import os
import re
import stat
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from backproof.errors import BackproofError
from backproof.text.english import count_bytes
from backproof.text.unprintable import printable

A_FILE = "a file"
KINDS = {
    stat.S_IFREG: A_FILE,
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
TOML_STRINGS = (r'"""(?:\\.|[^\\])*?"""', r"'''.*?'''", r'"(?:\\.|[^"\\])*"', r"'[^']*'")
TOML_COMMENT = r"#[^\n]*"
NOT_DECIMAL = r"(?<![\w.+-])0[box]\w+"
TOKEN = re.compile("|".join([*TOML_STRINGS, TOML_COMMENT, NOT_DECIMAL]), re.DOTALL)
MAX_LINE = 1000  # characters: the TOML parser's time grows with the square of a key's length


def first_duplicate_key(pairs: Iterable[tuple[str, Any]]) -> str:
    """Return the first key that occurs more than once; at least one must."""
    times = Counter(key for key, _ in pairs)
    return next(key for key in times if times[key] > 1)


def kind_of_file(status: os.stat_result) -> str:
    """Return what a path leads to, with an article."""
    return KINDS.get(stat.S_IFMT(status.st_mode), "something unknown")


def sort_files(found: Sequence[Path], error_type: type[BackproofError]) -> list[Path]:
    """Return files that were found in a folder, sorted.

    Raises an exception of the given type if the name of one could not be shown on one line.
    """
    for path in found:
        if "\n" in str(path):
            raise error_type(f"{printable(str(path))}: contains a line break: rename it")
    return sorted(found)


def read_text(path: Path, max_bytes: int, error_type: type[BackproofError]) -> str:
    """Return the text of a file.

    Raises an exception of the given type if it cannot be read, is not a regular file, is too large,
    or is not UTF-8.
    """
    try:
        there = path.stat()
        if not stat.S_ISREG(there.st_mode):
            raise error_type(f"{path}: is {kind_of_file(there)}, not a regular file")
        with path.open("rb") as file:
            raw = file.read(max_bytes + 1)
    except OSError as error:
        raise error_type(f"{path}: cannot be read: {error.strerror}") from error
    if len(raw) > max_bytes:
        raise error_type(f"{path}: is larger than {count_bytes(max_bytes)}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise error_type(
            f"{path}: is not UTF-8 (byte {error.start + 1} is invalid): save it as UTF-8"
        ) from error


def read_toml(
    path: Path,
    max_bytes: int,
    error_type: type[BackproofError],
    parse_float: Callable[[str], Any] = float,
) -> dict[str, Any]:
    """Return the content of a TOML file; `parse_float` parses its decimal numbers.

    Raises an exception of the given type if it cannot be read, is not TOML or has a number that is
    not decimal: what was typed would be lost.
    """
    text = read_text(path, max_bytes, error_type)
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > MAX_LINE:
            raise error_type(f"{path}: line {number} is longer than {MAX_LINE:,} characters")
    try:
        content = tomllib.loads(text, parse_float=parse_float)
    except ValueError as error:
        raise error_type(f"{path}: is not TOML: {error}") from error
    except RecursionError as error:
        raise error_type(f"{path}: is nested too deeply") from error
    for token in TOKEN.finditer(text):
        if token[0].startswith("0"):
            number_of_line = 1 + text.count("\n", 0, token.start())
            raise error_type(
                f"{path}: line {number_of_line}: {token[0]} is not decimal: write it with the "
                "digits 0 to 9"
            )
    return content
