"""Running ops on a backend class: the arguments it gets and the values it returns."""

import asyncio
import json
import sysconfig
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from backproof import UNSUPPORTED, Backend, Forward, Params
from backproof.interface import Matrix
from backproof.network.inputs import Inputs, Schedule
from backproof.network.network import unflatten_parameters
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.responses import BackendError, Output, Response, Unsupported

INPUTS = Inputs(
    unflatten_parameters([Fraction(n, 8) for n in range(10)]),
    [[Fraction(1), Fraction(-1, 2)]],
    [[Fraction(0), Fraction(2)]],
    Schedule(learning_rate=Fraction(1, 4), epochs=7, batch_size=3, train_biases=True),
)
PARAMS = Params([[0.0, 0.125], [0.25, 0.375]], 0.5, [[0.625, 0.75], [0.875, 1.0]], 1.125)
ROWS = [[1.0, -0.5]]
TARGETS = [[0.0, 2.0]]


class Recording(Backend):
    """Records its arguments."""

    name = "recording"
    version = "9"
    dtypes = ("float32", "float16")
    made: list[tuple[str, str]]
    asked: list[Any]

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        self.made.append((dtype, device))

    def forward(self, params: Params, X: Matrix) -> Forward:
        self.asked.append((params, X))
        return Forward(X, X, X, X)

    def train(self, params: Params, X: Matrix, T: Matrix, **options: Any) -> Params:
        self.asked.append((params, X, T, options))
        return params


def recording() -> tuple[type[Recording], InProcessDriver]:
    fresh = type("Recording", (Recording,), {"made": [], "asked": []})
    return fresh, InProcessDriver(fresh, device="gpu:1")


def test_a_port_says_of_its_backend_what_it_is() -> None:
    _, port = recording()
    assert (port.name, port.version, port.dtypes) == ("recording", "9", ("float32", "float16"))


def test_a_backend_without_a_version_is_of_an_unknown_one() -> None:
    class Shaped:
        name = "shaped"
        dtypes = ("float64",)

    shaped: Any = Shaped
    assert InProcessDriver(shaped).version == "unknown"


def test_a_backend_is_made_once_for_each_dtype_on_the_device_named() -> None:
    backend, port = recording()
    for dtype in ("float16", "float32", "float16"):
        port.run_op("forward", dtype, INPUTS)
    assert backend.made == [("float16", "gpu:1"), ("float32", "gpu:1")]


def test_arguments_are_plain_floats_in_lists() -> None:
    backend, port = recording()
    port.run_op("forward", "float32", INPUTS)
    assert repr(backend.asked) == repr([(PARAMS, ROWS)])


ONE = [[1.0, 2.0]]


def answer(fields: Any) -> Response:
    backend: Any = type("Answering", (Recording,), {"made": [], "forward": lambda *_: fields})
    return InProcessDriver(backend).run_op("forward", "float32", INPUTS)


def test_a_field_may_be_unsupported_and_all_of_them_are_an_unsupported_op() -> None:
    part = answer(Forward(UNSUPPORTED, ONE, UNSUPPORTED, ONE))
    assert isinstance(part, Output)
    assert part.unsupported == ["h", "y"]
    assert [*part.numbers] == ["out_h[0][0]", "out_h[0][1]", "out_y[0][0]", "out_y[0][1]"]
    assert answer(Forward(*[UNSUPPORTED] * 4)) == Unsupported("forward")


@pytest.mark.parametrize(
    ("h", "returned"),
    [
        ([UNSUPPORTED], "forward returned h[0] as NoneType"),
        ([[1.0, UNSUPPORTED]], "forward returned h[0][1] as NoneType"),
        ("null", "forward returned h as str"),
    ],
    ids=["a row", "a number", "null in quotes"],
)
def test_nothing_less_than_a_field_is_left_out(h: Any, returned: str) -> None:
    response = answer(Forward(h, ONE, ONE, ONE))
    assert response == BackendError(f"{returned}, not as a Python float")


def test_the_schedule_is_given_by_name() -> None:
    backend, port = recording()
    port.run_op("train", "float32", INPUTS)
    options = {"learning_rate": 0.25, "epochs": 7, "batch_size": 3, "train_biases": True}
    assert repr(backend.asked) == repr([(PARAMS, ROWS, TARGETS, options)])


def test_an_answer_holds_its_numbers_by_quantity() -> None:
    _, port = recording()
    reply = port.run_op("forward", "float32", INPUTS)
    assert isinstance(reply, Output)
    assert reply.numbers["h[0][1]"] == -0.5
    assert len(reply.numbers) == 8


def test_a_plain_tuple_of_the_right_length_is_an_answer(reference: type[Backend]) -> None:
    class Plain(reference):  # type: ignore[valid-type,misc]  # known only here
        def forward(self, params: Params, X: Matrix) -> Any:
            return tuple(super().forward(params, X))

    assert InProcessDriver(Plain).run_op("forward", "float64", INPUTS) == InProcessDriver(
        reference
    ).run_op("forward", "float64", INPUTS)


