"""Write files completely or not at all; the path `-` is standard output."""

import os
import sys
from contextlib import suppress
from pathlib import Path

from backproof.errors import BackproofError

STANDARD_OUTPUT = Path("-")


def check_writable(path: Path) -> None:
    """Check that `path` can be written, before the work that produces its content.

    Raises `BackproofError` if `path` is a folder, its folder is missing, or permission is denied.
    """
    if path == STANDARD_OUTPUT:
        return
    folder = path.resolve().parent
    if path.is_dir():
        raise BackproofError(f"{path}: cannot be written: it is a folder")
    if not folder.is_dir():
        raise BackproofError(f"{path}: cannot be written: the folder {folder} does not exist")
    if not os.access(folder if _replaceable(path) else path, os.W_OK):
        raise BackproofError(f"{path}: cannot be written: Permission denied")


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, if missing.

    Raises `BackproofError` if it cannot be created or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackproofError(f"{folder}: cannot be created: {error.strerror}") from error
    check_writable(folder / "any")


def write(path: Path, text: str) -> None:
    """Write a file completely or not at all. Raises `BackproofError` if it cannot be written."""
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
    """Return whether `path` may be replaced by a new file; a pipe or a device may not."""
    return path.is_file() or not path.exists()


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.part")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    except BaseException:  # Ctrl-C included: leave no partial file
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
