"""Backends × dtypes × vectors: a test gets those that the names of its arguments ask for.

Its id says which: `[numpy-float32-tutorial/row-1/gradients]`. What an environment is made for is
told in two variables, each a list joined by commas:

- `BACKPROOF_REQUIRE`: backends that must be available. One that is not fails a test of its own, and
  is skipped by all others, as every backend is whose framework is not installed.
- `BACKPROOF_ABSENT`: modules that must not be importable, so that nothing here can use them.

Vectors that take minutes are skipped without the option `--slow`. What no framework has a part in
is the same in every environment of one Python, so that only one of them need run it: the option
`--backends-only` leaves it out. What takes long and is the same on every Python, such as exact
arithmetic, is marked as a proof, and the option `--no-proofs` leaves it out.

What is drawn at random is the same in each run, and little; `--hypothesis-profile long` draws much
more, and other things each time.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from frameworks import PYTHON
from hypothesis import HealthCheck, settings
from processes import OURS, begin_session, left_of_session

from backproof import Backend, load
from backproof.command_line.cli import main
from backproof.errors import Unavailable
from backproof.network.inputs import OPS
from backproof.ports import foreign, launching, process
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.specs import BUILT_IN
from backproof.text.resources import resource_folder
from backproof.vectors.vectors import SLOW, Vector, VectorFile, built_in_files, load_file

PATIENCE = 20  # times as long as others do, the tests wait: how busy a machine is decides none
DEPENDING = {"backend", "required", "absent"}  # arguments of tests that depend on what is there

# What is said of the terminal decides about colours and progress bars; here it is a plain one.
for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(name, None)
os.environ["TERM"] = "xterm"

# As the command line has it: a team of threads for each 2-by-2 product is slow beyond bearing.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How busy a machine is decides no test, and what a test has once for all examples, it only reads.
ANY_SPEED: Any = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("short", max_examples=40, derandomize=True, **ANY_SPEED)
settings.register_profile("long", max_examples=500, print_blob=True, **ANY_SPEED)
settings.load_profile("short")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run what takes minutes, too")
    parser.addoption("--backends-only", action="store_true", help="run what depends on a backend")
    parser.addoption("--no-proofs", action="store_true", help="leave out what every Python proves")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes minutes; skipped without the option --slow")
    config.addinivalue_line("markers", "environment: is about what is installed")
    config.addinivalue_line("markers", "proof: takes long, and is the same on every Python")
    config.addinivalue_line(
        "markers", "hostile(kind, attempt, answer): a row of docs/reference/hostile-input.md"
    )
    patient = pytest.MonkeyPatch()
    config.add_cleanup(patient.undo)
    patient.setattr(process, "monotonic", lambda: time.monotonic() / PATIENCE)
    patient.setattr(process, "EXIT_TIMEOUT", process.EXIT_TIMEOUT * PATIENCE)
    patient.setattr(launching, "PROBE_TIMEOUT", launching.PROBE_TIMEOUT * PATIENCE)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        wanted = not config.getoption("--backends-only") or _depends_on_what_is_there(item)
        proof = config.getoption("--no-proofs") and item.get_closest_marker("proof")
        (kept if wanted and not proof else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


def _depends_on_what_is_there(item: pytest.Item) -> bool:
    asked_for = {*getattr(item, "fixturenames", ())}
    return bool(DEPENDING & asked_for or item.get_closest_marker("environment"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("slow") and not item.config.getoption("--slow"):
        pytest.skip("slow: the option --slow runs it")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test by those of `backend`, `dtype` and `vector` that it asks for."""
    asked = [axis for axis in ("backend", "dtype", "vector") if axis in metafunc.fixturenames]
    if "backend" in asked:
        metafunc.parametrize(asked, [c for name in PYTHON for c in _of_backend(name, asked)])
    elif "vector" in asked:
        metafunc.parametrize(asked, [_case(asked, vector=v, dtype=d) for v, d in _judged()])
    for axis, variable in (("required", "BACKPROOF_REQUIRE"), ("absent", "BACKPROOF_ABSENT")):
        if axis in metafunc.fixturenames:
            metafunc.parametrize(axis, _listed(variable))


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> str:
    """A mark in the environment of all processes that the test starts."""
    mark = uuid4().hex
    monkeypatch.setenv(OURS, mark)
    return mark


