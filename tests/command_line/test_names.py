"""Names that cannot be those of files: they are refused, and shown on one line."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import Command
from frameworks import REFERENCE
from vector_files import written

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="is about POSIX systems")


def attempt(what: str, *values: object, answer: str = "status 2 and a sentence") -> object:
    """Return the parameters of a test that is a row of the page of hostile input."""
    mark = pytest.mark.hostile("The command line and its surroundings", what, answer)
    return pytest.param(*values, id=what.replace("`", ""), marks=mark)


def assert_refused(status: int, said: str) -> None:
    """One sentence is said last, and it is no verdict."""
    assert status == 2
    assert said.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        attempt(f"{kind} as {what}", name, kind, answer="status 2; says what it is")
        for kind in ("a folder", "a pipe", "a device")
        for what, name in {"SPEC": "x", "a Python SPEC": "x.py", "manifest": "x.toml"}.items()
    ],
)
def test_what_is_no_file_is_called_what_it_is(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make = {
        "a folder": os.mkdir,
        "a pipe": os.mkfifo,
        "a device": lambda path: Path(path).symlink_to("/dev/zero"),
    }
    make[kind](name)
    done = backproof("check", name)
    assert_refused(done.status, done.err)
    told = f"is {kind}, not a file" if "." in name else f"has this name, but {kind} does"
    assert told in done.err


@pytest.mark.parametrize(
    "words",
    [
        attempt("a line break in a SPEC", ["check", "a\nb.py"]),
        attempt("a line break in the name of a vector file", ["vectors", "validate", "a\nb.json"]),
        attempt("the same in a folder", ["vectors", "list", "--vectors", "."]),
        attempt("a line break in the name of a worked example", ["diagnose", "a\nb.toml"]),
        attempt("the same in a folder of them", ["diagnose", "."]),
        attempt(
            "a line break in `--json`", ["check", REFERENCE, "--json", "no\nwhere/report.json"]
        ),
        attempt("a line break in `--only`", ["check", REFERENCE, "--only", "a\nb"]),
        attempt("a line break in a command", ["a\nb"]),
        attempt("a line break in a working folder", ["explain", "-o", "nowhere/a"]),
    ],
)
def test_a_name_is_shown_on_one_line(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Sequence[str]
) -> None:
    folder = tmp_path / ("working\nfolder" if "nowhere/a" in words else "folder")
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("a\nb.py", "a\nb.json", "a\nb.toml"):
        written(folder, "", name)
    done = backproof(*words)
    assert_refused(done.status, done.err)
    assert "\\n" in done.err.splitlines()[-1]
