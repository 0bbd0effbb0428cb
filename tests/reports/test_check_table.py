"""The output of a check: the table at any width, then what is wrong with each run."""

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from by_hand import result, run, vector
from rich.console import Console

from backproof.judging.checking import CheckResult
from backproof.judging.known_failures import KnownFailure, Stale
from backproof.judging.results import Explanation, Outcome, Result, Run
from backproof.judging.sentences import describe
from backproof.network.inputs import Op
from backproof.reports.check_table import headroom_table, show
from backproof.reports.console import computing, console
from backproof.reports.json_report import suite_hash
from backproof.vectors.vectors import Printed, Vector, VectorFile, load_file

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


def shown(
    file: VectorFile,
    width: int = 160,
    runs: Sequence[Run] = RUNS,
    stale: Sequence[Stale] = (),
    asked: Sequence[str] = (),
) -> str:
    out = io.StringIO()
    screen = Console(file=out, width=width, markup=False, highlight=False)
    show(screen, CheckResult([file], runs, stale), dtypes=asked)
    return out.getvalue()


def test_a_wrong_number_is_described_with_all_that_is_known_of_it() -> None:
    assert describe(WRONG.wrong[0], "train") == (
        "W2[1][0] (w7) is out of bound: expected 0.25 (printed 0.2500), got 0.5, "
        "error 4.194e+06 u·max(|w|, 1), bound 16.78 u·max(|w|, 1)"
    )


def test_the_first_wrong_number_is_told_with_its_formula(tutorial: VectorFile) -> None:
    told = "  First wrong: new w7 = w7 − η·∂E/∂w7, in "
    (line,) = [line for line in shown(tutorial).splitlines() if line.startswith("  First wrong")]
    right = "What comes before is right: the forward pass of the same inputs; the vector."
    assert line == f"{told}{TRAINED.id}. {right}"


def test_the_mistakes_that_explain_a_failure_are_named(tutorial: VectorFile) -> None:
    best = Explanation(("momentum", "rows-in-reverse"), explains=3, of=4)
    other = Explanation(("gradients-accumulated",), explains=2, of=4)
    lines = shown(tutorial, runs=[replace(RUNS[1], diagnosis=[best, other])]).splitlines()
    at = lines.index(
        "  Diagnosis: these mistakes together reproduce 3 of 4 wrong responses, number by number:"
    )
    assert lines[at + 1] == "    momentum: Each step adds 0.9 times the previous step."
    assert lines[at + 2].startswith("    rows-in-reverse: The rows are reversed before")
    assert lines[at + 3] == "    Other candidates: gradients-accumulated"


def test_a_single_mistake_is_called_one(tutorial: VectorFile) -> None:
    best = Explanation(("momentum",), explains=1, of=1)
    lines = shown(tutorial, runs=[replace(RUNS[1], diagnosis=[best])]).splitlines()
    at = lines.index(
        "  Diagnosis: this mistake reproduces 1 of 1 wrong response, number by number:"
    )
    assert lines[at + 2].startswith("  First wrong")


def test_without_a_diagnosis_the_clues_are_shown(tutorial: VectorFile) -> None:
    clues = ["Only w7 is wrong.", "Every wrong w7 is 2 times the right one."]
    undiagnosed = replace(RUNS[1], diagnosis=[], clues=clues)
    lines = shown(tutorial, runs=[undiagnosed]).splitlines()
    none = "  Diagnosis: no mistake in the catalogue reproduces these numbers."
    at = lines.index(f"{none} Clues:")
    assert lines[at + 1 : at + 3] == [f"    {clue}" for clue in clues]
    assert none in shown(tutorial, runs=[replace(undiagnosed, clues=[])]).splitlines()


def numbered(count: int, outcome: Outcome, message: str, name: str) -> list[Result]:
    """Return `count` results with the same outcome and message."""
    vectors = (vector({}, name=f"{name}/{n}") for n in range(count))
    return [Result(v, outcome, message=message) for v in vectors]


