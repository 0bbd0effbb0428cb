"""Test vectors as pytest tests: for a backend's own test suite.

    from backproof.testing import parametrize_with_vectors
    from my_package import MyBackend

    @parametrize_with_vectors(MyBackend)
    def test_conforms(check):
        check()

Each vector in each dtype is a test, such as `test_conforms[float64-tutorial/row-1/gradients]`. One
that fails says which number is wrong, in the tutorial's letters too, what was expected, what came
back, and the error beside its bound.

pytest is needed here, and nowhere else in backproof: `pip install 'backproof[testing]'`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backproof.errors import BackproofError, SpecError
from backproof.interface import Backend
from backproof.judging.known_failures import KnownFailure, KnownFailures, Stale, Unasked, today
from backproof.judging.one_port import put
from backproof.judging.results import Result
from backproof.judging.sentences import wrong_numbers
from backproof.ports.contract import violations
from backproof.ports.in_process import InProcess
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
    """Run the test that is decorated once for each vector and dtype, with a `check` to call.

    `check()` raises `AssertionError` unless the backend passes; what a backend lacks is no pass.
    A failure that is known is an expected failure (xfail). An entry of the file that is stale
    fails: the test of a vector that passes all the same, or else a test that bears its number.

    Args:
        backend: A backend class, or a spec that `backproof.load` takes.
        dtypes: Only these of the dtypes that the backend claims.
        vectors: Vector files or folders, instead of the built-in ones.
        slow: Take the vectors that take minutes, too.
        known_failures: A TOML file; entries that name another backend are passed over.
        device: Handed to the backend.

    Raises:
        BackproofError: The backend cannot be loaded, a file cannot be used, a dtype is not claimed,
            or there is nothing to check in it.
    """
    loaded = _loaded(backend)
    chosen = _chosen(loaded, dtypes)
    asked, left_out = _vectors(vectors, slow=slow)
    known = _known(loaded, known_failures)
    valid = known.valid(today())
    port = InProcess(loaded, device)
    checks = [
        _Check(port, dtype, vector, [e for e in valid if e.covers(port.name, dtype, vector.id)])
        for dtype in chosen
        for vector in asked
        if dtype in vector.expected
    ]
    for dtype in chosen:
        if all(check.dtype != dtype for check in checks):
            raise BackproofError(f"{port.name}: no vector is judged in {dtype}: nothing is checked")
    stale = known.unfit(
        ((port.name, check.dtype, check.vector.id) for check in checks),
        today(),
        Unasked(dtypes=set(loaded.dtypes).difference(chosen), vectors=[v.id for v in left_out]),
    )
    cases = [*checks, *map(_StaleEntry, stale)]
    return pytest.mark.parametrize("check", [pytest.param(case, id=repr(case)) for case in cases])


@dataclass(frozen=True, repr=False)
class _Check:
    """A vector in a dtype, to be put to a port."""

    port: InProcess
    dtype: str
    vector: Vector
    known: Sequence[KnownFailure]  # entries that cover it

    def __repr__(self) -> str:
        return f"{self.dtype}-{self.vector.id}"

    def __call__(self) -> None:
        __tracebackhide__ = True  # the message says all there is to say
        result = put(self.port, self.vector, self.dtype)
        for entry in self.known:
            if result.outcome in entry.outcomes:
                pytest.xfail(entry.why)
        if result.outcome != "pass":
            raise AssertionError("\n".join(_told(result)))
        if self.known:
            stale = Stale(self.known[0], "covers what passes: narrow or remove it")
            raise AssertionError(f"known {stale.sentence}")


@dataclass(frozen=True, repr=False)
class _StaleEntry:
    """An entry of the file of known failures that covers nothing, or no longer."""

    found: Stale

    def __repr__(self) -> str:
        return f"known-failures/{self.found.entry.number}"

    def __call__(self) -> None:
        __tracebackhide__ = True
        raise AssertionError(f"known {self.found.sentence}")


def _loaded(backend: type[Backend] | str) -> type[Backend]:
    if isinstance(backend, str):
        return load(backend)
    if broken := violations(backend):
        listed = "\n  ".join(broken)
        raise SpecError(f"{backend!r} is not a backend:\n  {listed}")
    return backend


def _chosen(backend: type[Backend], dtypes: Iterable[str] | None) -> list[str]:
    if dtypes is None:
        return list(backend.dtypes)
    chosen = [dtypes] if isinstance(dtypes, str) else list(dtypes)
    if not chosen or not set(chosen) <= set(backend.dtypes):
        claimed, wanted = ", ".join(backend.dtypes), ", ".join(chosen) or "none of them"
        raise BackproofError(f"{backend.name}: claims {claimed}; asked for: {wanted}")
    return chosen


def _vectors(
    paths: Iterable[str | Path] | None, *, slow: bool
) -> tuple[list[Vector], list[Vector]]:
    """Return the vectors to put, and those left out."""
    if paths is None:
        files = built_in_files()
    else:
        files = load_vectors([Path(p) for p in ([paths] if isinstance(paths, str) else paths)])
    every = [vector for file in files for vector in file.vectors]
    left_out = [] if slow else [vector for vector in every if SLOW in vector.flags]
    return [vector for vector in every if slow or SLOW not in vector.flags], left_out


def _known(backend: type[Backend], path: str | Path | None) -> KnownFailures:
    """Load the known failures of one backend."""
    if path is None:
        return KnownFailures()
    entries = KnownFailures.load(Path(path)).entries
    return KnownFailures(tuple(e for e in entries if e.backend in {None, backend.name}))


def _told(result: Result) -> list[str]:
    message = [f"{result.outcome}: {result.message}"] if result.message else []
    return message + wrong_numbers(result)