def test_a_port_that_exits_is_an_error_of_its_own(reference: type[Backend]) -> None:
    """`SystemExit` ends neither the check nor the other backends."""

    def leave(*_: Any) -> None:
        raise SystemExit(0)

    port = InProcessDriver(type("Leaving", (reference,), {"forward": leave}))
    response = port.run_op("forward", "float64", INPUTS)
    assert isinstance(response, BackendError)
    assert response.message.startswith("forward raised SystemExit: 0 (")


class Panic(BaseException):
    """As PyO3 raises where Rust panics."""


@pytest.mark.parametrize("kind", [Panic, asyncio.CancelledError, GeneratorExit, SystemExit])
def test_what_is_no_exception_is_an_error_with_its_lines(
    reference: type[Backend], kind: type[BaseException]
) -> None:
    def forward(*_: Any) -> Any:
        raise kind("why")

    port = InProcessDriver(type("Panicking", (reference,), {"forward": forward}))
    response = port.run_op("forward", "float64", INPUTS)
    assert isinstance(response, BackendError)
    assert response.message.startswith(f"forward raised {kind.__name__}: why (")
    assert response.frames[-1].endswith('in forward: raise kind("why")')


def test_an_exception_is_told_with_the_lines_of_the_port(reference: type[Backend]) -> None:
    def helper(rows: Any) -> None:
        if rows:
            raise KeyError(len(rows))

    def forward(_: Any, __: Any, X: Any) -> Any:
        return helper(X)

    port = InProcessDriver(type("Asserting", (reference,), {"forward": forward}))
    response = port.run_op("forward", "float64", INPUTS)
    assert isinstance(response, BackendError)
    kind, _, where = response.message.partition(" (")
    assert kind == "forward raised KeyError: 1"
    first, second = where.split(", ")
    assert first.startswith(f"{Path(__file__).name}:")
    assert first.endswith(" in forward")
    assert second.endswith(" in helper: raise KeyError(len(rows)))")
    assert [frame.rpartition(" in ")[2] for frame in response.frames] == [
        "forward: return helper(X)",
        "helper: raise KeyError(len(rows))",
    ]
    assert response.frames[0].startswith(f"{__file__}:")


def test_of_endless_recursion_the_innermost_lines_are_kept(reference: type[Backend]) -> None:
    def forward(*given: Any) -> Any:
        return forward(*given)

    port = InProcessDriver(type("Deep", (reference,), {"forward": forward}))
    response = port.run_op("forward", "float64", INPUTS)
    assert isinstance(response, BackendError)
    assert len(response.frames) == 100


def test_an_exception_of_a_library_is_told_with_the_lines_of_the_port(
    reference: type[Backend],
) -> None:
    def forward(*_: Any) -> Any:
        return json.loads("no JSON")

    port = InProcessDriver(type("Parsing", (reference,), {"forward": forward}))
    response = port.run_op("forward", "float64", INPUTS)
    assert isinstance(response, BackendError)
    assert "JSONDecodeError" in response.message
    assert response.message.endswith(' in forward: return json.loads("no JSON"))')


def test_a_port_below_the_prefix_of_python_is_no_library(
    reference: type[Backend], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container whose port is in /usr/src, where Python is in /usr."""
    paths = sysconfig.get_paths() | dict.fromkeys(("data", "scripts"), str(Path(__file__).parent))
    monkeypatch.setattr(sysconfig, "get_paths", lambda: paths)
    monkeypatch.setattr(sysconfig, "get_path", paths.__getitem__)
    forward = {"forward": lambda *_: 1 / 0}
    response = InProcessDriver(type("Dividing", (reference,), forward)).run_op(
        "forward", "float64", INPUTS
    )
    assert isinstance(response, BackendError)
    assert f"({Path(__file__).name}:" in response.message


def test_an_exception_that_cannot_be_written_is_an_error(reference: type[Backend]) -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise ValueError("no words")

    def forward(*_: Any) -> Any:
        raise Silent

    port = InProcessDriver(type("Raising", (reference,), {"forward": forward}))
    response = port.run_op("forward", "float64", INPUTS)
    assert isinstance(response, BackendError)
    assert response.message.startswith("forward raised Silent: (its text cannot be read) (")


def test_what_a_port_prints_stays_out_of_standard_output(
    reference: type[Backend], capsys: pytest.CaptureFixture[str]
) -> None:
    class Talking(reference):  # type: ignore[valid-type,misc]  # known only here
        def forward(self, params: Params, X: Matrix) -> Any:
            print("hello")  # noqa: T201  # the subject of this test
            return super().forward(params, X)

    InProcessDriver(Talking).run_op("forward", "float64", INPUTS)
    assert capsys.readouterr() == ("", "hello\n")
