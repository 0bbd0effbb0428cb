"""The folder for what a build makes: whatever that is, it is removed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from uuid import uuid4


class BuildFolder:
    """An empty folder for a build: `path`, in a temporary folder that is this object's own."""

    def __init__(self) -> None:
        """Create it. Raises `OSError` if that is impossible."""
        self._own = Path(mkdtemp(prefix="backproof-"))
        self._status = self._own.stat()
        self.path = self._own / "build"
        self.path.mkdir()

    def remove(self) -> str:
        """Remove it with all that is in it; return what is left and why, or "".

        Links are removed, not followed. Each folder is moved into the own one before it is emptied,
        so that paths stay short however deep it was. What is mounted cannot be moved, and is left.
        """
        failures: list[OSError] = []
        waiting, emptied = [self._own], []
        with _noting(failures):
            if not os.path.samestat(self._own.lstat(), self._status):
                return f"its build folder is left, as there is another one at {self._own}"
            while waiting:
                folder = waiting.pop()
                emptied.append(folder)
                _claim(folder)
                for entry in list(os.scandir(folder)):
                    with _noting(failures):
                        waiting += self._remove(entry)
        for folder in reversed(emptied):
            with _noting(failures):
                folder.rmdir()
        if not failures:
            return ""
        return f"its build folder is left: {failures[0].filename}: {failures[0].strerror}"

    def _remove(self, entry: os.DirEntry[str]) -> list[Path]:
        """Remove a file or a link; move a folder, and return its new place."""
        status = entry.stat(follow_symlinks=False)
        junction = getattr(status, "st_reparse_tag", 0)  # Windows
        if junction or not entry.is_dir(follow_symlinks=False):
            Path(entry).unlink()
            return []
        _claim(entry)
        return [Path(entry).rename(self._own / uuid4().hex)]


@contextmanager
def _noting(failures: list[OSError]) -> Iterator[None]:
    """Note an exception, and go on; what is not there need not be removed."""
    try:
        yield
    except FileNotFoundError:
        pass
    except OSError as error:
        failures.append(error)


def _claim(folder: os.PathLike[str]) -> None:
    """Give oneself all rights to a folder."""
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        Path(folder).chmod(0o700)
