"""The exit statuses of all commands."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit status of a command; a signal that stops it adds 128 to its number."""

    OK = 0  # everything conforms, is right or is valid
    FAILED = 1  # something does not conform, or is wrong
    USAGE_ERROR = 2  # the command could not be carried out
    INTERRUPTED = 130  # by Ctrl-C
    PIPE_CLOSED = 141  # 128 + SIGPIPE: nobody reads the output any more
