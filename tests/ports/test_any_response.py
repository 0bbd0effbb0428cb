"""Any bytes as a response: its numbers, if it keeps to the protocol, and else what it is."""

import json
import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import mutated_json

from backproof.network.inputs import OPS, Op
from backproof.network.quantities import flatten
from backproof.ports.launching import Launch
from backproof.ports.remote_driver import RemoteDriver
from backproof.ports.responses import BackendError, Output, Unsupported, make_arguments
from backproof.text.unprintable import UNPRINTABLE
from backproof.vectors.vectors import VectorFile

EXAMPLES = settings().max_examples
NUMBER = 1.5
PAIRS = [[NUMBER, NUMBER]]
PARAMETERS = {"W1": PAIRS * 2, "b1": NUMBER, "W2": PAIRS * 2, "b2": NUMBER}
OK: Mapping[Op, Mapping[str, Any]] = {
    "forward": dict.fromkeys(("h", "out_h", "y", "out_y"), PAIRS),
    "loss": {"per_output": PAIRS, "total": [NUMBER]},
    "gradients": PARAMETERS,
    "train": PARAMETERS,
}
NON_FINITE = ("NaN", "Infinity", "-Infinity")
ID = 2  # of the first request after `hello` and one `echo`


class SayingProcess:
    """In place of a process: it is right at first, and then says what it is told to."""

    said = b""

    def __init__(self, *_: object) -> None:
        pass

    def exchange(self, request: bytes, *_: object) -> bytes:
        asked = json.loads(request)
        introduction = {"protocol": 1, "name": "mine", "dtypes": ["float64"], "ops": OPS}
        known = {"hello": introduction, "echo": {"values": asked.get("values")}}
        ok = known.get(asked["op"])
        return json.dumps({"id": asked["id"], "ok": ok}).encode() if ok else self.said

    def kill(self) -> int:
        return 0


class Refused(Exception):
    """The page of the protocol does not allow this response."""


def meant(line: bytes, op: Op) -> Any:
    """Return what a response says by the page of the protocol: its key, and that key's value.

    Raises `Refused`.
    """
    try:
        found = json.loads(line.decode("utf-8"), object_pairs_hook=without_duplicates)
    except (ValueError, RecursionError) as error:
        raise Refused from error
    if not isinstance(found, dict) or not number_is(found.pop("id", None), ID):
        raise Refused
    frames = found.pop("frames", None)
    if len(found) != 1:
        raise Refused
    [(key, value)] = found.items()
    if frames is not None and (key != "error" or not texts(frames)):
        raise Refused
    if key in ("unsupported", "error") and isinstance(value, str):
        return key, None
    if key != "ok" or not isinstance(value, dict) or value.keys() != OK[op].keys():
        raise Refused
    fields = {
        name: as_wanted(value[name], OK[op][name]) for name in OK[op] if value[name] is not None
    }
    return ("ok", fields) if fields else ("unsupported", None)


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise Refused
    return dict(pairs)


def number_is(value: Any, wanted: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == wanted


def texts(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 100 and all(isinstance(t, str) for t in value)


def as_wanted(value: Any, wanted: Any) -> Any:
    """Return numbers as float64, nested as in `wanted`, but with any number of rows."""
    if isinstance(wanted, list):
        if not isinstance(value, list) or (len(wanted) == 2 and len(value) != 2):
            raise Refused
        return [as_wanted(item, wanted[0]) for item in value]
    if value in NON_FINITE and isinstance(value, str):
        return float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Refused
    try:
        number = float(value)
    except OverflowError as error:
        raise Refused from error
    if not math.isfinite(number):
        raise Refused
    return number


@pytest.mark.hostile(
    "Anything, at random", "a response", "its numbers, or `error`; never a traceback"
)
@settings(max_examples=5 * EXAMPLES)
@given(data=st.data(), op=st.sampled_from(OPS))
def test_a_response_is_what_the_protocol_makes_of_it(
    tutorial: VectorFile, data: st.DataObject, op: Op
) -> None:
    key = data.draw(st.sampled_from(["ok", "ok", "ok", "error", "unsupported"]))
    valid = {"id": ID, key: OK[op] if key == "ok" else "sorry"}
    line = data.draw(mutated_json(valid)).replace(b"\n", b"")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("backproof.ports.remote_driver.Process", SayingProcess)
        monkeypatch.setattr(SayingProcess, "said", line)
        driver = RemoteDriver(Launch("mine", ["mine"]), 1.0)
        try:
            driver.start()
            inputs = next(v.inputs for v in tutorial.vectors if v.op == op)
            response = driver.call(op, "float64", make_arguments(op, inputs))
        finally:
            driver.stop()
    try:
        key, fields = meant(line, op)
    except Refused:
        assert isinstance(response, BackendError)
        assert not response.in_own_words
    else:
        assert isinstance(response, {"ok": Output, "error": BackendError}.get(key, Unsupported))
    if isinstance(response, Output):
        assert repr(response.numbers) == repr(
            {q: x for name, values in fields.items() for q, x in flatten(name, values)}
        )
    else:
        assert not UNPRINTABLE.search(response.message)
