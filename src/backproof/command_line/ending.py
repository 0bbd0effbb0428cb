"""How a command ends that does not end by itself: its exit status, and the sentence that says why.

Status 1 is a verdict, so whatever is not one must not end with it.
"""

import io
import os
from traceback import format_exception_only

import click

from backproof.command_line.exit_code import ExitCode
from backproof.command_line.streams import StreamLost
from backproof.errors import BackproofError

COMPLETION = "_BACKPROOF_COMPLETE"  # set by the completion scripts of shells, which click writes


def explain_ending(error: BaseException) -> tuple[int, str]:
    """Return the exit status after an exception, and the sentence to print, or ""."""
    status: int = ExitCode.USAGE_ERROR
    match error:
        case StreamLost(reader_gone=True):
            status, said = ExitCode.PIPE_CLOSED, ""
        case SystemExit(code=int(code)) if code > 128:  # by a signal
            status, said = code, ""
        case SystemExit(code=0) if COMPLETION in os.environ:  # a shell completes a command
            status, said = ExitCode.OK, ""
        case KeyboardInterrupt() | click.Abort(__cause__=KeyboardInterrupt()):
            status, said = ExitCode.INTERRUPTED, "Interrupted."
        case click.ClickException():
            shown = io.StringIO()
            error.show(shown)
            said = shown.getvalue().rstrip()
        case BackproofError() | StreamLost():
            said = f"Error: {error}"
        case OSError(strerror=str(reason)):
            said = f"Error: {error.filename}: {reason}" if error.filename else f"Error: {reason}"
        case _:
            told = " ".join("".join(format_exception_only(error)).split())
            said = f"Error: unforeseen: {told}. The option --traceback shows where"
    return status, said
