"""What an exit status says, to a shell and to continuous integration."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended; a signal that stops it ends with 128 more than its number."""

    OK = 0  # conforms, is right, is valid
    FAILED = 1  # does not conform, or something is wrong with what was looked at
    USAGE_ERROR = 2  # cannot be done as asked
    INTERRUPTED = 130  # by Ctrl-C
