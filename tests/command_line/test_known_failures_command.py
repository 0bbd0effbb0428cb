"""`backproof check --known-failures`, and the first file by `backproof known-failures`."""

import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from checkout import valid_report
from conftest import Command, Finished, backend_or_reason
from frameworks import REFERENCE

from backproof.errors import Unavailable
from backproof.ports.specs import BUILT_IN

# In float64, only h2 of a first row is wrong in the forward pass; there are no other ops.
PORT = """\
import math

from backproof import Backend, Forward


class Port(Backend):
    name, dtypes = "port", ("float64",)

    def forward(self, params, X):
        (w1, w2), (w3, w4) = params.W1
        (w5, w6), (w7, w8) = params.W2
        h = [[w1 * x1 + w2 * x2 + params.b1, w3 * x1 + w4 * x2 + params.b1] for x1, x2 in X]
        out_h = [[1 / (1 + math.exp(-z)) for z in row] for row in h]
        y = [[w5 * a + w6 * b + params.b2, w7 * a + w8 * b + params.b2] for a, b in out_h]
        out_y = [[1 / (1 + math.exp(-z)) for z in row] for row in y]
        h[0][1] += FACTOR
        return Forward(h, out_h, y, out_y)
"""
FAILS = """\
[[failure]]
vectors = "tutorial/row-1/forward"
reason = "h2 is off."
expires = 9999-12-31
"""
LACKS = """
[[failure]]
vectors = "tutorial/*"
outcome = "unsupported"
reason = "Only the forward pass is there."
expires = 9999-12-31
"""


@pytest.fixture
def port(tmp_path: Path) -> Path:
    path = tmp_path / "port.py"
    path.write_text(PORT.replace("FACTOR", "1e-3"), encoding="utf-8")
    return path


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """The known failures of the backend on the tutorial's first row."""
    path = tmp_path / "known.toml"
    names = ("loss", "gradients", "step")
    lacks = [LACKS.replace("tutorial/*", f"tutorial/row-1/{name}") for name in names]
    path.write_text(FAILS + "".join(lacks), encoding="utf-8")
    return path


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_run_whose_failures_are_all_known_is_a_success_and_no_pass(
    backproof: Command, port: Path, known: Path, one_row: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    options = ("--vectors", one_row, "--known-failures", known, "--json", report)
    done = backproof("check", port, *options)
    assert done.status == 0
    (row,) = [line.split() for line in done.out.splitlines() if line.startswith("port  ")]
    assert row[3:9] == ["known", "0", "1", "3", "0", "4"]
    assert "0 of 1 runs conform, 1 with known failures only · 4 of 4 checks ran" in done.out
    made = valid_report(report.read_text(encoding="utf-8"))
    assert made["stale_known_failures"] == []
    (run,) = made["runs"]
    assert (run["outcome"], run["known"], run["counts"]["pass"]) == ("fail", 4, 0)
    assert [result["known"] for result in run["results"]] == [
        "h2 is off.",
        *["Only the forward pass is there."] * 3,
    ]


def test_of_a_vector_that_is_left_out_an_entry_may_speak(
    backproof: Command, port: Path, known: Path, one_row: Path
) -> None:
    options = ("--vectors", one_row, "--known-failures", known, "--only", "tutorial/row-1/loss")
    done = backproof("check", port, *options)
    assert done.status == 0, done.out
    assert "1 with known failures only · 1 of 1 checks ran · 1 test vector (3 left out)" in done.out


def test_without_the_file_the_same_run_is_no_success(
    backproof: Command, port: Path, one_row: Path
) -> None:
    assert backproof("check", port, "--vectors", one_row).status == 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("row-1/forward", "row-1/no", "failure 1 (tutorial/row-1/no) matches nothing that was ch"),
        ("9999-12-31", "2000-01-01", "failure 1 (tutorial/row-1/forward) expired on 2000-01-01:"),
        (
            "row-1/loss",
            "*",
            "failure 2 (tutorial/*) covers test vectors that pass: plain-python float64 tut",
        ),
    ],
    ids=["matches-nothing", "expired", "covers-a-pass"],
)
def test_a_stale_entry_is_told_and_is_no_success(
    backproof: Command, one_row: Path, port: Path, known: Path, old: str, new: str, told: str
) -> None:
    replaced(known, old, new)
    options = ("--vectors", one_row, "--known-failures", known)
    done = backproof("check", port, REFERENCE, *options, "--json", "-")
    assert done.status == 1
    assert f"Stale: known {told}" in done.err
    assert valid_report(done.out)["stale_known_failures"]


def test_a_stale_entry_alone_is_no_success(
    backproof: Command, port: Path, known: Path, one_row: Path
) -> None:
    """Every run conforms, but the file of known failures says otherwise."""
    replaced(port, "1e-3", "0")
    done = backproof("check", port, "--vectors", one_row, "--known-failures", known)
    assert done.status == 1
    assert "0 of 1 runs conform, 1 with known failures only" in done.out
    passing = "covers test vectors that pass: port float64"
    told = f"Stale: known failure 1 (tutorial/row-1/forward) {passing}"
    assert told in done.out


