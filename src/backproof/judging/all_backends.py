"""All backends, each in a process of its own, side by side."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from backproof.errors import SpecError, Unavailable
from backproof.judging.one_backend import check_backend, require_dtypes
from backproof.judging.results import Run, RunOutcome
from backproof.network.float_formats import FORMATS
from backproof.ports.launching import find_launch
from backproof.ports.remote_driver import RemoteDriver
from backproof.ports.responses import StartFailure
from backproof.vectors.vectors import Vector

SIGNAL_INTERVAL = 0.1  # seconds between two checks for signals

R = TypeVar("R")


@dataclass(frozen=True)
class CheckOptions:
    """What is run on every backend, and how."""

    vectors: Sequence[Vector]
    dtypes: Sequence[str]  # if empty, all that a backend supports
    device: str
    timeout: float  # seconds, to start and for each response
    on_vector_done: Callable[[], None] = lambda: None  # called after each vector
    on_run_done: Callable[[Run], Run] = lambda run: run  # applied to each run when it ends


def run_all(specs: Sequence[str], task: CheckOptions, *, explicit: bool) -> list[Run]:
    """Check the backends, as many at a time as there are cores; return their runs in order.

    If the specs were given `explicit`ly, all backends must start and support one of the dtypes:
    otherwise this raises `SpecError`, `Unavailable` or `BackproofError` before any vector is run.
    No process is left behind, however it ends.
    """
    prepared = [_prepare(spec, task, explicit=explicit) for spec in specs]
    remotes = [remote for remote in prepared if isinstance(remote, RemoteDriver)]
    pool = ThreadPoolExecutor(available_cores())
    with ExitStack() as ending:
        for remote in remotes:
            ending.callback(remote.stop)
        ending.callback(
            pool.shutdown, wait=False, cancel_futures=True
        )  # comes first, waits for none
        starting = [
            pool.submit(_start, spec, driver, explicit=explicit)
            for spec, driver in zip(specs, prepared, strict=True)
        ]
        started = list(_results(starting))
        if explicit and task.dtypes:
            for spec, driver in zip(specs, started, strict=True):
                if isinstance(driver, RemoteDriver):
                    require_dtypes(spec, driver.dtypes, task.dtypes)
        runs = _results([pool.submit(_check_all_dtypes, driver, task) for driver in started])
        return list(chain.from_iterable(runs))


def _results(futures: Iterable[Future[R]]) -> Iterator[R]:
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


def _prepare(spec: str, task: CheckOptions, *, explicit: bool) -> RemoteDriver | Run:
    try:
        return RemoteDriver(find_launch(spec, task.device), task.timeout)
    except SpecError as reason:
        if explicit:
            raise _prefix_spec(spec, reason) from reason
        return _unavailable_run(spec, reason)


def _start(spec: str, driver: RemoteDriver | Run, *, explicit: bool) -> RemoteDriver | Run:
    if isinstance(driver, Run):
        return driver
    try:
        driver.start()
    except StartFailure as failure:
        return Run(
            driver.name,
            driver.version,
            None,
            start_outcome=failure.outcome,
            message=str(failure),
            notes=tuple(filter(None, [driver.stop()])),
        )
    except SpecError as reason:
        if explicit:
            raise _prefix_spec(spec, reason) from reason
        return _unavailable_run(driver.name, reason)
    return driver


def _prefix_spec(spec: str, reason: SpecError) -> SpecError:
    """Prefix an error with the spec that it is about, unless it begins with it."""
    said = str(reason).startswith((f"{spec}:", f"{spec} "))
    return reason if said else type(reason)(f"{spec}: {reason}")


def _unavailable_run(name: str, reason: SpecError) -> Run:
    outcome: RunOutcome = "unavailable" if isinstance(reason, Unavailable) else "error"
    return Run(name, "", None, start_outcome=outcome, message=str(reason))


def _check_all_dtypes(driver: RemoteDriver | Run, task: CheckOptions) -> list[Run]:
    if isinstance(driver, Run):
        covered = [v for v in task.vectors if set(v.expected) & set(task.dtypes or FORMATS)]
        missed = 0 if driver.outcome == "unavailable" else len(covered)
        return [replace(driver, missed_count=missed)]
    runs = list(check_backend(driver, task.vectors, task.dtypes, task.on_vector_done))
    oddity = driver.close()
    notes = [
        *driver.notes,
        *([f"{oddity} (this fails `backproof check --smoke`)"] if oddity else []),
    ]
    return [task.on_run_done(replace(run, notes=tuple(notes))) for run in runs]
