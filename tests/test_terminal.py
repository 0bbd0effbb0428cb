"""What a person sees: the table at any width, and one sentence for a wrong number."""

import io
import re

import pytest
from by_hand import result, run, vector
from rich.console import Console

from backproof.check import Result, Run
from backproof.report import suite_hash
from backproof.terminal import console, describe, headroom_table, show
from backproof.vectors import VectorFile

TRAINED = vector(
    {"W2[1][0]": ("0.25", "1e-6"), "b2": ("0.5", "0")},
    op="train",
    printed=[("params.W2[1][0]", "0.2500")],
    name="tutorial/a-rather-long-name-of-a-vector/step-with-biases",
)
FORWARD = vector({"h[0][1]": ("1.5", "1e-6")}, name="first")
RIGHT = result(FORWARD, {"h[0][1]": 1.5})
WRONG = result(TRAINED, {"W2[1][0]": 0.5, "b2": 0.75}, "fail")
RUNS = [
    run("conforming", RIGHT),
    run("broken", RIGHT, WRONG),
    run("lacking", Result(TRAINED, "unsupported", message="train")),
    Run("absent", "", None, message="nothing is installed: pip install 'backproof[nothing]'"),
]


def shown(file: VectorFile, width: int = 160) -> str:
    out = io.StringIO()
    show(Console(file=out, width=width, markup=False, highlight=False), [file], RUNS)
    return out.getvalue()


def test_a_wrong_number_is_described_with_all_that_is_known_of_it() -> None:
    assert describe(WRONG.wrong[0]) == (
        "W2[1][0] (w7) is out of bound: expected 0.25 (printed 0.2500), got 0.5, "
        "error 4.194e+06 u·max(|w|, 1), bound 16.78 u·max(|w|, 1)"
    )


def test_an_error_in_ulps_is_called_one() -> None:
    (wrong,) = result(FORWARD, {"h[0][1]": 1.75}, "fail").wrong
    assert describe(wrong) == (
        "h[0][1] (h2, row 1) is out of bound: expected 1.5, got 1.75, "
        "error 2.097e+06 ulp, bound 8.389 ulp"
    )


def test_the_table_has_a_row_for_each_run(tutorial: VectorFile) -> None:
    rows = {line.split()[0]: line.split() for line in shown(tutorial).splitlines()[1:5]}
    assert list(rows) == ["conforming", "broken", "lacking", "absent"]
    counts = {name: row[3:8] for name, row in rows.items()}
    assert counts["conforming"] == ["pass", "1", "0", "0", "0"]
    assert counts["broken"] == ["fail", "1", "1", "0", "0"]
    assert counts["lacking"] == ["unsupported", "0", "0", "1", "0"]
    assert counts["absent"] == ["unavailable", "–", "–", "–", "–"]


def test_the_worst_number_stands_beside_its_bound(tutorial: VectorFile) -> None:
    row = shown(tutorial).splitlines()[2]
    assert row.split()[8:] == ["4.19e+06", "0", TRAINED.id, "b2"]


def test_each_failure_is_told_and_what_else_is_wrong(tutorial: VectorFile) -> None:
    text = shown(tutorial)
    assert "\nbroken float32: 1 of 2 vectors do not pass\n" in text
    assert f"  {TRAINED.id}: fail\n    {describe(WRONG.wrong[0])}\n    wrong too: b2\n" in text
    assert f"  {TRAINED.id}: unsupported: train\n" in text


def test_the_last_line_sums_up(tutorial: VectorFile) -> None:
    last = shown(tutorial).splitlines()[-1]
    vectors = len(tutorial.vectors)
    named = suite_hash([tutorial])[:12]
    assert last.startswith(
        f"1 of 3 runs conform · {vectors} vectors, sha256 {named} · errors in ulps"
    )


@pytest.mark.parametrize("width", [80, 100, 123, 124, 200])
def test_nothing_is_lost_in_a_narrow_terminal(tutorial: VectorFile, width: int) -> None:
    """Only blanks and line ends are added."""
    folded = re.sub(r"\s", "", shown(tutorial, width))
    wanted = ["conforming", "unavailable", TRAINED.id, "pipinstall'backproof[nothing]'"]
    assert [text for text in wanted if text not in folded] == []


@pytest.mark.parametrize("width", [80, 100, 124])
def test_a_table_is_no_wider_than_the_terminal(tutorial: VectorFile, width: int) -> None:
    tables = shown(tutorial, width).partition("The tutorial:")[0]
    assert max(map(len, tables.splitlines())) <= width


def test_headroom_is_shown_for_each_run_that_was_judged() -> None:
    out = io.StringIO()
    Console(file=out, width=100).print(headroom_table(RUNS[:1] + RUNS[3:]))
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert ["h", "0.00"] in lines
    assert ["quantity", "float32"] in lines


def test_where_there_is_no_terminal_lines_are_long_and_plain(
    capsys: pytest.CaptureFixture[str], tutorial: VectorFile
) -> None:
    show(console(), [tutorial], RUNS)
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert f"{TRAINED.id} b2\n" in text


def test_output_may_go_to_standard_error(
    capsys: pytest.CaptureFixture[str], tutorial: VectorFile
) -> None:
    show(console(stderr=True), [tutorial], RUNS)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "1 of 3 runs conform" in captured.err
