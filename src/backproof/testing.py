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

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from backproof.diagnosis.search import add_diagnosis
from backproof.errors import BackproofError, SpecError
from backproof.interface import Backend
from backproof.judging.first_wrong_number import locate_first_wrong
from backproof.judging.known_failures import Excluded, KnownFailure, KnownFailures, Stale, today
from backproof.judging.one_backend import run_vector
from backproof.judging.results import Result, Run
from backproof.judging.sentences import describe_diagnosis, describe_wrong_numbers
from backproof.network.inputs import OPS, Op
from backproof.ports.contract import violations
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.loading import load
from backproof.ports.specs import MANIFEST_SUFFIX
from backproof.text.english import suggest
from backproof.text.unprintable import printable
from backproof.vectors.drawn import draw_file, names_left_out
from backproof.vectors.vectors import Selection, Vector, built_in_files, load_vectors, select

try:
    import pytest
except ModuleNotFoundError as error:
    raise ImportError(
        "backproof.testing needs pytest: pip install 'backproof[testing]'", name="pytest"
    ) from error

__all__ = ["parametrize_with_vectors"]


@contextmanager
def _printable_errors() -> Iterator[None]:
    """Escape what is unprintable in the text of an error, which may quote a name or a file."""
    try:
        yield
    except BackproofError as error:
        raise type(error)(printable(str(error), keep="\n")) from None


@_printable_errors()
def parametrize_with_vectors(
    backend: type[Backend] | str,
    *,
    dtypes: Iterable[str] | None = None,
    vectors: Iterable[str | Path] | None = None,
    only: Iterable[str] = (),
    ops: Iterable[Op] = (),
    slow: bool = False,
    seed: int | None = None,
    known_failures: str | Path | None = None,
    device: str = "cpu",
) -> pytest.MarkDecorator:
    """Parametrize a test with `check`, once for each test vector and dtype.

    `check()` raises `AssertionError` unless the backend passes; an unsupported operation does not
    count as a pass. A known failure is an expected failure (xfail). A stale entry in the
    known-failures file fails a test: that of the covered test vector if it passes, otherwise one
    named after the entry's number. An entry for responses that vary also expects a pass. If numbers
    are wrong, pytest's output ends with a diagnosis, as that of `backproof check`.

    A relative path is looked for beside the test module, then in the working directory.

    Args:
        backend: A backend class, or a spec as for `backproof.load`.
        dtypes: The dtypes to test; by default, all that the backend supports.
        vectors: Vector files or folders to use instead of the built-in ones.
        only: Ids of test vectors, beginnings of ids up to a slash, or patterns such as `*/loss`; by
            default all test vectors.
        ops: The operations to test; by default all.
        slow: Also run the test vectors that take minutes.
        seed: Also run the test vectors that `backproof check --seed` draws with this seed; by
            default there are none, so that every run has the same tests.
        known_failures: A TOML file of known failures; entries for other backends are ignored.
        device: The device to create the backend on.

    Raises:
        BackproofError: The backend cannot be loaded, a file cannot be read or is invalid, or a
            dtype, op or name is not supported or not covered by any test vector.
    """
    caller = sys._getframe(2)  # noqa: SLF001  # beyond the decorator's wrapper
    folder = Path(caller.f_globals.get("__file__", ".")).parent
    loaded = _load_backend(backend, folder)
    chosen = _select_dtypes(loaded, dtypes)
    selection = _select_vectors(vectors, only, ops, chosen, folder, slow=slow, seed=seed)
    known = _load_known_failures(loaded, known_failures, folder)
    valid = known.valid(today())
    driver = InProcessDriver(loaded, device)
    checks = [
        _Check(driver, dtype, vector, [e for e in valid if e.covers(driver.name, dtype, vector)])
        for dtype in chosen
        for vector in selection.vectors
        if dtype in vector.expected
    ]
    for dtype in chosen:
        if all(check.dtype != dtype for check in checks):
            raise BackproofError(f"{driver.name}: no test vector covers {dtype}: nothing to check")
    stale = known.find_stale(
        ((driver.name, check.dtype, check.vector) for check in checks),
        today(),
        Excluded(dtypes=set(loaded.dtypes).difference(chosen), vectors=names_left_out(selection)),
    )
    cases = [*checks, *map(_StaleEntry, stale)]
    return pytest.mark.parametrize("check", [pytest.param(case, id=repr(case)) for case in cases])


