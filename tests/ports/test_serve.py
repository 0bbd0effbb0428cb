"""A Python backend returns the same values over the wire as in this process."""

import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from checkout import schema
from jsonschema import Draft202012Validator

from backproof import Backend
from backproof.network.float_formats import FORMATS
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.launching import NO_BACKEND
from backproof.ports.response_problems import MAX_SHOWN, schema_problem
from backproof.ports.responses import Arguments, Output, make_arguments
from backproof.ports.serve import serve_requests
from backproof.ports.wire import encode_line, max_response_bytes
from backproof.vectors.vectors import Vector

HELLO = {"id": 0, "op": "hello", "protocol": 1}


@pytest.fixture(scope="session")
def protocol() -> Any:
    return schema("backproof.ports", "protocol")


def request(number: int, op: str, dtype: str, given: Arguments) -> dict[str, Any]:
    T = {} if given.T is None else {"T": given.T}
    asked = {"id": number, "op": op, "dtype": dtype, "params": given.params._asdict()}
    return {**asked, "X": given.X, **T, **given.options}


def said(spec: str, *requests: Mapping[str, Any] | bytes, device: str = "cpu") -> list[Any]:
    """Send requests to a backend, and return its responses."""
    lines = [r if isinstance(r, bytes) else encode_line(r) for r in requests]
    answers = io.BytesIO()
    serve_requests(spec, device, io.BytesIO(b"".join(lines)), answers)
    return [json.loads(line) for line in answers.getvalue().splitlines()]


def test_it_introduces_itself(backend: type[Backend]) -> None:
    (answer,) = said(backend.name, HELLO)
    ops = ["forward", "loss", "gradients", "train"]
    assert answer == {
        "id": 0,
        "ok": {
            "protocol": 1,
            "name": backend.name,
            "version": backend.version,
            "dtypes": list(backend.dtypes),
            "ops": ops,
        },
    }


def test_it_answers_as_it_does_in_this_process(
    backend: type[Backend], dtype: str, tutorials: Mapping[str, Vector], protocol: Any
) -> None:
    port = InProcessDriver(backend)
    by_op = {vector.op: vector for vector in reversed([*tutorials.values()])}
    asked = {op: make_arguments(op, v.inputs.rounded(FORMATS[dtype])) for op, v in by_op.items()}
    requests = [request(n, op, dtype, given) for n, (op, given) in enumerate(asked.items())]
    answers = said(backend.name, *requests)
    for (op, given), sent, answer in zip(asked.items(), requests, answers, strict=True):
        reply = port.call(op, dtype, given)
        assert isinstance(reply, Output)
        assert answer == json.loads(encode_line({"id": sent["id"], "ok": reply.fields._asdict()}))
        for name, data in (("request", sent), (f"{op}-answer", answer)):
            reference = {"$defs": protocol["$defs"], "$ref": f"#/$defs/{name}"}
            Draft202012Validator(reference).validate(json.loads(encode_line(data)))


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ({"id": 1, "op": "forward", "dtype": "posit8"}, {"id": 1, "unsupported": "posit8"}),
        ({"id": 2, "op": "dance"}, {"id": 2, "unsupported": "dance"}),
        ({"id": 3}, {"id": 3, "unsupported": "None"}),
        (b"[]\n", {"id": None, "error": "the request is not a JSON object: '[]\\n'"}),
        (
            {"id": 4, "op": "forward", "dtype": "float64"},
            {"id": 4, "error": "the request is malformed: KeyError: 'params'"},
        ),
        (
            {"id": 5, "op": "echo", "dtype": "float64", "values": ["x"]},
            {"id": 5, "error": 'the request is malformed: Malformed: "x" is not a number'},
        ),
    ],
)
def test_what_it_cannot_answer_it_says(asked: Any, answer: Any) -> None:
    assert said("plain-python", asked, HELLO)[0] == answer


def test_a_backend_that_cannot_be_made_says_so_once() -> None:
    (answer,) = said("plain-python", HELLO, device="abacus")
    assert answer["error"].startswith(
        "creating the backend raised ValueError: plain-python has no device 'abacus', only cpu"
    )


