"""Responses that are large, deep or long to look through cost no time and no other backend."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import IO, Any

import pytest

from backproof.judging.all_backends import CheckOptions, run_all
from backproof.ports.process import Process
from backproof.ports.response_problems import schema_problem
from backproof.ports.wire import max_response_bytes
from backproof.vectors.vectors import VectorFile

SECONDS = 10.0  # for each response
# It responds to its first request with the file that it is given, and stays.
PORT = """\
import sys
sys.stdin.readline()
sys.stdout.buffer.write(open(sys.argv[1], "rb").read())
sys.stdout.flush()
sys.stdin.read()
"""
HELLO = {"protocol": 1, "name": "mine", "dtypes": ["float64"], "ops": ["train"]}


def hello(**changed: Any) -> bytes:
    return json.dumps({"id": 0, "ok": {**HELLO, **changed}}).encode()


def nested(depth: int) -> bytes:
    return hello(dtypes="deep").replace(b'"deep"', b"[" * depth + b"]" * depth)


def mixed(count: int) -> list[Any]:
    """Values that cannot be sorted, each another, so that only pairs tell whether two are alike."""
    return [[n, str(n), [n], {"a": n}, n + 0.5][n % 5] for n in range(count)]


def attempt(said: bytes, message: str, kind: str, answer: str) -> Any:
    mark = pytest.mark.hostile("A port", kind, answer)
    return pytest.param(said, message, marks=mark, id=kind.replace("`", ""))


TOO_MUCH = "it wrote more than 64 KiB for one request"
DEEP = "its response to hello is nested too deeply | nested too deeply | must be one of"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        attempt(
            hello(dtypes=mixed(3000)),
            "ok.dtypes has 3,000 items; at most 4 are allowed",
            "a `hello` that claims 3,000 dtypes",
            "`error`, at once",
        ),
        attempt(
            hello(dtypes=mixed(30_000)),
            TOO_MUCH,
            "a `hello` that claims 30,000 dtypes",
            "`error`, at once: a `hello` has at most 64 KiB",
        ),
        attempt(
            hello(ops=["train"] * 4000),
            "ok.ops has 4,000 items; at most 4 are allowed",
            "a `hello` with the same op 4,000 times",
            "`error`, at once",
        ),
        attempt(
            hello(name="x" * 60_000),
            "ok.name has 60,000 characters; at most 60 are allowed",
            "a name of 60,000 characters",
            "`error`; the name is not repeated",
        ),
        attempt(
            b" " * 2**24 + hello(),
            TOO_MUCH,
            "16 MiB of spaces before a `hello`",
            "`error`, at 64 KiB",
        ),
        attempt(
            b"{%s}" % b", ".join(b'"a": %d' % n for n in range(5000)),
            'it has the key "a" more than once',
            "a `hello` with the same key 5,000 times",
            "`error`",
        ),
        attempt(
            b'{"id": 0, "ok": {%s}}' % b", ".join(b'"%d": 0' % n for n in range(5000)),
            "ok lacks protocol, name, dtypes and ops",
            "a `hello` with 5,000 unknown keys and none that is known",
            "`error`, which names the keys that are missing",
        ),
        attempt(
            b'{"id": %s, "ok": {}}' % (b"1" * 60_000),
            "an integer of 60,000 digits is too large",
            "an `id` of 60,000 digits",
            "`error`",
        ),
        attempt(
            b'{"id": 0, "ok": 0.%s}' % (b"1" * 60_000),
            "ok is 0.1111111111111111, not an object",
            "a number with 60,000 decimals for `ok`",
            "`error`",
        ),
        *(
            attempt(nested(depth), DEEP, f"a `hello` with lists nested {depth:,} deep", "`error`")
            for depth in (500, 900, 920, 940, 960, 980, 1000, 30_000)
        ),
        attempt(
            b"[" * 60_000,
            "its response is not JSON, nested too deeply",
            "60,000 opening brackets",
            "`error`",
        ),
    ],
)
def test_a_response_is_refused_at_once(
    tutorial: VectorFile, tmp_path: Path, said: bytes, message: str
) -> None:
    said_path = tmp_path / "said"
    said_path.write_bytes(said + b"\n")
    command = json.dumps([sys.executable, "-I", "-S", "-c", PORT, str(said_path)])
    spec = tmp_path / "port.toml"
    spec.write_text(f'name = "hostile"\nrun = {command}\n', encoding="utf-8")
    task = CheckOptions(tutorial.vectors[:1], ["float64"], "cpu", SECONDS)
    bad, right = run_all([str(spec), "plain-python"], task, explicit=True)
    assert bad.outcome == "error"
    assert any(part in bad.message for part in message.split(" | ")), bad.message
    assert len(bad.message) < 1000
    assert right.outcome == "pass"


class WatchedPipe:
    """A pipe whose reader says when it has dealt with what came first."""

    def __init__(self, pipe: IO[bytes], dealt_with: Event) -> None:
        self._pipe = pipe
        self._dealt_with = dealt_with
        self._reads = 0

    def __enter__(self) -> "WatchedPipe":
        return self

    def __exit__(self, *_: object) -> None:
        self._dealt_with.set()
        self._pipe.close()

    def read(self, size: int) -> bytes:
        if self._reads:
            self._dealt_with.set()
        self._reads += 1
        return self._pipe.read(size)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        pytest.param(
            written,
            message,
            id=f"{kind} before the first request",
            marks=pytest.mark.hostile(
                "A port", f"{kind} before the first request, however early", f"`error`: {answer}"
            ),
        )
        for kind, written, message, answer in (
            (
                "a line",
                "'hello\\n'",
                "it wrote an unrequested line: 'hello'",
                "it is quoted",
            ),
            ("16 MiB", "'x' * 2**24", TOO_MUCH, "more than 64 KiB"),
        )
    ],
)
def test_what_is_written_before_the_first_request_is_told(
    tutorial: VectorFile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written: str,
    message: str,
) -> None:
    dealt_with, exchange = Event(), Process.exchange
    read: Any = Process._read  # noqa: SLF001  # nothing else sees when the pipe is read

    def exchange_later(self: Process, *given: Any) -> bytes:
        dealt_with.wait()
        return exchange(self, *given)

    monkeypatch.setattr(
        Process, "_read", lambda self, pipe: read(self, WatchedPipe(pipe, dealt_with))
    )
    monkeypatch.setattr(Process, "exchange", exchange_later)
    program = f"import sys; sys.stdout.write({written}); sys.stdout.flush(); sys.stdin.read()"
    command = json.dumps([sys.executable, "-I", "-S", "-c", program])
    spec = tmp_path / "port.toml"
    spec.write_text(f'name = "hostile"\nrun = {command}\n', encoding="utf-8")
    task = CheckOptions(tutorial.vectors[:1], ["float64"], "cpu", SECONDS)
    (run,) = run_all([str(spec)], task, explicit=True)
    assert run.outcome == "error"
    assert message in run.message


class Untouchable(str):
    """A text that must not be looked at."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, _: object) -> bool:
        raise AssertionError("compared")


