"""Run a command, and end it with all that it started: `supervisor.py LINE COMMAND…`.

LINE is the descriptor of a socket. When whoever holds its other end writes no more, or has died of
anything, the command is killed. The command's process id comes back, or minus the `errno` of why it
could not be started; at the end, how many other processes had to be killed. It exits as the command
did.

On Linux nothing that the command starts escapes: a process whose parent exits becomes a child of
the supervisor, wherever it went, and it kills its children until it has none. Elsewhere on POSIX it
kills the command's process group. A program of its own, which imports nothing else of backproof, so
that it starts at once.
"""

import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children")  # on Linux; this process has one thread


def _adopt_orphans() -> Callable[[], None]:
    """Become the parent of all descendants whose own parent exits.

    Returns what a child calls before it runs anything else, so as to be killed with this process.
    """
    from ctypes import CDLL  # noqa: PLC0415  # needed on Linux only

    prctl = CDLL(None).prctl
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    supervisor = os.getpid()

    def die_together() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:  # it died before
            os.kill(os.getpid(), signal.SIGKILL)

    return die_together


def _wait(child: int, line: int, woken: int) -> int | None:
    """Wait for the child's end, and return its status; None if the line ends before."""
    events = select.poll()
    for descriptor in (line, woken):
        events.register(descriptor, select.POLLIN)
    while True:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                if ended[0] == child:
                    return ended[1]
        if line in dict(events.poll()):
            return None
        os.read(woken, 2**10)


def _kill_all(child: int) -> tuple[int | None, int]:
    """Kill the child and its descendants.

    Returns the child's status, if it was still running, and how many others were.
    """
    status, others = None, 0
    _kill(os.killpg, child)
    with suppress(ChildProcessError):  # where there is none left
        while True:
            # One that is not listed yet has a parent that is ending, which is waited for here.
            for pid in map(int, CHILDREN.read_text().split()) if CHILDREN.exists() else ():
                _kill(os.killpg, os.getpgid(pid))
                _kill(os.kill, pid)  # it may just have left its group
            ended = os.wait()
            while ended != (0, 0):
                pid, how = ended
                if pid == child:
                    status = how
                else:
                    others += os.WIFSIGNALED(how) and os.WTERMSIG(how) == signal.SIGKILL
                ended = os.waitpid(-1, os.WNOHANG)
    return status, others


def _kill(how: Callable[[int, int], None], number: int) -> None:
    """Kill a process, or a group, of which none can start another meanwhile."""
    with suppress(ProcessLookupError, PermissionError):  # it has gone, or is another user's
        how(number, signal.SIGKILL)


def _exit_like(status: int) -> None:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        os._exit(code)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the child has dumped its own
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)


def main() -> None:
    """Run the command of the arguments."""
    line, command = int(sys.argv[1]), sys.argv[2:]
    woken, wake = os.pipe()  # by the end of a child
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    prepare = _adopt_orphans() if CHILDREN.exists() else None
    try:
        child = subprocess.Popen(
            command,
            start_new_session=True,  # so that it can be killed with all that shares it
            preexec_fn=prepare,  # noqa: PLW1509  # this process has one thread
        )
    except OSError as error:
        os.write(line, b"%d\n" % -(error.errno or 0))
        return
    os.write(line, b"%d\n" % child.pid)
    with Path(os.devnull).open("r+b") as nothing:
        for stream in range(3):  # whose ends are the child's alone
            os.dup2(nothing.fileno(), stream)
    status = _wait(child.pid, line, woken)
    killed, others = _kill_all(child.pid)
    with suppress(BrokenPipeError):  # nobody is there
        os.write(line, b"%d\n" % others)
    ended = status if killed is None else killed
    assert ended is not None
    _exit_like(ended)


if __name__ == "__main__":
    main()
