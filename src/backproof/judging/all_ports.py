"""All backends, each in a process of its own, side by side."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from backproof.errors import BackproofError, SpecError, Unavailable
from backproof.judging.one_port import check
from backproof.judging.results import Run, RunOutcome
from backproof.network.formats import FORMATS
from backproof.ports.launching import launch
from backproof.ports.remote import Remote
from backproof.ports.replies import StartFailure
from backproof.vectors.vectors import Vector

AWAKE = 0.1  # seconds between two looks at whether a signal has come

R = TypeVar("R")


@dataclass(frozen=True)
class Task:
    """What is put to every backend."""

    vectors: Sequence[Vector]
    dtypes: Sequence[str]  # those asked for; without any, whichever a backend claims
    device: str
    seconds: float  # to start, and for each answer
    seen: Callable[[], None] = lambda: None  # called after each vector
    finish: Callable[[Run], Run] = lambda run: run  # what is done with each run in the end


def run_all(specs: Sequence[str], task: Task, *, named: bool) -> list[Run]:
    """Check the backends, as many at a time as there are cores; return their runs in order.

    Where the backends were `named` they must all be there: before any vector is put, this raises
    `SpecError` or `Unavailable` if one is not, and `BackproofError` if it claims none of the
    dtypes. No process is left behind, however it ends.
    """
    prepared = [_prepared(spec, task, named=named) for spec in specs]
    remotes = [remote for remote in prepared if isinstance(remote, Remote)]
    with ThreadPoolExecutor(cores()) as pool, ExitStack() as ending:
        for remote in remotes:
            ending.callback(remote.stop)
        ending.callback(pool.shutdown, wait=False, cancel_futures=True)  # comes first
        starting = [
            pool.submit(_started, spec, port, named=named)
            for spec, port in zip(specs, prepared, strict=True)
        ]
        started = list(_results(starting))
        if named and task.dtypes:
            _insist_on_dtypes(specs, started, task.dtypes)
        runs = _results([pool.submit(_runs, port, task) for port in started])
        return list(chain.from_iterable(runs))


def _results(futures: Iterable[Future[R]]) -> Iterator[R]:
    """Wait for each in turn, and look up often: no signal wakes this thread if another took it."""
    for future in futures:
        while not future.done():
            wait([future], AWAKE)
        yield future.result()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _prepared(spec: str, task: Task, *, named: bool) -> Remote | Run:
    try:
        return Remote(launch(spec, task.device), task.seconds)
    except SpecError as reason:
        if named:
            raise _of(spec, reason) from reason
        return _absent(spec, reason)


def _started(spec: str, port: Remote | Run, *, named: bool) -> Remote | Run:
    if isinstance(port, Run):
        return port
    try:
        port.start()
    except StartFailure as failure:
        return Run(port.name, port.version, None, unstarted=failure.outcome, message=str(failure))
    except SpecError as reason:
        if named:
            raise _of(spec, reason) from reason
        return _absent(port.name, reason)
    return port


def _of(spec: str, reason: SpecError) -> SpecError:
    """Say which of the specs an error is about, if it does not say so itself."""
    said = str(reason).startswith((f"{spec}:", f"{spec} "))
    return reason if said else type(reason)(f"{spec}: {reason}")


def _absent(name: str, reason: SpecError) -> Run:
    outcome: RunOutcome = "unavailable" if isinstance(reason, Unavailable) else "error"
    return Run(name, "", None, unstarted=outcome, message=str(reason))


def _insist_on_dtypes(
    specs: Sequence[str], ports: Sequence[Remote | Run], dtypes: Sequence[str]
) -> None:
    for spec, port in zip(specs, ports, strict=True):
        if isinstance(port, Remote) and not set(port.dtypes) & set(dtypes):
            claimed = ", ".join(port.dtypes)
            raise BackproofError(f"{spec}: claims {claimed}, but not {', '.join(dtypes)}")


def _runs(port: Remote | Run, task: Task) -> list[Run]:
    if isinstance(port, Run):
        judged = [v for v in task.vectors if set(v.expected) & set(task.dtypes or FORMATS)]
        missed = 0 if port.outcome == "unavailable" else len(judged)
        return [replace(port, missed=missed)]
    runs = list(check(port, task.vectors, task.dtypes, task.seen))
    oddity = port.close()
    notes = [*port.notes, *([f"{oddity}; the smoke test fails for that"] if oddity else [])]
    return [task.finish(replace(run, notes=tuple(notes))) for run in runs]
