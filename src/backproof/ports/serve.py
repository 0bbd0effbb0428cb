"""Serve a Python backend over the wire protocol: `python -m backproof.ports.serve SPEC`.

Requests arrive on standard input; responses go to standard output. Anything that the backend itself
prints, including from C, goes to standard error, and its own standard input is empty. If the spec
names no backend, the exit status is 2, and standard error ends with `NO_BACKEND` and the reason;
what the backend itself exits with is told apart by that.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import IO, Any

from backproof.errors import SpecError, Unavailable
from backproof.interface import Params
from backproof.network.inputs import OPS, Op
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.launching import NO_BACKEND
from backproof.ports.loading import BrokenBackend, load
from backproof.ports.response_problems import MAX_SHOWN, TEXTS
from backproof.ports.responses import Arguments, BackendError, Output
from backproof.ports.wire import (
    MAX_BYTES,
    PROTOCOL,
    Malformed,
    decode_line,
    encode_line,
    to_float,
)
from backproof.text.shortening import shorten

BAD_SPEC_STATUS = 2
MAX_FRAMES_BYTES = MAX_BYTES // 2  # of the lines that led to an exception, as JSON
MAX_REASON = 1500  # bytes, fewer than the client keeps of standard error
SCHEDULE: dict[str, Callable[[Any], Any]] = {
    "learning_rate": to_float,
    "epochs": int,
    "batch_size": int,
    "train_biases": bool,
}


def serve_requests(spec: str, device: str, requests: IO[bytes], responses: IO[bytes]) -> None:
    """Run all requests on the backend that `spec` names, and write the responses.

    Raises `SpecError` if `spec` names no backend, and `SystemExit` if importing it does.
    """
    driver: InProcessDriver | None = None
    lack: dict[str, Any] = {}
    try:
        driver = InProcessDriver(load(spec), device)
    except Unavailable as reason:
        lack = {"unavailable": str(reason)}
    except BrokenBackend as reason:
        if isinstance(reason.__cause__, SystemExit):  # as if it had not been caught
            raise reason.__cause__ from None
        lack = {"error": str(reason)}
    for line in requests:
        try:
            request = decode_line(line)
        except Malformed as error:
            response = {"id": None, "error": f"the request is {error}"}
        else:
            response = respond(driver, request) if driver else lack
            response = {"id": request.get("id"), **_shorten_texts(response)}
        responses.write(encode_line(response))
        responses.flush()


def _shorten_texts(response: Mapping[str, Any]) -> dict[str, Any]:
    """Shorten the texts of a response to what is shown of them."""
    return {
        key: shorten(value, MAX_SHOWN) if key in TEXTS else value for key, value in response.items()
    }


def respond(driver: InProcessDriver, request: dict[str, Any]) -> dict[str, Any]:
    op, dtype = request.get("op"), request.get("dtype")
    try:
        if op == "hello":
            return _hello(driver)
        if op not in (*OPS, "echo"):
            return {"unsupported": str(op)}
        if dtype not in driver.dtypes:
            return {"unsupported": str(dtype)}
        if op == "echo":
            return {"ok": {"values": [to_float(x) for x in request["values"]]}}
        return _calculated(driver, op, dtype, request)
    except (KeyError, TypeError, ValueError, Malformed) as error:
        return {"error": f"the request is malformed: {type(error).__name__}: {error}"}


def _hello(driver: InProcessDriver) -> dict[str, Any]:
    """Respond to hello; report an error if the backend cannot be created."""
    if problem := driver.construction_problem():
        return {"error": problem}
    introduction = {"name": driver.name, "version": driver.version, "dtypes": driver.dtypes}
    return {"ok": {"protocol": PROTOCOL, **introduction, "ops": OPS}}


def _calculated(
    driver: InProcessDriver, op: Op, dtype: str, request: dict[str, Any]
) -> dict[str, Any]:
    schedule = {name: kind(request[name]) for name, kind in SCHEDULE.items() if name in request}
    p = request["params"]
    given = Arguments(
        Params(_matrix(p["W1"]), to_float(p["b1"]), _matrix(p["W2"]), to_float(p["b2"])),
        _matrix(request["X"]),
        None if op == "forward" else _matrix(request["T"]),
        schedule if op == "train" else {},
    )
    response = driver.call(op, dtype, given)
    if isinstance(response, Output):
        return {"ok": response.fields._asdict()}
    if isinstance(response, BackendError):
        return {"error": response.message, "frames": _innermost(response.frames)}
    return {"unsupported": response.message}


def _innermost(frames: Sequence[str]) -> list[str]:
    """Shorten the lines that led to an exception; keep the last of them that there is room for."""
    shortened = [shorten(frame, MAX_SHOWN) for frame in reversed(frames)]
    sizes = accumulate(len(json.dumps(frame)) for frame in shortened)
    fitting = [f for f, size in zip(shortened, sizes, strict=True) if size <= MAX_FRAMES_BYTES]
    return fitting[::-1]


def _matrix(rows: Any) -> list[list[float]]:
    return [[to_float(x) for x in row] for row in rows]


def main() -> None:
    """Serve on standard input and output."""
    parser = argparse.ArgumentParser(prog="python -m backproof.ports.serve", description=__doc__)
    parser.add_argument("spec")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    # Only these duplicates, which child processes do not inherit, reach the client.
    with os.fdopen(os.dup(0), "rb") as requests, os.fdopen(os.dup(1), "wb") as responses:
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)
        try:
            serve_requests(arguments.spec, arguments.device, requests, responses)
        except SpecError as error:
            reason = str(error).encode(errors="replace")[:MAX_REASON].decode(errors="ignore")
            sys.stderr.write(f"{NO_BACKEND}{reason}\n")
            sys.exit(BAD_SPEC_STATUS)


if __name__ == "__main__":
    main()
