"""Any file in place of one that is read: accepted, or refused in a sentence."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import Command
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import ENCODINGS, HOSTILE_TEXT, VALUES, changed, damaged
from vector_files import entry

from backproof.errors import BackproofError, ExampleError, KnownFailuresError, SpecError
from backproof.judging.known_failures import KnownFailures
from backproof.ports.launching import find_launch
from backproof.text.unprintable import UNPRINTABLE
from backproof.worked_examples.example import load_example

EXAMPLES = settings().max_examples
EXPIRES = "2030-05-31"
INPUTS = {
    "W1": [[0.15, 0.2], [0.25, 0.3]],
    "b1": 0.35,
    "W2": [[0.4, 0.45], [0.5, 0.55]],
    "b2": 0.6,
    "X": [0.05, 0.1],
    "T": [0.01, 0.99],
    "learning_rate": 0.5,
}


def toml(data: Any) -> str:
    """Write TOML, or what almost is."""
    if not isinstance(data, dict):
        return f"x = {in_line(data)}\n"
    flat = {key: value for key, value in data.items() if not isinstance(value, dict) or not value}
    tables = {key: value for key, value in data.items() if key not in flat}
    lines = [f"{json.dumps(key)} = {in_line(value)}\n" for key, value in flat.items()]
    for key, table in tables.items():
        lines.append(f"[{json.dumps(key)}]\n")
        lines += [f"{json.dumps(name)} = {in_line(value)}\n" for name, value in table.items()]
    return "".join(lines)


def in_line(data: Any) -> str:
    if isinstance(data, dict):
        pairs = (f"{json.dumps(key)} = {in_line(value)}" for key, value in data.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(data, list):
        return f"[{', '.join(map(in_line, data))}]"
    return EXPIRES if data == EXPIRES else json.dumps(data, ensure_ascii=False)


@dataclass(frozen=True)
class Kind:
    """A kind of file: what one holds, how it is written, and what it cannot do without."""

    name: str
    valid: Any
    write: Callable[[Any], str]
    required: Sequence[str]  # keys, of the whole or of what is in it


VECTORS = Kind("vectors.json", {"title": "mine", "vectors": [entry()]}, json.dumps, ["params", "X"])
EXAMPLE = Kind(
    "example.toml", {"inputs": INPUTS, "printed": {"h1": 0.3775}}, toml, ["inputs", "W1", "b2"]
)
KNOWN = Kind(
    "known.toml",
    {"failure": [{"vectors": "a/*", "reason": "It rounds twice.", "expires": EXPIRES}]},
    toml,
    ["vectors", "reason", "expires"],
)
MANIFEST = Kind(
    "port.toml", {"name": "mine", "run": [sys.executable], "needs": "it"}, toml, ["name", "run"]
)


@dataclass(frozen=True)
class File:
    """The content of a file, and whether it is to be accepted; `None` if it may be, or not."""

    content: bytes
    accepted: bool | None


@st.composite
def files(draw: st.DrawFn, kind: Kind) -> File:
    """Draw a file that is valid, wrong in a known way, or changed at random."""
    text = kind.write(kind.valid)
    match draw(st.sampled_from(["as it is", "lacks", "unknown", "encoding", *["changed"] * 6])):
        case "as it is":
            return File(text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig"]))), accepted=True)
        case "lacks":
            key = draw(st.sampled_from(kind.required))
            return File(kind.write(without(kind.valid, key)).encode(), accepted=False)
        case "unknown":
            key = "zzz" + draw(HOSTILE_TEXT)
            return File(kind.write({**kind.valid, key: draw(VALUES)}).encode(), accepted=False)
        case "encoding":
            return File(text.encode(draw(st.sampled_from(ENCODINGS[2:]))), accepted=False)
    data = draw(st.one_of(changed(kind.valid), changed(kind.valid).flatmap(changed), VALUES))
    content = kind.write(data).encode(errors="surrogatepass")
    content = draw(st.one_of(st.just(content), damaged(content), damaged(text.encode())))
    return File(content, accepted=None)


def without(data: Any, key: str) -> Any:
    """Leave out a key, wherever it is."""
    if isinstance(data, dict):
        return {name: without(value, key) for name, value in data.items() if name != key}
    return [without(item, key) for item in data] if isinstance(data, list) else data


LOADED = {  # what reads each, and how it refuses
    KNOWN.name: (KNOWN, KnownFailures.load, KnownFailuresError),
    EXAMPLE.name: (EXAMPLE, load_example, ExampleError),
    MANIFEST.name: (MANIFEST, lambda path: find_launch(str(path), "cpu"), SpecError),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            id=what,
            marks=pytest.mark.hostile(
                "Anything, at random", what, "it is read, or refused in a sentence"
            ),
        )
        for name, what in (
            (KNOWN.name, "a file of known failures"),
            (EXAMPLE.name, "a worked example"),
            (MANIFEST.name, "a manifest"),
        )
    ],
)
@settings(max_examples=2 * EXAMPLES)
@given(data=st.data())
def test_a_file_is_read_or_refused(tmp_path: Path, name: str, data: st.DataObject) -> None:
    kind, load, error_type = LOADED[name]
    file = data.draw(files(kind))
    path = tmp_path / name
    path.write_bytes(file.content)
    refused = refusal(load, path)
    assert refused is None or isinstance(refused, error_type)
    assert refused is None or str(path) in str(refused) or "is not installed" in str(refused)
    assert file.accepted in (refused is None, None)


def refusal(load: Callable[[Path], object], path: Path) -> BackproofError | None:
    """Return how a file is refused, if it is."""
    try:
        load(path)
    except BackproofError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        pytest.param(
            kind,
            command,
            id=command[0],
            marks=pytest.mark.hostile(
                "Anything, at random",
                f"a file, in `{' '.join(command)}`",
                "status 2 and a sentence, unless it is valid; nothing that controls a terminal",
            ),
        )
        for kind, command in (
            (VECTORS, ["vectors", "validate"]),
            (EXAMPLE, ["diagnose"]),
        )
    ],
)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_a_command_says_what_is_wrong(
    backproof: Command, tmp_path: Path, kind: Kind, command: list[str], data: st.DataObject
) -> None:
    file = data.draw(files(kind))
    path = tmp_path / kind.name
    path.write_bytes(file.content)
    done = backproof(*command, path)
    assert done.status in {True: (0, 1), False: (2,), None: (0, 1, 2)}[file.accepted]
    said = done.out + done.err
    assert not UNPRINTABLE.search(said.replace("\n", ""))
    assert "Traceback" not in said
    assert "unforeseen" not in said
    assert str(path) in said or done.status != 2
