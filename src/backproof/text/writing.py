"""Write files completely or not at all; the path `-` is standard output."""

import os
import re
import shutil
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from backproof.errors import BackproofError
from backproof.text.unprintable import printable

STANDARD_OUTPUT = Path("-")
DRAFT = ".backproof-"  # prefix of the name of what is not complete yet
DESCRIPTOR = re.compile(r"/dev/(fd/|std)|/proc/[^/]+/(task/[^/]+/)?fd/")  # what is open already
NEVER = re.compile(b"(?!)")  # the beginning of no file: nothing that is there is replaced
BEGINNING = 100  # bytes that tell whether a file is one of this program's
NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a pipe would wait for its reader


class OutputFile:
    """A file to write, checked before the work that produces its content.

    A regular file is replaced by a draft of this program's own in the same folder when that is
    complete, so a reader sees the old content or the new. The permissions stay; of a symbolic link,
    the target is replaced. A pipe or a device is opened at once, and written to.
    """

    def __init__(
        self, path: Path, inputs: Iterable[Path] = (), *, beginning: re.Pattern[bytes] | None = None
    ) -> None:
        """Raises `BackproofError` if `path` cannot be written, or is one of the `inputs`.

        The input may also be a file in a folder of the `inputs`. If a `beginning` is given, a file
        that begins otherwise is somebody else's, and not replaced.
        """
        self._path = path
        self._descriptor: int | None = None  # of a pipe or a device
        if path == STANDARD_OUTPUT:
            return
        with _refusing(path):
            _require_folder(path.parent)  # `realpath` takes a/../b for b, whether there is an a
            self._target = Path(os.path.realpath(path))
            there = _stat(path)
            if there is None:
                _try_draft(self._target.parent)
            elif stat.S_ISDIR(there.st_mode):
                raise BackproofError(f"{path}: cannot be written: it is a folder")
            elif not stat.S_ISREG(there.st_mode) or _names_descriptor(path):
                self._descriptor = _open_special(path)
            elif any(_is_same(there, file) for file in inputs):
                raise BackproofError(
                    f"{path}: cannot be written: this command reads it; name another file"
                )
            elif beginning and there.st_size and not beginning.match(_first_bytes(path)):
                raise BackproofError(
                    f"{path}: cannot be written: it is there and not of this command's making; "
                    "name another file"
                )
            elif not os.access(path, os.W_OK):
                raise BackproofError(f"{path}: cannot be written: Permission denied")
            else:
                _try_draft(self._target.parent)

    def write(self, text: str) -> None:
        """Write the whole content. Raises `BackproofError` if it cannot be written."""
        if self._path == STANDARD_OUTPUT:
            sys.stdout.write(printable(text, keep="\n\t"))
            sys.stdout.flush()
            return
        content = text.encode(errors="replace")
        with _refusing(self._path):
            if self._descriptor is None:
                _replace(self._target, content)
            else:
                with os.fdopen(self._descriptor, "wb") as file:
                    file.write(content)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, if missing.

    Raises `BackproofError` if it cannot be created or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackproofError(f"{folder}: cannot be created: {error.strerror}") from error
    with _refusing(folder):
        _try_draft(folder)


def write_folder(folder: Path, texts: Mapping[str, str]) -> None:
    """Write all files, given by their paths in the folder, or none. It must be new or empty.

    Raises `BackproofError` if the folder is not empty or cannot be written.
    """
    with _refusing(folder):
        is_new = _stat(folder) is None
        if not is_new and not folder.is_dir():
            raise BackproofError(f"{folder}: is a file; choose a new or empty folder")
        if not is_new and any(folder.iterdir()):
            raise BackproofError(f"{folder}: is not empty; choose a new or empty folder")
        if is_new:
            folder.mkdir()
        try:
            with TemporaryDirectory(prefix=DRAFT, dir=folder) as draft:
                for name, text in texts.items():
                    path = Path(draft, name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, encoding="utf-8", newline="\n")
                for entry in list(Path(draft).iterdir()):
                    entry.rename(folder / entry.name)
        except BaseException:
            if is_new:
                shutil.rmtree(folder, ignore_errors=True)
            raise


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn an error of the system into a `BackproofError` about `path`."""
    try:
        yield
    except OSError as error:
        raise BackproofError(f"{path}: cannot be written: {error.strerror}") from error


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_same(there: os.stat_result, source: Path) -> bool:
    """Whether a file is `source`, or is in it if it is a folder."""
    with suppress(OSError):  # reported where the source is read
        files = source.iterdir() if source.is_dir() else [source]
        return any(os.path.samestat(there, file.stat()) for file in files)
    return False


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BEGINNING)


def _names_descriptor(path: Path) -> bool:
    return DESCRIPTOR.match(str(path.absolute())) is not None


def _open_special(path: Path) -> int:
    """Open a pipe or a device, without waiting for a reader."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | NO_WAIT)
    except OSError:
        if path.is_fifo():
            raise BackproofError(
                f"{path}: cannot be written: no program reads this pipe; start the reader first"
            ) from None
        raise
    if NO_WAIT:
        os.set_blocking(descriptor, True)
    return descriptor


def _require_folder(folder: Path) -> None:
    """Raise `OSError` if there is no such folder."""
    if not folder.is_dir():
        where = printable(str(folder.absolute()))
        raise OSError(None, f"the folder {where} does not exist")


def _try_draft(folder: Path) -> None:
    """Create a draft and remove it. Raises `OSError` if that is impossible."""
    _require_folder(folder)
    draft = _draft_in(folder)
    draft.touch(exist_ok=False)
    draft.unlink()


def _draft_in(folder: Path) -> Path:
    return folder / f"{DRAFT}{uuid4().hex}"


def _replace(target: Path, content: bytes) -> None:
    draft = _draft_in(target.parent)
    try:
        with draft.open("xb") as file:
            if there := _stat(target):
                _keep_permissions(draft, there)  # before anybody could read what is in it
            file.write(content)
        draft.replace(target)
    except BaseException:  # Ctrl-C included: leave no draft
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _keep_permissions(draft: Path, there: os.stat_result) -> None:
    """Give a draft the owner and the mode of the file that it is to replace."""
    if hasattr(os, "chown"):
        with suppress(PermissionError):  # only the superuser may give a file away
            os.chown(draft, there.st_uid, there.st_gid)
    draft.chmod(stat.S_IMODE(there.st_mode))