@pytest.fixture(scope="session", autouse=True)
def sweep() -> Iterator[None]:
    """End what the tests have left running; it is an error of the last one.

    A port that was loaded as a class ends with the process, by `atexit`: here it ends before.
    """
    mark = begin_session()
    closing: list[Callable[[], object]] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(foreign, "atexit", SimpleNamespace(register=closing.append))
        yield
    for close in closing:
        close()
    left = left_of_session(mark)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == {}, "tests have left processes running"


@cache
def backend_or_reason(name: str) -> type[Backend] | Unavailable:
    """Load a backend once, for all tests: its framework may compile what it is asked."""
    try:
        return load(name)
    except Unavailable as reason:
        return reason


@cache
def files() -> list[VectorFile]:
    return built_in_files()


@cache
def port_to(backend: type[Backend]) -> InProcessDriver:
    return InProcessDriver(backend)


@pytest.fixture
def port(backend: type[Backend]) -> InProcessDriver:
    """The backend, as the checker asks it."""
    return port_to(backend)


@pytest.fixture(scope="session")
def reference() -> type[Backend]:
    """The backend that needs no framework, and so is always there."""
    (name,) = (name for name in PYTHON if BUILT_IN[name].framework is None)
    return load(name)


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return resource_folder("fixtures")


@pytest.fixture(scope="session")
def tutorial(fixtures: Path) -> VectorFile:
    return load_file(fixtures / "tutorial.json")


@pytest.fixture(scope="session")
def tutorials(tutorial: VectorFile) -> Mapping[str, Vector]:
    """The tutorial's vectors, by id."""
    return {vector.id: vector for vector in tutorial.vectors}


@dataclass(frozen=True)
class Finished:
    """What a command left behind."""

    status: int
    out: str
    err: str


Command = Callable[..., Finished]  # the fixture `backproof`


@pytest.fixture
def backproof(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Finished]:
    """The command line, in this process."""

    def run(*arguments: object) -> Finished:
        monkeypatch.setattr(sys, "argv", ["backproof", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return Finished(ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture(scope="session")
def one_row(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vector file with the tutorial's first row alone: one vector for each op."""
    text = (resource_folder("fixtures") / "tutorial.json").read_text(encoding="utf-8")
    whole = json.loads(text)
    by_op = {vector["op"]: vector for vector in reversed(whole["vectors"])}
    path = tmp_path_factory.mktemp("vectors") / "one-row.json"
    cut = {"notes": whole["notes"], "vectors": [by_op[op] for op in OPS]}
    path.write_text(json.dumps(cut), encoding="utf-8")
    return path


def _of_backend(name: str, asked: Sequence[str]) -> Iterator[Any]:
    """Yield the cases of one backend; one that is skipped, if it is unavailable."""
    backend = backend_or_reason(name)
    if isinstance(backend, Unavailable):
        skipped = pytest.mark.skip(reason=str(backend))
        yield pytest.param(*[None] * len(asked), id=name, marks=skipped)
    elif "vector" in asked:
        for vector, dtype in _judged():
            if dtype in backend.dtypes:
                yield _case(asked, backend=backend, dtype=dtype, vector=vector)
    elif "dtype" in asked:
        for dtype in backend.dtypes:
            yield _case(asked, backend=backend, dtype=dtype)
    else:
        yield _case(asked, backend=backend)


def _judged() -> Iterator[tuple[Vector, str]]:
    """Yield every vector in every dtype in which it is judged."""
    for file in files():
        for vector in file.vectors:
            for dtype in vector.expected:
                yield vector, dtype


def _case(asked: Sequence[str], **values: Any) -> Any:
    words = [getattr(value, "name", getattr(value, "id", value)) for value in values.values()]
    vector = values.get("vector")
    marks = [pytest.mark.slow] if vector and SLOW in vector.flags else []
    return pytest.param(*(values[axis] for axis in asked), id="-".join(words), marks=marks)


def _listed(variable: str) -> list[Any]:
    """Read a list from the environment; one skipped case, if there is none."""
    if names := os.environ.get(variable):
        return [name for name in names.split(",") if name]
    unset = pytest.mark.skip(reason=f"{variable} names none")
    return [pytest.param(None, id="none", marks=unset)]