def diagnose_checks(checks: Iterable[object]) -> Iterator[tuple[str, list[str]]]:
    """Yield a heading and a diagnosis for each backend and dtype in which numbers are wrong.

    `checks` are what the tests were called with; those that did not run are ignored.
    """
    runs: dict[tuple[str, str, str], list[Result]] = {}
    for check in checks:
        if isinstance(check, _Check) and check.result:
            key = check.driver.name, check.driver.version, check.dtype
            runs.setdefault(key, []).append(check.result)
    for (name, version, dtype), results in runs.items():
        if any(result.wrong_deviations and not result.known_reason for result in results):
            run = add_diagnosis(Run(name, version, dtype, results))
            first = locate_first_wrong(run)
            lines = [*describe_diagnosis(run), *([first.sentence] if first else [])]
            yield f"backproof: {name} {dtype}", lines


def require_called(parameters: Iterable[object]) -> None:
    """Raise `AssertionError` if a test that is through was given a check and did not call it."""
    if any(isinstance(case, _Check | _StaleEntry) and not case.called for case in parameters):
        raise AssertionError("the test did not call its check: write `check()`, in parentheses")


@dataclass(repr=False, eq=False)
class _Check:
    """A test vector in one dtype, to be run on a backend."""

    driver: InProcessDriver
    dtype: str
    vector: Vector
    known: Sequence[KnownFailure]  # entries that cover this check
    result: Result | None = None  # once it has run
    called: bool = False

    def __repr__(self) -> str:
        return f"{self.dtype}-{self.vector.id}"

    def __call__(self) -> None:
        __tracebackhide__ = True  # the message says everything
        self.called = True
        self.result = result = run_vector(self.driver, self.vector, self.dtype)
        for entry in self.known:
            if result.outcome in entry.outcomes:
                self.result = replace(result, known_reason=entry.reason_with_link)
                pytest.xfail(entry.reason_with_link)
        if result.outcome != "pass":
            raise AssertionError(printable("\n".join(_failure_message(result)), keep="\n"))
        for entry in self.known:
            if "pass" not in entry.expected_outcomes and not self.vector.is_drawn:
                stale = Stale(entry, "covers a passing test vector: narrow or remove it")
                raise AssertionError(f"known {stale.sentence}")


@dataclass(repr=False, eq=False)
class _StaleEntry:
    """A stale known-failures entry: it matches nothing that was checked, or has expired."""

    stale_entry: Stale
    called: bool = False

    def __repr__(self) -> str:
        return f"known-failures/{self.stale_entry.entry.number}"

    def __call__(self) -> None:
        __tracebackhide__ = True
        self.called = True
        raise AssertionError(f"known {self.stale_entry.sentence}")


def _find(path: str | Path, folder: Path) -> Path:
    """Return the path beside the test module, if something is there; otherwise the path itself."""
    beside = folder / path
    return beside if beside.exists() else Path(path)


def _load_backend(backend: type[Backend] | str, folder: Path) -> type[Backend]:
    if isinstance(backend, str):
        is_path = backend.endswith((".py", MANIFEST_SUFFIX))
        return load(str(_find(backend, folder)) if is_path else backend)
    if broken := violations(backend):
        listed = "\n  ".join(broken)
        raise SpecError(f"{backend!r} is not a backend:\n  {listed}")
    return backend


def _select_dtypes(backend: type[Backend], dtypes: Iterable[str] | None) -> list[str]:
    if dtypes is None:
        return list(backend.dtypes)
    chosen = _listed(dtypes)
    if not chosen or not set(chosen) <= set(backend.dtypes):
        claimed, wanted = ", ".join(backend.dtypes), ", ".join(chosen) or "none"
        raise BackproofError(f"{backend.name}: supports {claimed}; requested: {wanted}")
    return chosen


def _select_vectors(
    paths: Iterable[str | Path] | None,
    only: Iterable[str],
    ops: Iterable[Op],
    dtypes: Collection[str],
    folder: Path,
    *,
    slow: bool,
    seed: int | None,
) -> Selection:
    files = (
        built_in_files()
        if paths is None
        else load_vectors([_find(path, folder) for path in _listed(paths)])
    )
    drawn = [] if seed is None else [draw_file(seed, dtypes=dtypes)]
    names, chosen = _listed(only), _listed(ops)
    if unknown := [op for op in chosen if op not in OPS]:
        raise BackproofError(f"there is no op {unknown[0]!r}: {suggest(unknown[0], OPS)}")
    return select([*files, *drawn], names, ops=chosen, slow=slow)


def _listed(value: Any) -> list[Any]:
    return [value] if isinstance(value, str | Path) else list(value)


def _load_known_failures(
    backend: type[Backend], path: str | Path | None, folder: Path
) -> KnownFailures:
    """Load the known failures of this backend."""
    if path is None:
        return KnownFailures()
    entries = KnownFailures.load(_find(path, folder)).entries
    return KnownFailures(tuple(e for e in entries if e.backend in {None, backend.name}))


def _failure_message(result: Result) -> list[str]:
    message = [f"{result.outcome}: {result.message}"] if result.message else []
    return message + describe_wrong_numbers(result)
