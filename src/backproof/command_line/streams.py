"""Standard output and standard error: nothing that is written to them is lost unnoticed."""

import io
import os
import sys
from typing import Any

from backproof.errors import BackproofError


class StreamLost(Exception):
    """A stream cannot be written to; the message says why.

    It is no `OSError`, which Click and Rich make status 1 of if nobody reads a pipe any more.
    """

    def __init__(self, name: str, error: OSError) -> None:
        super().__init__(f"{name} cannot be written: {error.strerror}")
        self.reader_gone = isinstance(error, BrokenPipeError)


class _Descriptor(io.FileIO):
    """A file descriptor that is written to nothing after the first failure."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            raise StreamLost(NAMES[self.fileno()], error) from error


NAMES = {1: "standard output", 2: "standard error"}


def guard_streams() -> None:
    """Make both streams raise `StreamLost`, and replace what a terminal cannot show.

    Raises `BackproofError` if standard output is closed.
    """
    if sys.stdout is None:
        raise BackproofError("standard output is closed; direct it to a file or to /dev/null")
    sys.stdout, sys.stderr = _guarded(sys.stdout), _guarded(sys.stderr)


def _guarded(stream: Any) -> Any:
    if not isinstance(stream, io.TextIOWrapper):  # closed, or replaced by a test
        return stream
    stream.reconfigure(errors="replace")  # the terminal may lack math symbols
    if stream not in (sys.__stdout__, sys.__stderr__) or stream.isatty():
        return stream
    raw = io.BufferedWriter(_Descriptor(stream.fileno(), "wb", closefd=False))
    return io.TextIOWrapper(raw, stream.encoding, "replace", line_buffering=True)