def test_a_failing_run_shows_diagnosis_first_wrong_value_outcomes_and_examples_in_this_order(
    tutorial: VectorFile,
) -> None:
    best = Explanation(("momentum",), explains=1, of=1)
    unsupported = numbered(2, "unsupported", "train", "all")
    broken = run("broken", *unsupported, RIGHT, WRONG)
    starts = [
        "broken float32: 3 of 4 test vectors do not pass",
        "  Diagnosis: ",
        "    momentum: ",
        "  First wrong: ",
        "  Outcomes:",
        "    1 × fail, ",
        "    2 × unsupported: ",
        "  Examples:",
        "    all/0: unsupported: train",
        "    all/1: unsupported: train",
        f"    {TRAINED.id}: fail",
        "      W2[1][0] ",
        "      wrong too: b2",
        "",
        "Published numbers in the vector file",
    ]
    lines = shown(tutorial, runs=[replace(broken, diagnosis=[best])]).splitlines()
    found = lines[lines.index(starts[0]) :]
    assert [
        (start, line)
        for start, line in zip(starts, found, strict=False)
        if not (line.startswith(start) if start else line == "")
    ] == []


def test_outcomes_are_counted_by_message_with_the_first_test_vector_of_each(
    tutorial: VectorFile,
) -> None:
    """Outcomes are sorted from the worst on, the messages of an outcome by frequency."""
    results = [
        *numbered(1_200, "not-run", "it was tired", "lost"),
        *numbered(3, "unsupported", "train", "train"),
        *numbered(2, "error", "it overflowed", "hard"),
        *numbered(3, "error", "it hiccuped", "soft"),
        *numbered(1, "fail", "", "wrong"),
    ]
    lines = shown(tutorial, runs=[run("any", *results)]).splitlines()
    at = lines.index("  Outcomes:")
    assert lines[at + 1 : at + 7] == [
        "    3 × error: it hiccuped, first in soft/0",
        "    2 × error: it overflowed, first in hard/0",
        "    1 × fail, first in wrong/0",
        "    1,200 × not-run: it was tired, first in lost/0",
        "    3 × unsupported: train, first in train/0",
        "  Examples:",
    ]


def test_of_many_messages_the_rarest_share_a_line(tutorial: VectorFile) -> None:
    results = [r for n in range(7) for r in numbered(9 - n, "error", f"message {n}", f"name-{n}")]
    lines = shown(tutorial, runs=[run("any", *results)]).splitlines()
    at = lines.index("  Outcomes:")
    assert lines[at + 1 : at + 8] == [
        *(f"    {9 - n} × error: message {n}, first in name-{n}/0" for n in range(5)),
        "    7 × error: 2 other messages, first in name-5/0",
        "  Examples:",
    ]


def test_of_each_outcome_there_is_an_example(tutorial: VectorFile) -> None:
    """Common outcomes and outcomes with many messages do not displace the others."""
    outcomes: list[Outcome] = ["unsupported", "error", "crash", "timeout", "not-run"]
    results = [r for outcome in outcomes for r in numbered(8, outcome, "No.", outcome)]
    results[8:8] = [r for n in range(5) for r in numbered(1, "unsupported", f"{n}", f"other/{n}")]
    lines = shown(tutorial, runs=[run("any", *results)]).splitlines()
    at = lines.index("  Examples:")
    assert lines[at + 1 : at + 7] == [
        *(f"    {outcome}/0: {outcome}: No." for outcome in outcomes),
        "    … and 40 more; --json FILE lists them all",
    ]


def test_examples_have_different_messages_if_there_are_any(tutorial: VectorFile) -> None:
    results = [*numbered(9, "error", "No.", "no"), *numbered(1, "error", "Never.", "never")]
    lines = shown(tutorial, runs=[run("any", *results)]).splitlines()
    at = lines.index("  Examples:")
    assert lines[at + 1 : at + 5] == [
        "    no/0: error: No.",
        "    no/1: error: No.",
        "    never/0: error: Never.",
        "    … and 7 more; --json FILE lists them all",
    ]


