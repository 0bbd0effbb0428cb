"""All test vectors on all backends, side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from backproof.judging.one_backend import check_backend
from backproof.judging.results import Run
from backproof.judging.started_backends import start_backends
from backproof.network.float_formats import FORMATS
from backproof.ports.remote_driver import RemoteDriver
from backproof.vectors.vectors import Vector


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

    Raises what `start_backends` raises, before any vector is run.
    """
    with start_backends(
        specs, task.dtypes, task.device, task.timeout, explicit=explicit
    ) as backends:
        by_spec = zip(specs, backends.map(partial(_check_all_dtypes, task)), strict=True)
        return [replace(run, spec=spec) for spec, runs in by_spec for run in runs]


def _check_all_dtypes(task: CheckOptions, driver: RemoteDriver | Run) -> list[Run]:
    if isinstance(driver, Run):
        covered = [v for v in task.vectors if set(v.expected) & set(task.dtypes or FORMATS)]
        missed = 0 if driver.outcome == "unavailable" and not driver.refusal else len(covered)
        return [replace(driver, missed_count=missed)]
    runs = list(check_backend(driver, task.vectors, task.dtypes, task.on_vector_done))
    oddity = driver.close()
    notes = [
        *driver.notes,
        *([f"{oddity} (this fails `backproof check --smoke`)"] if oddity else []),
    ]
    return [task.on_run_done(replace(run, notes=tuple(notes))) for run in runs]
