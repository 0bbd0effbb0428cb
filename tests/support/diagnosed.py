"""The way of every backend: it is checked, and diagnosed from its results."""

from other_roundings import VECTORS

from backproof import Backend
from backproof.diagnosis.search import add_diagnosis
from backproof.judging.one_backend import check_backend
from backproof.judging.results import Run
from backproof.ports.in_process_driver import InProcessDriver


def diagnose_backend(backend: type[Backend]) -> Run:
    """Check a backend of one dtype, and diagnose it."""
    (run,) = check_backend(InProcessDriver(backend), VECTORS, ())
    return add_diagnosis(run)
