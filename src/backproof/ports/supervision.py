"""Commands that end with this process, whatever ends it, by a supervisor for each. POSIX only."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from errno import ECONNRESET
from pathlib import Path
from typing import Any

START_TIMEOUT = 60.0  # seconds that a supervisor may take to start a command, …
END_TIMEOUT = 10.0  # … and to end it, before what it has started is looked for without it
# Isolated, and without what is installed, it starts sooner, and nothing there can change it.
PROGRAM = [sys.executable, "-I", "-S", str(Path(__file__).with_name("supervisor.py"))]


class Supervision:
    """A command that runs under a supervisor of its own, which ends it when this process ends."""

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        """Start the command, with these options of `Popen`.

        Raises `OSError` if it cannot be started.
        """
        self._line, theirs = socket.socketpair()
        with ExitStack() as undoing:
            undoing.callback(self._line.close)
            self._line.settimeout(START_TIMEOUT)
            with theirs, _above_standard_streams(theirs) as line:
                self.supervisor: subprocess.Popen[bytes] = subprocess.Popen(
                    [*PROGRAM, str(line), *command],
                    start_new_session=True,  # so that Ctrl-C reaches only backproof
                    pass_fds=[line],
                    **options,
                )
            for pipe in (self.supervisor.stdin, self.supervisor.stdout, self.supervisor.stderr):
                if pipe:
                    undoing.callback(pipe.close)
            self.leader = self._hear_start()  # the command's process id, and its session's
            undoing.pop_all()

    def end(self) -> int:
        """End what still runs; return how many processes, besides the command, had to be killed."""
        with suppress(OSError):  # it was ended before, or was killed itself
            self._line.settimeout(END_TIMEOUT)
            self.supervisor.send_signal(signal.SIGCONT)  # the command may have stopped it
            self._line.shutdown(socket.SHUT_WR)
        try:
            others = self._hear()
            self.supervisor.wait(END_TIMEOUT)
        except (OSError, subprocess.TimeoutExpired):  # the same: what remains must be looked for
            return 0
        finally:
            self._line.close()
        return others

    def _hear_start(self) -> int:
        """Return the command's process id. Raises `OSError` if it could not be started."""
        try:
            number = self._hear()
        except ConnectionResetError:  # it was killed before; whoever waits for it will see how
            return self.supervisor.pid
        if number <= 0:
            self.supervisor.wait(START_TIMEOUT)
            raise OSError(-number, os.strerror(-number))
        return number

    def _hear(self) -> int:
        """Read a number. Raises `OSError` if none comes."""
        said = b""
        while not said.endswith(b"\n"):
            more = self._line.recv(1)
            if not more:
                raise ConnectionResetError(ECONNRESET, "its supervisor was killed")
            said += more
        return int(said)


@contextmanager
def _above_standard_streams(line: socket.socket) -> Iterator[int]:
    """Duplicate a socket's descriptor to one that no standard stream of a child can take.

    Where this process's own are closed, the socket may have one of theirs.
    """
    import fcntl  # noqa: PLC0415  # not on Windows, where this module is imported, too

    descriptor = fcntl.fcntl(line, fcntl.F_DUPFD_CLOEXEC, 3)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
