"""Run the test vectors as pytest tests in a backend's own test suite.

    from backproof.testing import parametrize_with_vectors
    from my_package import MyBackend

    @parametrize_with_vectors(MyBackend)
    def test_conforms(check):
        check()

Each test vector in each dtype is one test, such as
`test_conforms[float64-tutorial/row-1/gradients]`. A failure message names the wrong quantity (also
by its name in the tutorial), the expected and actual values, and the error with its bound.

Only this module needs pytest: `pip install 'backproof[testing]'`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backproof.errors import BackproofError, SpecError
from backproof.interface import Backend
from backproof.judging.known_failures import Excluded, KnownFailure, KnownFailures, Stale, today
from backproof.judging.one_backend import run_vector
from backproof.judging.results import Result
from backproof.judging.sentences import describe_wrong_numbers
from backproof.ports.contract import violations
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.loading import load
from backproof.vectors.vectors import SLOW, Vector, built_in_files, load_vectors

try:
    import pytest
except ModuleNotFoundError as error:
    raise ImportError(
        "backproof.testing needs pytest: pip install 'backproof[testing]'", name="pytest"
    ) from error

__all__ = ["parametrize_with_vectors"]


def parametrize_with_vectors(
    backend: type[Backend] | str,
    *,
    dtypes: Iterable[str] | None = None,
    vectors: Iterable[str | Path] | None = None,
    slow: bool = False,
    known_failures: str | Path | None = None,
    device: str = "cpu",
) -> pytest.MarkDecorator:
    """Parametrize a test with `check`, once for each test vector and dtype.

    `check()` raises `AssertionError` unless the backend passes; an unsupported operation does not
    count as a pass. A known failure is an expected failure (xfail). A stale entry in the
    known-failures file fails a test: that of the covered test vector if it passes, otherwise one
    named after the entry's number. An entry for responses that vary also expects a pass.

    Args:
        backend: A backend class, or a spec as for `backproof.load`.
        dtypes: The dtypes to test; by default, all that the backend supports.
        vectors: Vector files or folders to use instead of the built-in ones.
        slow: Also run the test vectors that take minutes.
        known_failures: A TOML file of known failures; entries for other backends are ignored.
        device: The device to create the backend on.

    Raises:
        BackproofError: The backend cannot be loaded, a file cannot be read or is invalid, or a
            dtype is not supported or not covered by any test vector.
    """
    loaded = _load_backend(backend)
    chosen = _select_dtypes(loaded, dtypes)
    asked, left_out = _select_vectors(vectors, slow=slow)
    known = _load_known_failures(loaded, known_failures)
    valid = known.valid(today())
    driver = InProcessDriver(loaded, device)
    checks = [
        _Check(driver, dtype, vector, [e for e in valid if e.covers(driver.name, dtype, vector.id)])
        for dtype in chosen
        for vector in asked
        if dtype in vector.expected
    ]
    for dtype in chosen:
        if all(check.dtype != dtype for check in checks):
            raise BackproofError(f"{driver.name}: no test vector covers {dtype}: nothing to check")
    stale = known.find_stale(
        ((driver.name, check.dtype, check.vector.id) for check in checks),
        today(),
        Excluded(dtypes=set(loaded.dtypes).difference(chosen), vectors=[v.id for v in left_out]),
    )
    cases = [*checks, *map(_StaleEntry, stale)]
    return pytest.mark.parametrize("check", [pytest.param(case, id=repr(case)) for case in cases])


@dataclass(frozen=True, repr=False)
class _Check:
    """A test vector in one dtype, to be run on a backend."""

    driver: InProcessDriver
    dtype: str
    vector: Vector
    known: Sequence[KnownFailure]  # entries that cover this check

    def __repr__(self) -> str:
        return f"{self.dtype}-{self.vector.id}"

    def __call__(self) -> None:
        __tracebackhide__ = True  # the message says everything
        result = run_vector(self.driver, self.vector, self.dtype)
        for entry in self.known:
            if result.outcome in entry.outcomes:
                pytest.xfail(entry.reason_with_link)
        if result.outcome != "pass":
            raise AssertionError("\n".join(_failure_message(result)))
        for entry in self.known:
            if "pass" not in entry.expected_outcomes:
                stale = Stale(entry, "covers a passing test vector: narrow or remove it")
                raise AssertionError(f"known {stale.sentence}")


@dataclass(frozen=True, repr=False)
class _StaleEntry:
    """A stale known-failures entry: it matches nothing that was checked, or has expired."""

    stale_entry: Stale

    def __repr__(self) -> str:
        return f"known-failures/{self.stale_entry.entry.number}"

    def __call__(self) -> None:
        __tracebackhide__ = True
        raise AssertionError(f"known {self.stale_entry.sentence}")


def _load_backend(backend: type[Backend] | str) -> type[Backend]:
    if isinstance(backend, str):
        return load(backend)
    if broken := violations(backend):
        listed = "\n  ".join(broken)
        raise SpecError(f"{backend!r} is not a backend:\n  {listed}")
    return backend


def _select_dtypes(backend: type[Backend], dtypes: Iterable[str] | None) -> list[str]:
    if dtypes is None:
        return list(backend.dtypes)
    chosen = [dtypes] if isinstance(dtypes, str) else list(dtypes)
    if not chosen or not set(chosen) <= set(backend.dtypes):
        claimed, wanted = ", ".join(backend.dtypes), ", ".join(chosen) or "none"
        raise BackproofError(f"{backend.name}: supports {claimed}; requested: {wanted}")
    return chosen


def _select_vectors(
    paths: Iterable[str | Path] | None, *, slow: bool
) -> tuple[list[Vector], list[Vector]]:
    """Return the test vectors to run, and those left out."""
    if paths is None:
        files = built_in_files()
    else:
        files = load_vectors([Path(p) for p in ([paths] if isinstance(paths, str) else paths)])
    every = [vector for file in files for vector in file.vectors]
    left_out = [] if slow else [vector for vector in every if SLOW in vector.flags]
    return [vector for vector in every if slow or SLOW not in vector.flags], left_out


def _load_known_failures(backend: type[Backend], path: str | Path | None) -> KnownFailures:
    """Load the known failures of this backend."""
    if path is None:
        return KnownFailures()
    entries = KnownFailures.load(Path(path)).entries
    return KnownFailures(tuple(e for e in entries if e.backend in {None, backend.name}))


def _failure_message(result: Result) -> list[str]:
    message = [f"{result.outcome}: {result.message}"] if result.message else []
    return message + describe_wrong_numbers(result)
