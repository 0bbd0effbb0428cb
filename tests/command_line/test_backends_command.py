"""`backproof backends`: what can be checked here, or what is missing."""

import json
import sys
from pathlib import Path

import pytest
from conftest import Command, backend_or_reason
from frameworks import REFERENCE

from backproof.errors import Unavailable
from backproof.ports import specs

PLUGIN = """\
from backproof import Backend

class Port(Backend):
    name, version, dtypes = "plugged", "1.2", ("float64", "float16")
"""


@pytest.fixture
def two_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the reference backend and one that cannot be started are known."""
    nowhere = specs.BuiltIn("nowhere/port.toml")
    known = {REFERENCE: specs.BUILT_IN[REFERENCE], "nowhere": nowhere}
    monkeypatch.setattr(specs, "BUILT_IN", known)


def test_every_backend_is_listed_with_its_dtypes_or_what_is_missing(backproof: Command) -> None:
    done = backproof("backends", "--json")
    assert (done.status, done.err) == (0, "")
    listed = {found["backend"]: found for found in json.loads(done.out)}
    assert [*specs.BUILT_IN] == [name for name in listed if name in specs.BUILT_IN]
    for name, built_in in specs.BUILT_IN.items():
        found = listed[name]
        if not built_in.is_python:
            continue
        backend = backend_or_reason(name)
        if isinstance(backend, Unavailable):
            assert (found["outcome"], found["dtypes"]) == ("unavailable", [])
            assert found["message"] == str(backend)
        else:
            assert (found["outcome"], found["message"]) == ("available", "")
            assert found["version"] == getattr(backend, "version", "unknown")
            assert found["dtypes"] == [*backend.dtypes]


@pytest.mark.usefixtures("two_known")
def test_the_table_says_what_is_missing(
    backproof: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")  # the path that is shown may be long
    done = backproof("backends")
    assert done.status == 0
    heading, *rows = done.out.splitlines()
    assert heading.split() == ["backend", "version", "dtypes,", "or", "what", "is", "missing"]
    assert rows[0].split()[0] == REFERENCE
    assert rows[0].split()[2] == "float64"
    assert rows[1].startswith("nowhere")
    assert "error: " in rows[1]
    assert "port.toml: there is no such file" in rows[1]


@pytest.mark.usefixtures("two_known")
def test_json_can_go_to_a_file(backproof: Command, tmp_path: Path) -> None:
    path = tmp_path / "backends.json"
    assert backproof("backends", "--json", path).out == ""
    assert [found["backend"] for found in json.loads(path.read_text("utf-8"))] == [
        REFERENCE,
        "nowhere",
    ]


@pytest.mark.usefixtures("two_known")
def test_a_backend_of_an_installed_package_is_listed(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plugged_in_a_test.py").write_text(PLUGIN, encoding="utf-8")
    metadata = tmp_path / "plugged_in_a_test-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: plugged-in-a-test\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(
        "[backproof.backends]\nplugged = plugged_in_a_test:Port\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", ":".join([str(tmp_path), *sys.path]))
    (*_, last) = json.loads(backproof("backends", "--json").out)
    assert last == {
        "backend": "plugged",
        "version": "1.2",
        "dtypes": ["float64", "float16"],
        "outcome": "available",
        "message": "",
    }