@pytest.mark.parametrize(
    "line",
    ['backend = "BACKEND"', 'dtype = "float16"', 'vectors = "tutorial/row-1/slow"'],
    ids=["a-backend", "a-dtype", "a-slow-vector"],
)
def test_an_entry_is_not_held_to_what_the_command_leaves_out(
    backproof: Command, tmp_path: Path, known: Path, one_row: Path, line: str
) -> None:
    vectors = json.loads(one_row.read_text(encoding="utf-8"))
    vectors["notes"]["slow"] = "Takes long."
    slow = vectors["vectors"][0] | {"id": "tutorial/row-1/slow", "flags": ["slow"]}
    vectors["vectors"].append(slow)
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps(vectors), encoding="utf-8")
    others = [name for name in BUILT_IN if name != REFERENCE]
    other = next((n for n in others if not isinstance(backend_or_reason(n), Unavailable)), None)
    if other is None:
        pytest.skip("no other backend is available")
    entry = FAILS.replace(FAILS.splitlines()[1], line.replace("BACKEND", other))
    if "vectors" not in line:
        entry += 'vectors = "tutorial/row-1/loss"\n'
    known.write_text(entry, encoding="utf-8")
    check = ("check", "--vectors", path, "--known-failures", known)
    assert backproof(*check, REFERENCE, "--dtype", "float64").status == 0
    wide = backproof(*check, "--slow")
    assert wide.status == 1
    assert "Stale: known failure 1" in wide.out


@pytest.mark.parametrize("text", ["[[failure]]\n", "failure = 3"], ids=["entry", "file"])
def test_a_bad_file_of_known_failures_cannot_be_used(
    backproof: Command, known: Path, text: str
) -> None:
    known.write_text(text, encoding="utf-8")
    done = backproof("check", REFERENCE, "--known-failures", known)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"Error: {known}:")


@pytest.mark.hostile(
    "A file", "A library that cannot train", '`known-failures` drafts one entry, `op = "train"`'
)
def test_a_library_without_training_has_one_entry(
    backproof: Command, tmp_path: Path, one_row: Path
) -> None:
    """It holds for test vectors that are added later, whatever they are called."""
    path, report = tmp_path / "port.py", tmp_path / "report.json"
    lacks = f"from backproof import load\n\n\nclass Port(load({REFERENCE!r})):\n    train = None\n"
    path.write_text(
        lacks.replace(
            "train = None", "def train(self, *args, **options):\n        raise NotImplementedError"
        )
    )
    check = ("check", path, "--dtype", "float64")
    assert backproof(*check, "--only", "tutorial", "--json", report).status == 1
    (entry,) = tomllib.loads(backproof("known-failures", report).out)["failure"]
    assert (entry.get("vectors"), entry["op"], entry["outcome"]) == (None, "train", "unsupported")
    known = tmp_path / "known.toml"
    known.write_text(backproof("known-failures", report).out.replace("TODO: say why", "No."))
    assert backproof(*check, "--vectors", one_row, "--known-failures", known).status == 0


def test_a_file_begun_from_a_run_excuses_that_run_when_its_reasons_are_written(
    backproof: Command, port: Path, one_row: Path, tmp_path: Path
) -> None:
    report, begun = tmp_path / "report.json", tmp_path / "begun.toml"
    check = ("check", port, "--vectors", one_row)
    assert backproof(*check, "--json", report).status == 1
    today = datetime.now(UTC).date()
    assert backproof("known-failures", report, "-o", begun) == Finished(0, "", "")
    (day,) = {entry["expires"] for entry in tomllib.loads(begun.read_text("utf-8"))["failure"]}
    assert day - timedelta(days=90) in {today, datetime.now(UTC).date()}
    assert backproof("known-failures", report).out == begun.read_text(encoding="utf-8")

    unread = backproof(*check, "--known-failures", begun)
    assert unread.status == 2
    assert "failure 1: reason begins with TODO: say why this fails" in unread.err
    replaced(begun, "TODO: say why", "It is a port for a test.")
    assert backproof(*check, "--known-failures", begun, "--json", report).status == 0
    assert "[[failure]]" not in backproof("known-failures", report).out


def test_a_file_that_exists_keeps_its_reasons(
    backproof: Command, one_row: Path, tmp_path: Path, known: Path
) -> None:
    before, report = known.read_text(encoding="utf-8"), tmp_path / "report.json"
    backproof("check", REFERENCE, "--vectors", one_row, "--json", report)
    done = backproof("known-failures", report, "-o", known)
    assert done == Finished(
        2, "", f"Error: {known}: already exists and may hold reasons; choose another file\n"
    )
    assert known.read_text(encoding="utf-8") == before


def test_a_file_is_not_written_where_there_is_no_folder(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    report, there = tmp_path / "report.json", tmp_path / "nowhere" / "known.toml"
    backproof("check", REFERENCE, "--vectors", one_row, "--json", report)
    done = backproof("known-failures", report, "-o", there)
    assert (done.status, done.out) == (2, "")
    folder = there.parent.resolve()
    assert done.err == f"Error: {there}: cannot be written: the folder {folder} does not exist\n"


@pytest.mark.parametrize(
    ("raw", "problem"),
    {
        "no-json": (b"{", "is not JSON: "),
        "no-utf-8": (b'"\xff"', "is not UTF-8"),
        "a-list": (b"[]", "is not a backproof report: $: [] is not of type 'object'"),
        "no-runs": (b'{"report": 1}', "is not a backproof report: $: '"),
        "a-bomb": (b"[" * 100_000, "is nested too deeply"),
        "a-long-number": (b"1" * 5000, "is not JSON: "),
    }.values(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_report_is_told(
    backproof: Command, tmp_path: Path, raw: bytes, problem: str
) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(raw)
    done = backproof("known-failures", path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"Error: {path}: {problem}")


def test_a_report_with_a_run_that_is_none_is_told_with_its_place(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    path = tmp_path / "report.json"
    backproof("check", REFERENCE, "--vectors", one_row, "--json", path)
    replaced(path, '"dtype": "float64"', '"dtype": "posit8"')
    done = backproof("known-failures", path)
    assert done.status == 2
    assert "is not a backproof report: $.runs[0].dtype: 'posit8' is not one of" in done.err
