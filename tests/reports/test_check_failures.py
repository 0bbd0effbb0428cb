"""What `backproof check` prints of a run that fails: why, where first, which outcomes, examples."""

from dataclasses import replace
from pathlib import Path

import pytest
from by_hand import result, run, vector
from shown_checks import FORWARD, RIGHT, RUNS, TRAINED, WRONG, shown

from backproof.judging.results import Explanation, Outcome, Result
from backproof.judging.sentences import describe_deviation
from backproof.network.inputs import Op
from backproof.network.mistakes import CATALOGUE
from backproof.vectors.vectors import Vector, VectorFile, load_file


def explanation(*mistakes: str, explains: int, of: int) -> Explanation:
    descriptions = tuple(CATALOGUE[name].description() for name in mistakes)
    return Explanation(mistakes, descriptions, explains, of)


def test_a_wrong_number_is_described_with_all_that_is_known_of_it() -> None:
    assert describe_deviation(WRONG.wrong_deviations[0], "train") == (
        "W2[1][0] (w7) exceeds its error bound: expected 0.25 (published 0.2500), got 0.5, "
        "error 4.194e+06 u·max(|w|, 1), bound 16.78 u·max(|w|, 1)"
    )


def test_the_first_wrong_number_is_told_with_its_formula(tutorial: VectorFile) -> None:
    told = "  First wrong value: new w7 = w7 − η·∂E/∂w7, in "
    (line,) = [line for line in shown(tutorial).splitlines() if line.startswith("  First wrong")]
    right = "Correct before it: the forward pass of the same inputs; the test vector."
    assert line == f"{told}{TRAINED.id}. {right}"


def test_the_mistakes_that_explain_a_failure_are_named(tutorial: VectorFile) -> None:
    best = explanation("momentum", "rows-in-reverse", explains=3, of=4)
    other = explanation("gradients-accumulated", explains=2, of=4)
    lines = shown(tutorial, runs=[replace(RUNS[1], diagnosis=[best, other])]).splitlines()
    at = lines.index(
        "  Diagnosis: these mistakes together reproduce 3 of 4 wrong responses, number by number:"
    )
    assert lines[at + 1] == "    momentum: Each step adds 0.9 times the previous step."
    assert lines[at + 2].startswith("    rows-in-reverse: The rows are reversed before")
    assert lines[at + 3] == "    Other candidates: gradients-accumulated"


def test_what_the_diagnosis_leaves_is_counted_and_described_by_clues(tutorial: VectorFile) -> None:
    best = explanation("momentum", explains=3, of=4)
    left = replace(
        RUNS[1], diagnosis=[best], unexplained=["some/vector"], clues=["Only w7 is wrong."]
    )
    lines = shown(tutorial, runs=[left]).splitlines()
    at = lines.index("  Not explained by this: 1 wrong response, first in some/vector. Clues:")
    assert lines[at + 1] == "    Only w7 is wrong."
    without = shown(tutorial, runs=[replace(left, clues=[])]).splitlines()
    assert "  Not explained by this: 1 wrong response, first in some/vector." in without


def test_the_fields_that_a_diagnosis_does_not_explain_are_named(tutorial: VectorFile) -> None:
    best = replace(explanation("momentum", explains=3, of=4), apart_from=("b1", "b2"))
    lines = shown(tutorial, runs=[replace(RUNS[1], diagnosis=[best])]).splitlines()
    assert lines.count(
        "  Diagnosis: this mistake reproduces 3 of 4 wrong responses, number by number apart from "
        "b1 and b2:"
    )


def test_a_single_mistake_is_called_one(tutorial: VectorFile) -> None:
    best = explanation("momentum", explains=1, of=1)
    lines = shown(tutorial, runs=[replace(RUNS[1], diagnosis=[best])]).splitlines()
    at = lines.index(
        "  Diagnosis: this mistake reproduces 1 of 1 wrong response, number by number:"
    )
    assert lines[at + 2].startswith("  First wrong")


