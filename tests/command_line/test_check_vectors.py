"""`backproof check`: which test vectors are run, and what is reported on their files."""

import json
from pathlib import Path

import pytest
from checkout import ROOT, valid_report
from conftest import Command
from frameworks import REFERENCE
from python_port import port


def test_a_bad_vector_file_is_named(backproof: Command, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{", encoding="utf-8")
    done = backproof("check", REFERENCE, "--vectors", bad)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith(f"Error: {bad}: ")


def test_vectors_may_be_a_folder_and_several(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    text = one_row.read_text(encoding="utf-8").replace("tutorial/row-1", "another")
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "another.json").write_text(text, encoding="utf-8")
    done = backproof("check", REFERENCE, "--vectors", one_row, "--vectors", tmp_path)
    assert done.status == 0
    assert "· 8 test vectors, sha256 " in done.out


def test_a_wrong_expected_value_is_not_taken_for_a_mistake_of_the_backend(
    backproof: Command, tmp_path: Path
) -> None:
    content = json.loads((ROOT / "fixtures" / "tutorial.json").read_text(encoding="utf-8"))
    del content["sha256"]
    changed = next(v for v in content["vectors"] if v["id"] == "tutorial/row-1/gradients")
    changed["expected"]["float64"]["W1[0][0]"]["value"] = "0.0004"
    (tmp_path / "mine.json").write_text(json.dumps(content), encoding="utf-8")
    report = tmp_path / "report.json"
    done = backproof("check", REFERENCE, "--vectors", tmp_path / "mine.json", "--json", report)
    assert done.status == 1
    told = (
        "A network without any mistake returns the wrong numbers in 1 test vector, first in "
        "tutorial/row-1/gradients: there the expected values are wrong."
    )
    assert told in done.out
    (run,) = valid_report(report.read_text(encoding="utf-8"))["runs"]
    assert run["diagnosis"] == []


def test_a_wrong_printed_number_is_told_and_is_not_the_backends_fault(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    vectors = tmp_path / "vectors.json"
    text = one_row.read_text(encoding="utf-8")
    vectors.write_text(text.replace('"0.97753007"', '"0.97753009"'), encoding="utf-8")
    done = backproof("check", REFERENCE, "--vectors", vectors)
    assert done.status == 0
    told = "y[0][0] is published as 0.97753009, but its reference value is 0.9775300689839314"
    assert f"  tutorial/row-1/forward: {told}" in done.out


def test_slow_vectors_run_only_when_asked_for(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    data = json.loads(one_row.read_text(encoding="utf-8"))
    data["notes"]["slow"] = "Takes long."
    data["vectors"][0]["flags"].append("slow")
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps(data), encoding="utf-8")
    assert "· 3 test vectors" in backproof("check", REFERENCE, "--vectors", vectors).out
    assert "· 4 test vectors" in backproof("check", REFERENCE, "--vectors", vectors, "--slow").out


@pytest.mark.parametrize(
    ("names", "put"),
    [
        (["tutorial/row-1/loss"], 1),
        (["tutorial/row-1"], 4),
        (["tutorial/row-1/"], 4),
        (["*/row-1/*"], 4),
        (["*/row-?/l[aeo]ss"], 1),
        (["tutorial/row-1/step", "tutorial/row-1/loss", "tutorial/row-1/loss"], 2),
    ],
)
def test_only_the_vectors_named_are_put(
    backproof: Command, one_row: Path, tmp_path: Path, names: list[str], put: int
) -> None:
    """All of the named ones are run and expected, and no others."""
    text = one_row.read_text(encoding="utf-8").replace("tutorial/row-1", "tutorial/row-10")
    other = tmp_path / "other.json"
    other.write_text(text, encoding="utf-8")
    only = [word for name in names for word in ("--only", name)]
    done = backproof("check", REFERENCE, "--vectors", one_row, "--vectors", other, *only)
    assert done.status == 0
    assert f"· {put} of {put} checks ran · {put} test vector" in done.out
    assert f" ({8 - put} left out), sha256 " in done.out


@pytest.mark.parametrize(
    ("options", "put"),
    [
        (["--op", "train"], 1),
        (["--op", "train", "--op", "loss"], 2),
        (["--op", "loss", "--only", "tutorial/*"], 1),
    ],
    ids=["one", "two", "of-those-named"],
)
def test_only_the_ops_named_are_put(
    backproof: Command, one_row: Path, options: list[str], put: int
) -> None:
    done = backproof("check", REFERENCE, "--vectors", one_row, *options)
    assert done.status == 0
    assert f"· {put} of {put} checks ran · {put} test vector" in done.out
    assert f" ({4 - put} left out), sha256 " in done.out


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            ["--only", "*/lose"],
            "*/lose: no test vector's id matches this pattern; `backproof vectors",
        ),
        (["--only", "*/loss", "--op", "train"], "none of these test vectors has the op train"),
    ],
    ids=["a-pattern", "an-op-of-those-named"],
)
def test_what_selects_nothing_is_refused(
    backproof: Command, one_row: Path, options: list[str], problem: str
) -> None:
    done = backproof("check", REFERENCE, "--vectors", one_row, *options)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"Error: {problem}")


def test_nothing_is_said_of_what_is_left_out_where_nothing_is(
    backproof: Command, one_row: Path
) -> None:
    assert "left out" not in backproof("check", REFERENCE, "--vectors", one_row).out


def test_a_vector_that_is_named_and_fails_is_no_success(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    options = ("--vectors", one_row, "--only", "tutorial/row-1/forward")
    done = backproof("check", REFERENCE, port(tmp_path, "return 1 / 0"), *options)
    assert done.status == 1
    assert "1 of 2 runs conform · 2 of 2 checks ran · 1 test vector (3 left out)" in done.out


def test_an_unknown_vector_is_answered_with_the_nearest(backproof: Command) -> None:
    done = backproof("check", REFERENCE, "--only", "tutorial/row-1/los", "--only", "tutorial")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(
        "Error: tutorial/row-1/los: no test vector has this id; "
        "did you mean tutorial/row-1/loss or "
    )


def test_a_slow_vector_that_is_named_needs_its_option_all_the_same(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    data = json.loads(one_row.read_text(encoding="utf-8"))
    data["notes"]["slow"] = "Takes long."
    data["vectors"][0]["flags"].append("slow")
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps(data), encoding="utf-8")
    options = ("--vectors", vectors, "--only", data["vectors"][0]["id"])
    done = backproof("check", REFERENCE, *options)
    assert (done.status, done.out) == (2, "")
    assert done.err.endswith("/forward: takes minutes and runs only with --slow\n")
    assert "· 1 test vector (3 left out)" in backproof("check", REFERENCE, *options, "--slow").out
