"""The processes that tests start, and which of them still run."""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from uuid import uuid4

import psutil

from backproof.ports.process import MARK

OURS = "BACKPROOF_PORT_OF_A_TEST"  # environment variable of the processes that a test starts
GIVEN_UP = 600.0  # seconds after which what is waited for will never come
SESSIONS = "BACKPROOF_TEST_SESSIONS"  # … that a run of tests starts, which may be within another


class ClockOfHanging:
    """Stands still while a port works, and passes the limit when one hangs: none is late for less.

    It goes on at the tenth look only, since what was written before is read by another thread.
    """

    def __init__(self, hangs: Path, limit: float) -> None:
        """`hangs` is the file that grows by a byte with each; `limit` is in seconds."""
        self._hangs = hangs
        self._limit = limit
        self._past = 0  # of them
        self._looks = 0

    def __call__(self) -> float:
        if self._hangs.stat().st_size > self._past:
            self._looks += 1
        if self._looks == 10:
            self._past, self._looks = self._past + 1, 0
        return self._past * (self._limit + 1)


def still_running(mark: str) -> dict[int, str]:
    """Return the backends with this mark that still run, their supervisors and their children."""

    def ours(environment: Mapping[str, str], command: str) -> bool:
        return (environment.get(OURS) == mark and MARK in environment) or f"'of {mark}'" in command

    return _commands(psutil.process_iter(), ours)


def wait_for_none(mark: str) -> None:
    """Wait until no such process is there; fail if some stay."""
    deadline = time.monotonic() + GIVEN_UP
    while (left := still_running(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == {}


def begin_session() -> str:
    """Mark all processes that are started from now on; return the mark."""
    mark = uuid4().hex
    os.environ[SESSIONS] = f"{os.environ.get(SESSIONS, '')} {mark}"
    return mark


def left_of_session(mark: str) -> dict[int, str]:
    """Return what still runs of a session: all with its mark, and this process's descendants."""
    return {
        **_commands(psutil.process_iter(), lambda there, _: mark in there.get(SESSIONS, "")),
        **_commands(psutil.Process().children(recursive=True), lambda *_: True),
    }


def _commands(
    processes: Iterable[psutil.Process], wanted: Callable[[Mapping[str, str], str], bool]
) -> dict[int, str]:
    """Return the commands, by process id, of other processes that have not exited."""
    found = {}
    for process in processes:
        try:
            environment, command = process.environ(), " ".join(process.cmdline())
            dead = process.status() == psutil.STATUS_ZOMBIE
        except psutil.Error:
            continue
        if wanted(environment, command) and not dead and process.pid != os.getpid():
            found[process.pid] = command
    return found
