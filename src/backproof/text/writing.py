"""Files that are written whole or not at all; `-` is standard output."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from backproof.errors import BackproofError

STANDARD_OUTPUT = Path("-")


def check_writable(path: Path) -> None:
    """Find out before the work is done that its result could not be written.

    Raises `BackproofError` if `path` is a folder, lies in none, or may not be written.
    """
    if path == STANDARD_OUTPUT:
        return
    folder = path.resolve().parent
    if path.is_dir():
        raise BackproofError(f"{path}: cannot be written: it is a folder")
    if not folder.is_dir():
        raise BackproofError(f"{path}: cannot be written: there is no folder {folder}")
    if not os.access(folder if _replaceable(path) else path, os.W_OK):
        raise BackproofError(f"{path}: cannot be written: Permission denied")


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, unless it is there.

    Raises `BackproofError` if it cannot be made, or nothing can be written into it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackproofError(f"{folder}: cannot be made: {error.strerror}") from error
    check_writable(folder / "any")


def write(path: Path, text: str) -> None:
    """Write a whole file or none. Raises `BackproofError` if that cannot be done."""
    if path == STANDARD_OUTPUT:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        if _replaceable(path):
            _replace(path.resolve(), text)
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise BackproofError(f"{path}: cannot be written: {error.strerror}") from error


def _replaceable(path: Path) -> bool:
    """Say whether another file may take this one's place: a pipe's or a device's it may not."""
    return path.is_file() or not path.exists()


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.part")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    except BaseException:  # whatever it was, Ctrl-C too, half a file helps nobody
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
