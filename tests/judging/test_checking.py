"""A whole check, called from Python: what comes of it, and when it conforms."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from by_hand import result, run, vector
from checkout import schema
from frameworks import REFERENCE
from jsonschema import Draft202012Validator
from python_port import port

from backproof.diagnosis.search import add_diagnosis
from backproof.errors import BackproofError, SpecError
from backproof.judging.checking import CheckResult, check
from backproof.judging.known_failures import KnownFailure, KnownFailures, Stale
from backproof.judging.results import Run
from backproof.reports.json_report import build_report
from backproof.vectors.vectors import load_vectors, select

Y = vector({"y[0][0]": ("1.5", "0.5")}, name="y")
RIGHT = run("right", result(Y, {"y[0][0]": 1.5}))
WRONG = run("wrong", result(Y, {"y[0][0]": 2.5}, "fail"))
ABSENT = Run("absent", "", None, message="not installed")
KNOWN = replace(WRONG, results=[replace(WRONG.results[0], known_reason="a reason")])
STALE = Stale(KnownFailure(1, "y", "a reason", date(2100, 1, 1)), "covers test vectors that pass")


@pytest.mark.parametrize(
    ("runs", "stale", "conforms"),
    [
        ([RIGHT], [], True),
        ([RIGHT, ABSENT], [], True),
        ([RIGHT, WRONG], [], False),
        ([KNOWN], [], True),
        ([RIGHT], [STALE], False),
        ([ABSENT], [], False),
        ([], [], False),
    ],
    ids=["right", "absent-too", "wrong-too", "known", "stale", "absent-alone", "nothing"],
)
def test_a_check_conforms_if_all_that_could_be_run_does(
    runs: list[Run], stale: list[Stale], conforms: bool
) -> None:
    assert CheckResult([], runs, stale).conforms is conforms


def test_runs_are_counted_by_whether_they_pass_or_are_excused() -> None:
    counted = CheckResult([], [RIGHT, WRONG, KNOWN, ABSENT])
    assert (counted.passing_count, counted.excused_count, len(counted.evaluated)) == (1, 1, 3)


def test_backends_are_checked_from_python(one_row: Path, tmp_path: Path) -> None:
    selection = select(load_vectors([one_row]))
    broken = str(port(tmp_path, "return 1 / 0"))
    done = check([REFERENCE, broken], selection, dtypes=["float64"], on_run_done=add_diagnosis)
    right, raising = done.runs
    assert (right.backend, right.outcome, right.ran_count) == (REFERENCE, "pass", 4)
    assert (raising.outcome, raising.counts["error"], raising.counts["unsupported"]) == (
        "error",
        1,
        3,
    )
    assert not done.conforms
    made = build_report(done)
    assert made["conforms"] is False
    Draft202012Validator(schema("backproof.reports", "report")).validate(made)


def test_a_known_failure_is_excused_until_its_last_day(one_row: Path, tmp_path: Path) -> None:
    selection = select(load_vectors([one_row]), ["tutorial/row-1/forward"])
    spec = str(port(tmp_path, "return 1 / 0"))
    last = date(2030, 1, 1)
    known = KnownFailures((KnownFailure(1, "*", "it divides", last, outcomes=("error",)),))

    def conforms(on: date) -> bool:
        return check([spec], selection, known_failures=known, day=on).conforms

    assert conforms(last)
    assert not conforms(date(2030, 1, 2))


def test_a_backend_that_names_nothing_is_refused() -> None:
    with pytest.raises(SpecError, match="no backend has this name"):
        check(["nothing"])


def test_a_backend_that_supports_none_of_the_dtypes_is_refused(
    one_row: Path, tmp_path: Path
) -> None:
    spec = port(tmp_path, "return 1 / 0")
    with pytest.raises(BackproofError, match="supports float64, but not bfloat16"):
        check([str(spec)], select(load_vectors([one_row])), dtypes=["bfloat16"])