def test_without_a_diagnosis_the_clues_are_shown(tutorial: VectorFile) -> None:
    clues = [
        "Of the trained parameters, only w7 is wrong.",
        "Every wrong w7 is 2 times the correct one.",
    ]
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
    best = explanation("momentum", explains=1, of=1)
    unsupported = numbered(2, "unsupported", "train", "all")
    broken = run("broken", *unsupported, RIGHT, WRONG)
    starts = [
        "broken float32: 3 of 4 test vectors do not pass",
        "  Diagnosis: ",
        "    momentum: ",
        "  First wrong value: ",
        "  Unsupported: 4 of 8 quantities: h, out_h, y and out_y in 2 test vectors.",
        "  Outcomes:",
        "    1 × fail, ",
        "    2 × unsupported: ",
        "  Examples:",
        f"    {TRAINED.id}: fail",
        "      W2[1][0] ",
        "      also wrong: b2",
        "    all/0: unsupported: train",
        "    all/1: unsupported: train",
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


def test_a_run_whose_failures_are_all_known_is_not_called_failing(tutorial: VectorFile) -> None:
    known = [replace(r, known_reason="Not yet.") for r in numbered(2, "unsupported", "train", "a")]
    lines = shown(tutorial, runs=[run("any", RIGHT, *known)]).splitlines()
    assert "any float32: 2 of 3 test vectors are known failures" in lines
    assert "do not pass" not in "".join(lines)


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


@pytest.mark.hostile(
    "A port",
    "It is wrong once, and lacks so much that the wrong number is one failure of many",
    "The examples begin with the outcome that decides; there is one of each",
)
def test_of_each_outcome_there_is_an_example(tutorial: VectorFile) -> None:
    """Common outcomes and outcomes with many messages do not displace the others."""
    outcomes: list[Outcome] = ["crash", "timeout", "error", "not-run", "unsupported"]
    results = [r for outcome in outcomes for r in numbered(8, outcome, "No.", outcome)]
    results.reverse()
    results[8:8] = [r for n in range(5) for r in numbered(1, "unsupported", f"{n}", f"other/{n}")]
    lines = shown(tutorial, runs=[run("any", *results)]).splitlines()
    at = lines.index("  Examples:")
    assert lines[at + 1 : at + 7] == [
        *(f"    {outcome}/7: {outcome}: No." for outcome in outcomes),
        "    … and 40 more; --json FILE lists them all",
    ]


def test_examples_have_different_messages_if_there_are_any(tutorial: VectorFile) -> None:
    results = [*numbered(9, "error", "No.", "no"), *numbered(1, "error", "Never.", "never")]
    lines = shown(tutorial, runs=[run("any", *results)]).splitlines()
    at = lines.index("  Examples:")
    assert lines[at + 1 : at + 7] == [
        *(f"    no/{n}: error: No." for n in range(4)),
        "    never/0: error: Never.",
        "    … and 5 more; --json FILE lists them all",
    ]


def test_an_error_in_ulps_is_called_one() -> None:
    (wrong,) = result(FORWARD, {"h[0][1]": 1.75}, "fail").wrong_deviations
    assert describe_deviation(wrong, "forward") == (
        "h[0][1] (h2, row 1) exceeds its error bound: expected 1.5, got 1.75, "
        "error 2.097e+06 ulp, bound 8.389 ulp"
    )


def test_of_a_number_of_another_dtype_the_error_is_not_told() -> None:
    """The error is within its bound, so it is not what is wrong."""
    (wrong,) = result(FORWARD, {"h[0][1]": 1.5 + 2.0**-30}, "fail").wrong_deviations
    assert describe_deviation(wrong, "forward") == (
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


def test_each_failure_is_told_and_what_else_is_wrong(tutorial: VectorFile) -> None:
    text = shown(tutorial)
    assert "\nbroken float32: 1 of 2 test vectors do not pass\n" in text
    wrong = describe_deviation(WRONG.wrong_deviations[0], "train")
    assert f"\n    {TRAINED.id}: fail\n      {wrong}\n      also wrong: b2\n" in text
    assert f"\n    {TRAINED.id}: unsupported: train\n" in text