@pytest.mark.parametrize(
    ("op", "place", "wrap"),
    [
        ("hello", "dtypes", lambda many: {**HELLO, "dtypes": many}),
        ("hello", "ops", lambda many: {**HELLO, "ops": many}),
        ("echo", "values", lambda many: {"values": many}),
        ("loss", "total", lambda many: {"per_output": None, "total": many}),
        ("loss", "per_output", lambda many: {"per_output": many, "total": None}),
        ("forward", "y", lambda many: {"h": None, "out_h": None, "y": many, "out_y": None}),
        ("train", "W1", lambda many: {"W1": many, "b1": 0, "W2": None, "b2": 0}),
        ("train", "W1[0]", lambda many: {"W1": [many, many], "b1": 0, "W2": None, "b2": 0}),
    ],
)
def test_what_is_too_long_is_not_looked_into(
    op: str, place: str, wrap: Callable[[Any], Any]
) -> None:
    wrong = schema_problem(op, {"id": 0, "ok": wrap([Untouchable()] * 5000)})
    assert wrong.startswith(f"in its response to {op}, ok.{place} has ")
    assert "5,000" in wrong


@pytest.mark.parametrize("rows", [1, 4096])
def test_the_longest_numbers_of_every_row_fit(rows: int) -> None:
    decimals = f"-0.{'0' * 307}{'1' * 52}"  # a subnormal number, written out
    pairs = ", ".join([f"[{decimals}, {decimals}]"] * rows)
    fields = ", ".join(f'"{field}": [{pairs}]' for field in ("h", "out_h", "y", "out_y"))
    response = f'{{"id": 1000000, "ok": {{{fields}}}}}\n'
    request = {"op": "forward", "X": [[0.5, 0.5]] * rows}
    assert len(response) <= max_response_bytes(request)
    assert schema_problem("forward", json.loads(response)) == ""