def test_published_numbers_are_not_mistaken_for_a_backends(tutorial: VectorFile) -> None:
    """They come after all failures and name their vector file, on one line at any width."""
    lines = shown(tutorial, width=80).splitlines()
    assert lines[-2] == (
        "Published numbers in the vector file 'The tutorial': all 13 are correct. "
        "(This does not depend on the backends.)"
    )
    assert "Published" not in "\n".join(lines[:-2])


def test_a_wrong_published_number_stands_beside_its_reference_value(tutorial: VectorFile) -> None:
    typo = Printed("h[0][1]", "1.6", Decimal("1.5"), where="", equation="")
    wrong = replace(FORWARD, printed=(typo,))
    right = replace(TRAINED, printed=(replace(typo, digits="1.5"),))
    lines = shown(replace(tutorial, vectors=(right, wrong)), width=60).splitlines()
    at = lines.index(
        "Published numbers in the vector file 'The tutorial': 1 of 2 are correct. "
        "(This does not depend on the backends.)"
    )
    assert lines[at + 1] == "  first: h[0][1] is published as 1.6, but its reference value is 1.5"
    assert lines[at + 2].startswith("1 of 3 runs conform")


def test_an_error_in_ulps_is_called_one() -> None:
    (wrong,) = result(FORWARD, {"h[0][1]": 1.75}, "fail").wrong
    assert describe(wrong, "forward") == (
        "h[0][1] (h2, row 1) is out of bound: expected 1.5, got 1.75, "
        "error 2.097e+06 ulp, bound 8.389 ulp"
    )


def test_of_a_number_of_another_dtype_the_error_is_not_told() -> None:
    """The error is within its bound, so it is not what is wrong."""
    (wrong,) = result(FORWARD, {"h[0][1]": 1.5 + 2.0**-30}, "fail").wrong
    assert describe(wrong, "forward") == (
        "h[0][1] (h2, row 1) is not a float32 number, so computed in another dtype: "
        "expected 1.5, got 1.5000000009313226"
    )


def first_of(file: VectorFile, op: Op) -> Vector:
    return next(asked for asked in file.vectors if asked.op == op)


def wrong(asked: Vector) -> Result:
    return result(asked, dict.fromkeys(asked.expected["float64"], 7.0), "fail", "float64")


def test_after_the_first_failure_stands_what_works_it_out(tutorial: VectorFile) -> None:
    """Failures without values and test vectors that are in no file get no such command."""
    gradients, train = (wrong(first_of(tutorial, op)) for op in ("gradients", "train"))
    broken = run("any", WRONG, gradients, train, dtype="float64")
    lines = shown(tutorial, runs=[broken]).splitlines()
    at = lines.index("    tutorial/row-1/gradients: fail")
    command = "backproof explain tutorial/row-1/gradients"
    assert lines[at + 3] == f"      To see this calculation step by step: {command}"
    assert lines[at + 4] == "    tutorial/row-1/step: fail"
    assert "\n".join(lines).count("backproof explain") == 1


def test_of_a_file_of_ones_own_the_command_names_the_file(
    tutorial: VectorFile, tmp_path: Path
) -> None:
    mine = replace(tutorial, path=tmp_path / "my vectors.json")
    forward = wrong(first_of(tutorial, "forward"))
    text = shown(mine, runs=[run("any", forward, dtype="float64")])
    command = f"backproof explain tutorial/row-1/forward --vectors '{mine.path}'"
    assert f"      To see this calculation step by step: {command}\n" in text


def test_what_nobody_works_out_by_hand_is_not_promised(fixtures: Path) -> None:
    hard = load_file(fixtures / "hard.json", trusted=True)
    (nan,) = (v for v in hard.vectors if v.id == "hard/non-finite/nan-input/forward")
    text = shown(hard, runs=[run("any", wrong(nan), dtype="float64")])
    assert "hard/non-finite/nan-input/forward: fail\n" in text
    assert "backproof explain" not in text


