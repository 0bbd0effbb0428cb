"""The JSON report."""

import math
import platform
import re
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from by_hand import result, run, vector
from checkout import ROOT

from backproof.judging import checking
from backproof.judging.checking import CheckResult
from backproof.judging.known_failures import KnownFailure, Stale
from backproof.judging.results import Result
from backproof.reports.json_report import build_report, suite_hash
from backproof.vectors.vectors import VectorFile, load_vectors

Y = vector({"y[0][0]": ("1.5", "0.5"), "y[0][1]": ("1.5", "0.5")}, name="y")
TRAINED = vector({"b1": ("4", "2")}, op="train", name="trained")


def test_a_report_says_what_was_checked_and_where(tutorial: VectorFile) -> None:
    made = build_report(CheckResult([tutorial], []))
    assert made == {
        "report": 1,
        "conforms": False,
        "seed": None,
        "suite": {
            "version": version("backproof"),
            "vectors": len(tutorial.vectors),
            "vectors_sha256": suite_hash([tutorial]),
            "files": [
                {"title": "The tutorial", "version": tutorial.version, "sha256": tutorial.sha256}
            ],
        },
        "environment": {"python": platform.python_version(), "platform": platform.platform()},
        "checks": {"expected": 0, "ran": 0},
        "runs": [],
        "stale_known_failures": [],
        "agreement": {},
    }


def test_a_run_is_reported_with_its_worst_and_its_first_wrong_number(tutorial: VectorFile) -> None:
    close = result(TRAINED, {"b1": 5.0})
    wrong = result(Y, {"y[0][0]": 2.5, "y[0][1]": -1.5}, "fail")
    (made,) = build_report(CheckResult([tutorial], [run("any", close, wrong)]))["runs"]
    ulp, u = 2.0**-23, 2.0**-24
    assert made["outcome"] == "fail"
    assert made["worst"] == {
        "vector": "y",
        "quantity": "y[0][1]",
        "epoch": None,
        "error_ulp": 3 / ulp,
        "bound_ulp": 0.5 / ulp,
        "unit": "ulp",
    }
    assert made["first_wrong"] == {
        "vector": "y",
        "quantity": "y[0][0]",
        "epoch": None,
        "error_ulp": 1 / ulp,
        "bound_ulp": 0.5 / ulp,
        "unit": "ulp",
        "expected": "1.5",
        "actual": 2.5,
        "complaint": "exceeds its error bound",
        "formula": "y1 = Out h1·w5 + Out h2·w6 + b2",
        "known_right": ["the test vector"],
    }
    assert made["headroom"] == {"params.b1": 0.5, "y": 6.0}
    assert made["results"][0] == {
        "vector": "trained",
        "op": "train",
        "outcome": "pass",
        "frames": [],
        "error_ulp": 1 / (4 * u),
        "bound_ulp": 2 / (4 * u),
        "unit": "u",
        "message": "",
        "known": None,
        "unsupported": [],
        "wrong": [],
    }


def test_a_result_holds_every_wrong_number(tutorial: VectorFile) -> None:
    wrong = result(Y, {"y[0][0]": 2.5, "y[0][1]": math.inf}, "fail")
    (made,) = build_report(CheckResult([tutorial], [run("any", wrong)]))["runs"]
    ulp = 2.0**-23
    assert made["results"][0]["wrong"] == [
        {
            "quantity": "y[0][0]",
            "epoch": None,
            "expected": "1.5",
            "actual": 2.5,
            "complaint": "exceeds its error bound",
            "error_ulp": 1 / ulp,
            "bound_ulp": 0.5 / ulp,
            "unit": "ulp",
        },
        {
            "quantity": "y[0][1]",
            "epoch": None,
            "expected": "1.5",
            "actual": "Infinity",
            "complaint": "is not finite",
            "error_ulp": "Infinity",
            "bound_ulp": 0.5 / ulp,
            "unit": "ulp",
        },
    ]


def test_the_worst_number_reported_is_at_a_finite_distance_if_one_is(tutorial: VectorFile) -> None:
    wrong = result(Y, {"y[0][0]": math.nan, "y[0][1]": -1.5}, "fail")
    (made,) = build_report(CheckResult([tutorial], [run("any", wrong)]))["runs"]
    assert made["worst"]["quantity"] == "y[0][1]"
    assert made["results"][0]["error_ulp"] == made["worst"]["error_ulp"] == 3 / 2.0**-23


