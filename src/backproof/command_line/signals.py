"""Signals to stop: the first ends what is being done, a further one the program."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer, current_thread, main_thread
from types import FrameType

STOPPING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]
GRACE = 3.0  # seconds to go on cleaning up after a further signal


@contextmanager
def obeying_signals() -> Iterator[None]:
    """Raise on the first signal to stop, so that every `finally` runs, and end the program then.

    It waits for no thread. If a further signal comes meanwhile, the program ends within `GRACE`
    seconds. The exit status is 128 and the number of the first signal.
    """
    if current_thread() is not main_thread():  # handlers can only be set in the main thread
        yield
        return
    came: list[int] = []

    def stop(signum: int, _: FrameType | None) -> None:
        came.append(signum)
        if len(came) == 1:
            if signum == signal.SIGINT:
                raise KeyboardInterrupt
            sys.exit(128 + signum)
        if len(came) == 2:
            timer = Timer(GRACE, os._exit, [128 + came[0]])
            timer.daemon = True
            timer.start()

    before = {signum: signal.getsignal(signum) for signum in STOPPING}
    heeded = [signum for signum in STOPPING if before[signum] is not signal.SIG_IGN]  # by nohup
    try:
        for signum in heeded:
            signal.signal(signum, stop)
        yield
    finally:
        if came:
            for stream in (sys.stdout, sys.stderr):
                with suppress(OSError):  # nobody reads it
                    stream.flush()
            os._exit(128 + came[0])
        for signum in heeded:
            signal.signal(signum, before[signum])
