"""The output of a check: the table at any width, then what is wrong with each run."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from by_hand import run
from rich.console import Console
from shown_checks import FORWARD, RIGHT, RUNS, TRAINED, WRONG, shown

from backproof.judging.checking import CheckResult
from backproof.judging.known_failures import KnownFailure, Stale
from backproof.reports.check_table import error_ratio_table, print_check
from backproof.reports.console import make_console, track_computation
from backproof.reports.json_report import suite_hash
from backproof.vectors.vectors import PublishedNumber, VectorFile, load_file


def test_published_numbers_are_not_mistaken_for_a_backends(tutorial: VectorFile) -> None:
    """They come after all failures and name their vector file, on one line at any width."""
    lines = shown(tutorial, width=80).splitlines()
    assert lines[-2] == (
        "Published numbers in the vector file 'The tutorial': all 13 are correct. "
        "(This does not depend on the backends.)"
    )
    assert "Published" not in "\n".join(lines[:-2])


def test_a_wrong_published_number_stands_beside_its_reference_value(tutorial: VectorFile) -> None:
    typo = PublishedNumber("h[0][1]", "1.6", Decimal("1.5"), where="", equation="")
    wrong = replace(FORWARD, published=(typo,))
    right = replace(TRAINED, published=(replace(typo, digits="1.5"),))
    lines = shown(replace(tutorial, vectors=(right, wrong)), width=60).splitlines()
    at = lines.index(
        "Published numbers in the vector file 'The tutorial': 1 of 2 are correct. "
        "(This does not depend on the backends.)"
    )
    assert lines[at + 1] == "  first: h[0][1] is published as 1.6, but its reference value is 1.5"
    assert lines[at + 2].startswith("1 of 3 runs conform")


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


KNOWN = replace(WRONG, known_reason="It rounds twice. (https://example.org/1)")
STALE = Stale(KnownFailure(3, "a/*", "No.", date(2030, 1, 1)), "matches nothing that was checked")


def test_known_failures_are_told_apart_and_never_pass(tutorial: VectorFile) -> None:
    """All failures of the first run are known, and one of two in the second."""
    runs = [run("first", RIGHT, KNOWN), run("second", WRONG, KNOWN), run("third", RIGHT)]
    lines = shown(tutorial, runs=runs).splitlines()
    assert lines[0].split()[4:9] == ["passed", "failed", "unsup.", "not", "run"]
    assert lines[0].split()[9] == "known"
    assert lines[1].split()[:9] == ["first", "1.0", "float32", "known", "1", "1", "0", "0", "1"]
    assert lines[2].split()[:9] == ["second", "1.0", "float32", "fail", "0", "2", "0", "0", "1"]
    assert lines[3].split()[:9] == ["third", "1.0", "float32", "pass", "1", "0", "0", "0", "0"]
    known = "    1 × known failure: It rounds twice. (https://example.org/1), first in"
    at = lines.index("first float32: 1 of 2 test vectors are known failures")
    assert lines[at + 1 : at + 4] == ["  Outcomes:", f"{known} {TRAINED.id}", ""]
    at = lines.index("second float32: 2 of 2 test vectors do not pass")
    assert lines[at + 1].startswith("  First wrong")
    assert lines[at + 2 : at + 7] == [
        "  Outcomes:",
        f"    1 × fail, first in {TRAINED.id}",
        f"{known} {TRAINED.id}",
        "  Examples:",
        f"    {TRAINED.id}: fail",
    ]
    assert lines.count(f"    {TRAINED.id}: fail") == 1
    assert lines[-1].startswith("1 of 3 runs conform, 1 with known failures only · ")


PART = replace(RIGHT, outcome="unsupported", unsupported=("h",), message="h of forward")


def test_a_run_that_lacks_fields_only_conforms_in_what_it_supports(tutorial: VectorFile) -> None:
    lines = shown(tutorial, runs=[run("part", PART), run("broken", PART, WRONG)]).splitlines()
    assert lines[1].split()[3:8] == ["unsupported", "0", "0", "1", "0"]
    at = lines.index("part float32: 1 of 1 test vectors do not pass")
    assert lines[at + 1 : at + 4] == [
        "  Conforms in what it supports. Unsupported: 1 of 4 quantities: h in 1 test vector.",
        "  Outcomes:",
        "    1 × unsupported: h of forward, first in first",
    ]
    at = lines.index("broken float32: 2 of 2 test vectors do not pass")
    assert lines[at + 1].startswith("  First wrong")
    assert lines[at + 2] == "  Unsupported: 1 of 8 quantities: h in 1 test vector."
    assert lines[-1].startswith("0 of 2 runs conform, 1 in supported quantities only · ")


VARYING = replace(RIGHT, outcome="varies", message="for the same request, h2 was 1.5, then 1.25")


def test_responses_that_vary_are_counted_by_themselves(tutorial: VectorFile) -> None:
    runs = [run("first", RIGHT, VARYING), run("second", RIGHT, VARYING, KNOWN)]
    lines = shown(tutorial, runs=runs).splitlines()
    assert lines[0].split()[8:11] == ["run", "varied", "known"]
    assert lines[1].split()[3:10] == ["varies", "1", "0", "0", "0", "1", "0"]
    assert lines[2].split()[3:10] == ["fail", "1", "1", "0", "0", "1", "1"]
    at = lines.index("first float32: 1 of 2 test vectors do not pass")
    assert lines[at + 1 : at + 5] == [
        "  Outcomes:",
        f"    1 × varies: {VARYING.message}, first in first",
        "  Examples:",
        f"    first: varies: {VARYING.message}",
    ]
    assert lines[-1].startswith("0 of 2 runs conform · ")


def test_a_column_for_what_varies_is_shown_only_if_something_does(tutorial: VectorFile) -> None:
    assert "varied" not in shown(tutorial)


def test_without_known_failures_nothing_is_said_of_them(tutorial: VectorFile) -> None:
    assert "known" not in shown(tutorial)


def test_a_stale_known_failure_is_told(tutorial: VectorFile) -> None:
    text = shown(tutorial, stale=[STALE])
    assert "\nStale: known failure 3 (a/*) matches nothing that was checked\n" in text


def test_the_last_line_sums_up(tutorial: VectorFile) -> None:
    last = shown(tutorial).splitlines()[-1]
    vectors = len(tutorial.vectors)
    named = suite_hash([tutorial])[:12]
    assert last.startswith(
        f"1 of 3 runs conform · 4 of 4 checks ran · {vectors} test vectors, sha256 {named} · errors"
    )


@pytest.mark.parametrize("width", [10, 40, 73, 74, 80, 121, 122, 200])
def test_nothing_is_lost_in_a_narrow_terminal(tutorial: VectorFile, width: int) -> None:
    """Only spaces and line breaks are added."""
    folded = re.sub(r"\s", "", shown(tutorial, width))
    wanted = ["conforming", "unavailable", TRAINED.id, "pipinstall'backproof[nothing]'"]
    assert [text for text in wanted if text not in folded] == []


@pytest.mark.parametrize("width", [74, 80, 121, 122])
def test_a_table_is_no_wider_than_the_terminal(tutorial: VectorFile, width: int) -> None:
    tables = shown(tutorial, width).partition("\n\n")[0]
    assert max(map(len, tables.splitlines())) <= width


@pytest.mark.hostile("A terminal", "of 1 to 300 columns", "every outcome is shown")
@pytest.mark.parametrize("width", range(1, 301, 13))
@pytest.mark.parametrize("name", ["mine", "a-" * 40 + "name"], ids=["short", "long"])
def test_the_outcome_is_shown_at_any_width(tutorial: VectorFile, width: int, name: str) -> None:
    lines = shown(tutorial, width, runs=[run(name, PART), run(name, RIGHT, WRONG)]).splitlines()
    assert any(re.search(r"float32:? +unsupported", line) for line in lines)
    assert any(re.search(r"float32:? +fail ", line) for line in lines)


def test_a_run_in_a_narrow_terminal_is_told_in_words(tutorial: VectorFile) -> None:
    lines = shown(tutorial, 20).splitlines()
    assert lines[1] == (
        "broken float32: fail (version 1.0, passed 1, failed 1, unsup. 0, not run 0, "
        f"worst error 4.19e+06, bound 0, {TRAINED.id} b2)"
    )
    assert lines[3] == (
        "absent: unavailable (nothing is installed: pip install 'backproof[nothing]')"
    )


def test_what_no_backend_was_held_to_is_told_once_for_all_dtypes(fixtures: Path) -> None:
    long = load_file(fixtures / "long.json", trusted=True)
    runs = [run("any", dtype=dtype) for dtype in ("float64", "float32", "float16")]
    lines = [
        line for line in shown(long, runs=runs).splitlines() if line.startswith("Not evaluated")
    ]
    assert lines[:2] == [
        "Not evaluated in float64, float32, float16: long/5-epochs: for bfloat16 only",
        "Not evaluated in float64, float32: long/20-epochs: for float16 only",
    ]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ((), ["Not evaluated in float64, bfloat16, float16: long/3000-epochs: for float32 only"]),
        (("float32",), []),
        (("float32", "float16"), ["Not evaluated in float16: long/3000-epochs: for float32 only"]),
    ],
    ids=["all", "one", "two"],
)
def test_a_dtype_in_which_nothing_is_judged_is_told_of_if_asked_for(
    fixtures: Path, asked: Sequence[str], told: list[str]
) -> None:
    long = load_file(fixtures / "long.json", trusted=True).select(["long/3000-epochs"])
    text = shown(long, runs=[run("any", dtype="float32")], asked=asked)
    assert [line for line in text.splitlines() if line.startswith("Not evaluated")] == told


def test_headroom_is_shown_for_each_run_that_was_judged() -> None:
    out = io.StringIO()
    Console(file=out, width=100).print(error_ratio_table(RUNS[:1] + RUNS[3:]))
    lines = [line.split() for line in out.getvalue().splitlines()]
    judged = [run for run in RUNS[:1] + RUNS[3:] if run.results]
    assert lines[1] == [
        "backend",
        "dtype",
        *dict.fromkeys(q for r in judged for q in r.error_ratios),
    ]
    assert [line[:2] for line in lines[2:]] == [[run.backend, run.dtype] for run in judged]
    assert lines[2][2] == "0.00"


def test_where_there_is_no_terminal_lines_are_long_and_plain(
    capsys: pytest.CaptureFixture[str], tutorial: VectorFile
) -> None:
    print_check(make_console(), CheckResult([tutorial], RUNS))
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert f"{TRAINED.id} b2\n" in text


def test_output_may_go_to_standard_error(
    capsys: pytest.CaptureFixture[str], tutorial: VectorFile
) -> None:
    print_check(make_console(stderr=True), CheckResult([tutorial], RUNS))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "1 of 3 runs conform" in captured.err


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_on_a_terminal_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert list(track_computation(["a", "b"])) == ["a", "b"]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ("Computing" in captured.err) == terminal