def test_what_can_be_said_without_a_diagnosis_is_reported(tutorial: VectorFile) -> None:
    said = replace(run("any", result(Y, {"y[0][0]": 2.5, "y[0][1]": 1.5})), clues=["It is so."])
    (made,) = build_report(CheckResult([tutorial], [said]))["runs"]
    assert made["clues"] == ["It is so."]
    assert made["diagnosis"] == []


def test_vectors_that_are_not_judged_in_a_dtype_are_named(tutorial: VectorFile) -> None:
    overflowing = replace(Y, skip_reasons={"float16": "it may overflow", "bfloat16": "it is long"})
    file = replace(tutorial, vectors=(TRAINED, overflowing))
    runs = [run("any", dtype="float16"), run("any", dtype="float64"), run("absent", dtype=None)]
    assert [made["unjudged"] for made in build_report(CheckResult([file], runs))["runs"]] == [
        [{"vector": "y", "reason": "it may overflow"}],
        [],
        [],
    ]


def test_known_failures_are_counted_and_bear_their_reason(tutorial: VectorFile) -> None:
    failed = replace(
        result(Y, {"y[0][0]": 2.5, "y[0][1]": 1.5}, "fail"), known_reason="It rounds twice."
    )
    stale = Stale(KnownFailure(2, "z/*", "No.", date(2030, 1, 1)), "matches nothing")
    made = build_report(CheckResult([tutorial], [run("any", failed, Result(Y, "fail"))], [stale]))
    assert made["stale_known_failures"] == [
        {"failure": 2, "vectors": "z/*", "problem": "matches nothing"}
    ]
    (reported,) = made["runs"]
    assert (reported["outcome"], reported["counts"]["fail"], reported["known"]) == ("fail", 2, 1)
    assert [came["known"] for came in reported["results"]] == ["It rounds twice.", None]


def test_what_varies_has_an_outcome_of_its_own_and_no_wrong_number(tutorial: VectorFile) -> None:
    said = "for the same request, y[0][0] was 1.5, then 1.25"
    varying = replace(result(Y, {"y[0][0]": 1.5, "y[0][1]": 1.5}, "varies"), message=said)
    (made,) = build_report(CheckResult([tutorial], [run("any", varying)]))["runs"]
    assert (made["outcome"], made["first_wrong"]) == ("varies", None)
    assert (made["counts"]["varies"], made["counts"]["pass"], made["counts"]["fail"]) == (1, 0, 0)
    (reported,) = made["results"]
    assert (reported["outcome"], reported["message"], reported["wrong"]) == ("varies", said, [])


def test_a_result_without_an_answer_has_no_error(tutorial: VectorFile) -> None:
    (made,) = build_report(
        CheckResult([tutorial], [run("any", Result(Y, "error", message="it broke"))])
    )["runs"]
    assert made["worst"] is None
    assert made["first_wrong"] is None
    (reported,) = made["results"]
    assert reported["error_ulp"] is None
    assert reported["message"] == "it broke"


@pytest.mark.parametrize(
    ("number", "word"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")]
)
def test_numbers_that_json_lacks_are_words(tutorial: VectorFile, number: float, word: str) -> None:
    wrong = result(Y, {"y[0][0]": number, "y[0][1]": 1.5}, "fail")
    right = result(Y, {"y[0][0]": 1.5, "y[0][1]": 1.5})
    made = build_report(CheckResult([tutorial], [run("a", wrong), run("b", right)]))
    first = made["runs"][0]["first_wrong"]
    assert (first["actual"], first["error_ulp"]) == (word, "Infinity")
    assert made["agreement"] == {
        "float32": [{"a": "a", "b": "b", "max_ulp": "Infinity", "vector": "y"}]
    }


def test_the_hash_names_the_files_and_which_of_their_vectors_were_put(
    tutorial: VectorFile,
) -> None:
    other = replace(tutorial, sha256="0" * 64)
    suites = [[tutorial], [other], [tutorial, other], [tutorial.exclude_flag("many-steps")]]
    assert len({suite_hash(files) for files in suites}) == len(suites)
    assert suite_hash([tutorial, other]) == suite_hash([other, tutorial])


def test_the_page_shows_how_to_make_a_report_from_python(
    one_row: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs/reference/report.md").read_text(encoding="utf-8")
    [program] = re.findall(r"```python\n(.+?)```", page, flags=re.DOTALL)
    monkeypatch.setattr(checking, "built_in_files", lambda: load_vectors([one_row]))
    named: dict[str, Any] = {}
    exec(program, named)  # noqa: S102  # our own page
    assert named["data"]["conforms"] is True