PORT = """\
import os
from backproof import Backend

print("imported")

class Port(Backend):
    name = "port"
    dtypes = ("float64",)

    def __init__(self, dtype="float64", device="cpu"):
        os.write(1, b"made\\n")
"""


def served(spec: object, *requests: Mapping[str, Any]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "backproof.ports.serve", str(spec)],
        input=b"".join(map(encode_line, requests)),
        capture_output=True,
        check=False,
    )


def test_standard_output_belongs_to_the_answers(tmp_path: Path) -> None:
    port = tmp_path / "port.py"
    port.write_text(PORT, encoding="utf-8")
    done = served(port, HELLO)
    assert done.returncode == 0
    assert json.loads(done.stdout)["ok"]["name"] == "port"
    assert done.stderr == b"imported\nmade\n"


READING = """\
import subprocess, sys
read = subprocess.run([sys.executable, "-c", "print(repr(input()))"], stderr=subprocess.DEVNULL)
sys.stderr.write(f"{read.returncode} {sys.stdin.read()!r}")
"""


def test_standard_input_belongs_to_the_requests(tmp_path: Path) -> None:
    port = tmp_path / "port.py"
    port.write_text(READING + PORT, encoding="utf-8")
    done = served(port, HELLO, HELLO)
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr.startswith(b"1 ''")


def test_a_spec_that_names_nothing_ends_with_status_2() -> None:
    done = served("nowhere.py", HELLO)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == f"{NO_BACKEND}nowhere.py: there is no such file\n".encode()


def test_what_needs_something_missing_is_unavailable(tmp_path: Path) -> None:
    port = tmp_path / "port.py"
    port.write_text("import nowhere\n", encoding="utf-8")
    done = served(port, HELLO)
    assert json.loads(done.stdout) == {
        "id": 0,
        "unavailable": f"{port}: needs nowhere, which is neither installed nor beside the file",
    }


RAISING = """\
from backproof import Backend

class Port(Backend):
    name = "port"
    dtypes = ("float64",)

    def forward(self, params, X):
        {body}
"""


def refused(folder: Path, body: str, tutorials: Mapping[str, Vector]) -> Any:
    """Return the response of a port with this forward pass, which a client would accept."""
    port = folder / "port.py"
    port.write_text(RAISING.format(body=body), encoding="utf-8")
    vector = next(vector for vector in tutorials.values() if vector.op == "forward")
    asked = request(1, "forward", "float64", make_arguments("forward", vector.inputs))
    (answer,) = said(str(port), asked)
    assert schema_problem("forward", answer) == ""
    assert len(encode_line(answer)) <= max_response_bytes(asked)
    return answer


def test_of_a_long_text_beginning_and_end_are_sent(
    tmp_path: Path, tutorials: Mapping[str, Vector]
) -> None:
    raised = "raise {}('first ' + '\N{GRINNING FACE}' * 10**5 + ' last')"
    error = refused(tmp_path, raised.format("ValueError"), tutorials)["error"]
    assert error.startswith("forward raised ValueError: first ")
    assert " last (port.py:8 in forward: raise ValueError(" in error
    assert len(error) == MAX_SHOWN
    lack = refused(tmp_path, raised.format("NotImplementedError"), tutorials)["unsupported"]
    assert lack.startswith("first ")
    assert lack.endswith(" … (100,011 characters) … " + lack[-237:])
    assert lack.endswith(" last")
    assert len(lack) == MAX_SHOWN


def test_of_many_long_lines_the_last_are_sent(
    tmp_path: Path, tutorials: Mapping[str, Vector]
) -> None:
    body = """\
if len(X) > 200: return 1 / 0
        return self.forward(params, [*X, X])  # {}"""
    frames = refused(tmp_path, body.format("\N{GRINNING FACE}" * 400), tutorials)["frames"]
    assert frames[-1] == f"{tmp_path / 'port.py'}:8 in forward: if len(X) > 200: return 1 / 0"
    assert {frame.partition(" in ")[0] for frame in frames[:-1]} == {f"{tmp_path / 'port.py'}:9"}
    assert 1 < len(frames) < 100