def test_a_number_of_another_dtype_is_not_worked_out(tutorial: VectorFile) -> None:
    """Its value is right."""
    asked = first_of(tutorial, "forward")
    exact = {q: float(e.value) for q, e in asked.expected["float32"].items()}
    wide = result(asked, exact, "fail")
    text = shown(tutorial, runs=[run("any", wide)])
    assert "computed in another dtype" in text
    assert "backproof explain" not in text


@pytest.mark.parametrize("outcome", ["crash", "error", "timeout"])
@pytest.mark.parametrize(
    ("dtype", "option"), [("float64", ""), ("float32", " --dtype float32")], ids=str
)
def test_where_no_answer_came_the_question_can_be_had(
    tutorial: VectorFile, outcome: Outcome, dtype: str, option: str
) -> None:
    lost = [Result(v, outcome, message="it hiccuped") for v in tutorial.vectors[:3]]
    lines = shown(tutorial, runs=[run("any", *lost, dtype=dtype)]).splitlines()
    at = lines.index(f"    tutorial/row-1/forward: {outcome}: it hiccuped")
    command = f"backproof vectors show tutorial/row-1/forward --request{option}"
    assert lines[at + 1] == f"      To see the request: {command}"
    assert lines[at + 2] == f"    tutorial/row-1/loss: {outcome}: it hiccuped"
    assert "\n".join(lines).count("--request") == 1


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
    assert "\nbroken float32: 1 of 2 test vectors do not pass\n" in text
    wrong = describe(WRONG.wrong[0], "train")
    assert f"\n    {TRAINED.id}: fail\n      {wrong}\n      wrong too: b2\n" in text
    assert f"\n    {TRAINED.id}: unsupported: train\n" in text


KNOWN = replace(WRONG, known="It rounds twice. (https://example.org/1)")
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
    at = lines.index("first float32: 1 of 2 test vectors do not pass")
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


@pytest.mark.parametrize("width", [80, 100, 123, 124, 200])
def test_nothing_is_lost_in_a_narrow_terminal(tutorial: VectorFile, width: int) -> None:
    """Only spaces and line breaks are added."""
    folded = re.sub(r"\s", "", shown(tutorial, width))
    wanted = ["conforming", "unavailable", TRAINED.id, "pipinstall'backproof[nothing]'"]
    assert [text for text in wanted if text not in folded] == []


@pytest.mark.parametrize("width", [80, 100, 124])
def test_a_table_is_no_wider_than_the_terminal(tutorial: VectorFile, width: int) -> None:
    tables = shown(tutorial, width).partition("\n\n")[0]
    assert max(map(len, tables.splitlines())) <= width


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
    long = load_file(fixtures / "long.json", trusted=True).only(["long/3000-epochs"])
    text = shown(long, runs=[run("any", dtype="float32")], asked=asked)
    assert [line for line in text.splitlines() if line.startswith("Not evaluated")] == told


def test_headroom_is_shown_for_each_run_that_was_judged() -> None:
    out = io.StringIO()
    Console(file=out, width=100).print(headroom_table(RUNS[:1] + RUNS[3:]))
    lines = [line.split() for line in out.getvalue().splitlines()]
    judged = [run for run in RUNS[:1] + RUNS[3:] if run.results]
    assert lines[1] == ["backend", "dtype", *dict.fromkeys(q for r in judged for q in r.headroom)]
    assert [line[:2] for line in lines[2:]] == [[run.backend, run.dtype] for run in judged]
    assert lines[2][2] == "0.00"


def test_where_there_is_no_terminal_lines_are_long_and_plain(
    capsys: pytest.CaptureFixture[str], tutorial: VectorFile
) -> None:
    show(console(), CheckResult([tutorial], RUNS))
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert f"{TRAINED.id} b2\n" in text


def test_output_may_go_to_standard_error(
    capsys: pytest.CaptureFixture[str], tutorial: VectorFile
) -> None:
    show(console(stderr=True), CheckResult([tutorial], RUNS))
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
    assert list(computing(["a", "b"])) == ["a", "b"]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert ("Computing" in captured.err) == terminal
