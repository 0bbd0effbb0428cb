"""Child processes: line-by-line requests with a time limit, and cleanup of all descendants."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Lock, Thread
from time import monotonic
from typing import IO, Any, Literal
from uuid import uuid4

import psutil

from backproof.ports.supervision import Supervision
from backproof.ports.wire import MAX_BYTES
from backproof.text.english import count_bytes
from backproof.text.unprintable import printable

CHUNK = 2**16
MAX_LINE_SHOWN = 100  # bytes shown of an unrequested line
TAIL = 2000  # bytes shown of standard error
EXIT_TIMEOUT = 5.0  # seconds allowed to exit after the end of input, and for a pipe to end
POLL_INTERVAL = 0.1  # seconds between checks that the process is still alive
LAST_LOOK = 1.0  # seconds for what came in time to be read, as while this program was suspended
SILENT_HINT = "Does it flush after each line, and read no further than the end of a request's line?"
KILL_ROUNDS = 10  # attempts to kill all descendants, which may start more meanwhile
MARK = "BACKPROOF_PROCESS"  # environment variable that marks all descendants of the child


class ProcessFailure(Exception):
    """The process did not respond; `outcome` classifies the failure, the message describes it."""

    def __init__(
        self,
        outcome: Literal["crash", "timeout", "error"],
        message: str,
        status: int | None = None,
        stderr_tail: str = "",
    ) -> None:
        stop = "" if message.endswith("?") else "."
        super().__init__(
            f"{message}{stop} Its standard error ends with: {stderr_tail}"
            if stderr_tail
            else message
        )
        self.outcome = outcome
        self.status = status  # exit status, if it exited
        self.stderr_tail = stderr_tail  # the end of its standard error


class ProcessTree:
    """A running command and all its descendants, to be killed together."""

    def __init__(self, command: Sequence[str], folder: Path | None, **streams: Any) -> None:
        """Start the command in `folder`. Raises `OSError` if it cannot be started."""
        self._mark = uuid4().hex
        self._killing = Lock()
        self._known: set[psutil.Process] = (
            set()
        )  # members found so far, even if later unrecognizable
        options = {"cwd": folder, "env": os.environ | {MARK: self._mark}, **streams}
        self._supervision = Supervision(command, **options) if os.name == "posix" else None
        self.parent: subprocess.Popen[bytes]  # exits as the command does
        if self._supervision is None:
            self.parent = subprocess.Popen(command, **options)
            self._leader = self.parent.pid
        else:
            self.parent = self._supervision.supervisor
            self._leader = self._supervision.leader

    def remember_members(self) -> None:
        """Remember the current members: one that cleared its environment is found by its parent."""
        self._known.update(self._running())

    def kill_all(self) -> int:
        """Kill all members, from any thread; return how many but the command itself still ran."""
        with self._killing:
            others = self._supervision.end() if self._supervision else 0
            ended = {self.parent.pid, self._leader}
            for _ in range(KILL_ROUNDS):
                running = self._running()
                if not running:
                    break
                for process in running:
                    others += process.pid not in ended
                    ended.add(process.pid)
                    with suppress(psutil.Error):
                        process.kill()
                psutil.wait_procs(running, timeout=1)
            self.parent.poll()
            return others

    def _running(self) -> list[psutil.Process]:
        """Find the parent and all its descendants, including orphans."""
        parent = self.parent.pid
        there = self.parent.poll() is None
        # Once the command has exited, another process may reuse its id.
        session = self._leader if there or not psutil.pid_exists(self._leader) else None
        children: dict[int, list[psutil.Process]] = {}
        waiting = [process for process in tuple(self._known) if process.is_running()]
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                children.setdefault(process.ppid(), []).append(process)
                if process.pid == parent:
                    belongs = there
                else:
                    belongs = _session(process) == session or self._marked(process)
                if belongs:
                    waiting.append(process)
        found: set[psutil.Process] = set()
        while waiting:
            process = waiting.pop()
            if process not in found:
                found.add(process)
                waiting += children.get(process.pid, ())
        return [process for process in found if not _is_zombie(process)]

    def _marked(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):  # another user's process
            return bool(process.environ().get(MARK) == self._mark)
        return False


def _session(process: psutil.Process) -> int:
    """Return the session id of a process, or 0, which is never one, if there is none."""
    with suppress(OSError):
        return os.getsid(process.pid) if hasattr(os, "getsid") else 0
    return 0


def _is_zombie(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return True  # it has exited


class Process:
    """A running command that receives requests and returns responses, one line each."""

    def __init__(self, command: Sequence[str], folder: Path | None = None) -> None:
        """Start the command in `folder`. Raises `OSError` if it cannot be started."""
        pipe = subprocess.PIPE
        self._family = ProcessTree(command, folder, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
        self._child = self._family.parent
        self._requests: Queue[bytes | None] = Queue()
        self._lines: Queue[bytes | None] = Queue()  # None marks the end
        self._answered = False  # whether it has ever responded
        self._unread = bytearray()  # an incomplete line
        # Bytes in response to a request, or before the first one, and those still allowed.
        self._limit = self._allowance = MAX_BYTES
        self._told = b""  # the end of standard error
        assert self._child.stdin
        assert self._child.stdout
        assert self._child.stderr
        Thread(target=self._write, args=(self._child.stdin,), daemon=True).start()
        self._reader = Thread(target=self._read, args=(self._child.stdout,), daemon=True)
        self._reader.start()
        self._listener = Thread(target=self._listen, args=(self._child.stderr,), daemon=True)
        self._listener.start()

    def exchange(self, request: bytes, seconds: float, max_bytes: int = MAX_BYTES) -> bytes:
        """Write a request line and return the response line, of at most `max_bytes`.

        Raises `ProcessFailure` if no response arrives in time, or if there is an unrequested line.
        """
        if not self._lines.empty():
            stray = self._lines.get_nowait()
            if stray is None:
                raise self._eof_failure()
            shown = stray[:MAX_LINE_SHOWN].decode(errors="replace")
            message = f"it wrote an unrequested line: {shown!r}{stdout_hint(stray)}"
            raise ProcessFailure("error", message)
        self._limit = self._allowance = max_bytes
        self._requests.put(request)
        deadline = monotonic() + seconds
        ended = late = False
        while True:
            left = LAST_LOOK if late else max(0.0, min(POLL_INTERVAL, deadline - monotonic()))
            try:
                line = self._lines.get(timeout=left)
            except Empty:
                if ended:
                    raise self._crash_failure() from None
                if late:
                    raise self._timeout_failure(seconds) from None
                late = monotonic() >= deadline
                ended = self._child.poll() is not None
                if ended:
                    self._read_to_the_end(self._reader)  # it may have answered before
            else:
                if line is None:
                    raise self._eof_failure()
                self._answered = True
                return line

    def close(self) -> str:
        """Close standard input, wait for the exit, and kill what still runs.

        Return what was wrong with the exit, or "".
        """
        self._family.remember_members()
        self._requests.put(None)
        try:
            status = self._child.wait(EXIT_TIMEOUT)
        except subprocess.TimeoutExpired:
            wrong = f"it did not exit within {EXIT_TIMEOUT:g} s after the end of its input"
        else:
            wrong = f"after the end of its input it {describe_exit(status)}" if status else ""
        left = self.kill()
        self._reader.join(EXIT_TIMEOUT)  # for its last output
        more = "it wrote unrequested output" if self._unread or self._lines.qsize() > 1 else ""
        family = f"it left child processes running: {left}" if left else ""
        return "; ".join(filter(None, (wrong, more, family)))

    def kill(self) -> int:
        """Kill the process and its descendants; return how many of these were still running."""
        others = self._family.kill_all()
        self._requests.put(None)
        return others

    def _write(self, pipe: IO[bytes]) -> None:
        with suppress(OSError), pipe:  # `exchange` notices when the process has exited
            while (request := self._requests.get()) is not None:
                rest = memoryview(request)
                while rest:
                    rest = rest[pipe.write(rest) :]

    def _read(self, pipe: IO[bytes]) -> None:
        with suppress(OSError), pipe:
            while chunk := pipe.read(CHUNK):
                self._allowance -= len(chunk)
                if self._allowance < 0:
                    break
                first, *others = chunk.split(b"\n")
                self._unread += first
                for beginning in others:
                    self._lines.put(bytes(self._unread))
                    self._unread = bytearray(beginning)
        self._lines.put(None)

    def _listen(self, pipe: IO[bytes]) -> None:
        with suppress(OSError), pipe:
            while chunk := pipe.read(CHUNK):
                self._told = (self._told + chunk)[-TAIL:]

    def _timeout_failure(self, seconds: float) -> ProcessFailure:
        hint = "" if self._answered else f". {SILENT_HINT}"
        if self._unread:
            hint = f"; it wrote {len(self._unread):,} bytes without a newline"
        message = f"it did not respond within {seconds:g} s{hint}"
        return ProcessFailure("timeout", message, stderr_tail=self._tail())

    def _eof_failure(self) -> ProcessFailure:
        """Explain why there will be no more lines."""
        self._lines.put(None)  # for a later call
        if self._allowance < 0:
            return ProcessFailure(
                "error", f"it wrote more than {count_bytes(self._limit)} for one request"
            )
        try:
            self._child.wait(EXIT_TIMEOUT)
        except subprocess.TimeoutExpired:
            return ProcessFailure("error", "it closed its standard output but kept running")
        return self._crash_failure()

    def _read_to_the_end(self, thread: Thread) -> None:
        """Wait until a pipe of the process, which has gone, is read: what it wrote last is there.

        A pipe has no end while anything that the process started holds it open, so that goes, too.
        """
        self._family.kill_all()
        thread.join(EXIT_TIMEOUT)

    def _crash_failure(self) -> ProcessFailure:
        self._read_to_the_end(self._listener)
        status = self._child.wait()
        unread = len(self._unread)
        half = f" in the middle of a line, after {unread:,} bytes" if unread else ""
        return ProcessFailure("crash", f"it {describe_exit(status)}{half}", status, self._tail())

    def _tail(self) -> str:
        return printable(self._told.decode(errors="replace").strip(), keep="\n\t")


def stdout_hint(line: bytes) -> str:
    """Hint where to print a line that is not a response, such as debugging output."""
    if line.lstrip().startswith(b"{"):
        return ""
    return ". Standard output is for responses only; print to standard error."


def describe_exit(status: int) -> str:
    """Complete a sentence about a process that ended with this status, such as "it …"."""
    if status >= 0:
        return f"exited with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"
