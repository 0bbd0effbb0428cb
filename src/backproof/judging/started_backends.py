"""Backends, each in a process of its own, side by side: every command drives them through this."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from backproof.errors import BackproofError, SpecError, Unavailable
from backproof.judging.one_backend import require_dtypes
from backproof.judging.results import Run, RunOutcome, require_no_refusal
from backproof.ports.launching import find_launch
from backproof.ports.remote_driver import RemoteDriver
from backproof.ports.responses import StartFailure
from backproof.ports.specs import verify_spec

SIGNAL_INTERVAL = 0.1  # seconds between two checks for signals

R = TypeVar("R")


@dataclass(frozen=True)
class StartedBackends:
    """Backends that run, each a driver; in place of one that could not be started, a run says why.

    They are in the order of their specs.
    """

    drivers: Sequence[RemoteDriver | Run]
    _pool: ThreadPoolExecutor

    def map(self, function: Callable[[RemoteDriver | Run], R]) -> Iterator[R]:
        """Apply a function to each, as many at a time as there are cores; yield in order."""
        return wait_for([self._pool.submit(function, driver) for driver in self.drivers])


@contextmanager
def start_backends(
    specs: Sequence[str],
    dtypes: Sequence[str],
    device: str,
    timeout: float,
    *,
    explicit: bool,
) -> Iterator[StartedBackends]:
    """Start backends, and end them afterwards: no process is left behind, however it ends.

    `timeout` is in seconds, to start and for each response. If the specs were given `explicit`ly,
    each must name a valid backend that is installed and supports one of the dtypes, if any are
    given. The run of one that does not has a refusal; this raises it, a `BackproofError`, if none
    can be run, and at once if a spec names nothing.
    """
    if explicit:
        for spec in specs:
            _require_named(spec)
    prepared = [_prepare(spec, device, timeout, explicit=explicit) for spec in specs]
    pool = ThreadPoolExecutor(available_cores())
    with ExitStack() as ending:
        for driver in prepared:
            if isinstance(driver, RemoteDriver):
                ending.callback(driver.stop)
        # Comes first, and waits for no thread: a signal must end the program.
        ending.callback(pool.shutdown, wait=False, cancel_futures=True)
        starting = [
            pool.submit(_start, spec, driver, dtypes, explicit=explicit)
            for spec, driver in zip(specs, prepared, strict=True)
        ]
        started = list(wait_for(starting))
        if all(isinstance(driver, Run) and driver.refusal for driver in started):
            require_no_refusal(driver for driver in started if isinstance(driver, Run))
        yield StartedBackends(started, pool)


def wait_for(futures: Iterable[Future[R]]) -> Iterator[R]:
    """Wait for each in turn, and return each result.

    The waits are short because Python handles signals in the main thread only, and a signal that
    arrives in another thread does not end a wait.
    """
    for future in futures:
        while not future.done():
            wait([future], SIGNAL_INTERVAL)
        yield future.result()


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _require_named(spec: str) -> None:
    """Raise `SpecError` if a spec names nothing, as after a slip of the pen."""
    try:
        verify_spec(spec)
    except SpecError as reason:
        raise _prefix_spec(spec, reason) from reason


def _prepare(spec: str, device: str, timeout: float, *, explicit: bool) -> RemoteDriver | Run:
    try:
        return RemoteDriver(find_launch(spec, device), timeout)
    except SpecError as reason:
        return _run_of_none(spec, spec, reason, explicit=explicit)


def _start(
    spec: str, driver: RemoteDriver | Run, dtypes: Sequence[str], *, explicit: bool
) -> RemoteDriver | Run:
    if isinstance(driver, Run):
        return driver
    try:
        driver.start()
        if explicit and dtypes:
            require_dtypes(spec, driver.dtypes, dtypes)
    except StartFailure as failure:
        return Run(
            driver.name,
            driver.version,
            None,
            start_outcome=failure.outcome,
            message=str(failure),
            notes=tuple(filter(None, [driver.stop()])),
        )
    except BackproofError as reason:
        return _run_of_none(spec, driver.name, reason, explicit=explicit)
    return driver


def _prefix_spec(spec: str, reason: BackproofError) -> BackproofError:
    """Prefix an error with the spec that it is about, unless it begins with it."""
    said = str(reason).startswith((f"{spec}:", f"{spec} "))
    return reason if said else type(reason)(f"{spec}: {reason}")


def _run_of_none(spec: str, name: str, reason: BackproofError, *, explicit: bool) -> Run:
    """Return the run of a backend that cannot be checked; if it was named, it is refused."""
    refusal = _prefix_spec(spec, reason) if explicit else None
    outcome: RunOutcome = "unsupported"
    if isinstance(reason, SpecError):
        outcome = "unavailable" if isinstance(reason, Unavailable) else "error"
    message = str(refusal or reason)
    return Run(name, "", None, start_outcome=outcome, message=message, refusal=refusal)
