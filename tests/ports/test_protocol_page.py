"""docs/reference/protocol.md: the requests, responses and `port.toml` files in it are valid."""

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT, schema
from jsonschema import Draft202012Validator

from backproof.errors import Unavailable
from backproof.ports.launching import build, find_launch
from backproof.ports.wire import to_float

PAGE = (ROOT / "docs" / "reference" / "protocol.md").read_text(encoding="utf-8")
WHOLE = [line for line in re.findall(r"^[→←] \{.*\}$", PAGE, re.MULTILINE) if "…" not in line]
SCHEMA = schema("backproof.ports", "protocol")


MANIFESTS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def validate(data: Any, name: str) -> None:
    reference = {"$defs": SCHEMA["$defs"], "$ref": f"#/$defs/{name}"}
    Draft202012Validator(reference).validate(data)


def pairs() -> list[tuple[Any, Any]]:
    """Return the complete requests in the page, each with its response."""
    said = [json.loads(line[2:]) for line in WHOLE]
    return list(zip(said[::2], said[1::2], strict=True))


@pytest.mark.parametrize(("request_", "answer"), pairs(), ids=[asked["op"] for asked, _ in pairs()])
def test_what_is_asked_and_answered_is_valid(request_: Any, answer: Any) -> None:
    validate(request_, "request")
    validate(answer, f"{request_['op']}-answer")
    assert request_["id"] == answer["id"]


def test_the_echo_that_is_shown_holds_nan_and_both_infinities() -> None:
    (asked, answer), *_ = ((a, b) for a, b in pairs() if a["op"] == "echo")
    assert answer["ok"]["values"] == asked["values"]
    shown = [to_float(x) for x in asked["values"]]
    assert {repr(x) for x in shown if not math.isfinite(x)} == {"nan", "inf", "-inf"}


@pytest.mark.parametrize("text", MANIFESTS, ids=[tomllib.loads(text)["name"] for text in MANIFESTS])
def test_a_manifest_that_is_shown_builds_its_port(text: str, tmp_path: Path) -> None:
    path = tmp_path / "port.toml"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "port.c").write_text("int main(void) { return 0; }\n", encoding="utf-8")
    (tmp_path / "main.rs").write_text("fn main() {}\n", encoding="utf-8")
    try:
        started = find_launch(str(path), "cpu")
    except Unavailable as reason:
        pytest.skip(str(reason))
    built = tmp_path / "built"
    built.mkdir()
    build(started, built, 300.0)
    assert Path(*started.fill_build_folder(started.run, built)).is_file()
