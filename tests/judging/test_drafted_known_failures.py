"""A file of known failures to begin with: few entries that cover the failures of a report."""

import random
import tomllib
from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, Literal

import pytest

from backproof.errors import BackproofError
from backproof.judging.known_failures_file import draft_known_failures
from backproof.judging.results import Outcome

Outcomes = Mapping[str, Outcome | Literal["known"]]
EXPIRES = date(2030, 5, 31)


def reported(seen: Outcomes, backend: str = "mine", dtype: str | None = "float64") -> Any:
    """Return the parts of a run in a report that are read."""
    results = [
        {"vector": v, "outcome": "fail", "known": "Slow."}
        if outcome == "known"
        else {"vector": v, "op": v.rpartition("/")[2], "outcome": outcome}
        for v, outcome in seen.items()
    ]
    return {"backend": backend, "dtype": dtype, "results": results}


def scopes(seen: Outcomes) -> list[tuple[str | None, Any, str]]:
    """Return the pattern, the op and the outcome of each entry."""
    return [(e.get("vectors"), e.get("op"), e["outcome"]) for e in entries(reported(seen))]


def entries(*runs: Any) -> list[dict[str, Any]]:
    found = tomllib.loads(draft_known_failures({"runs": runs}, EXPIRES)).get("failure", [])
    assert isinstance(found, list)
    return found


def test_an_entry_to_begin_with_says_all_but_the_reason() -> None:
    (entry,) = entries(reported({"a/b": "fail", "c/d": "pass"}))
    assert entry == {
        "vectors": "a/b",
        "backend": "mine",
        "dtype": "float64",
        "outcome": "fail",
        "reason": "TODO: say why",
        "expires": EXPIRES,
    }


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"a": "fail", "b": "pass"}, [("a", None)]),
        ({"a/b": "fail", "a/c": "fail", "d/b": "pass"}, [("a/*", None)]),
        ({"a/b/c": "fail", "a/d/c": "fail", "a/d/e": "pass", "f/c": "pass"}, [("a/*/c", None)]),
        (
            {"a/b": "fail", "a/c": "error", "d/b": "pass", "e/c": "pass"},
            [("a/b", None), ("a/c", None)],
        ),
        ({"a/b": "fail", "a/c": "known", "d/b": "pass"}, [("a/b", None)]),
        ({"a/b": "fail", "a/c": "not-run", "d/b": "pass"}, [("a/b", None)]),
        ({"a/b": "pass", "a/c": "not-run", "a/d": "known"}, []),
        ({"a/b": "fail", "c/b": "fail", "c/d": "pass"}, [(None, "b")]),
        (
            {"a/b": "fail", "c/b": "fail", "a/d": "fail", "c/d": "fail", "c/e": "pass"},
            [(None, ["b", "d"])],
        ),
        ({"x/at-1": "fail", "x/at-2-5": "fail", "x/on-1": "pass", "y": "pass"}, [("*/at-*", None)]),
        ({"a": "fail", "a/b": "pass"}, [("[a]", None)]),
        ({"a": "fail", "b": "fail"}, [("*", None)]),
        ({}, []),
    ],
    ids=[
        "one",
        "a folder",
        "a name in a folder",
        "two outcomes",
        "beside a known one",
        "beside one that was not run",
        "none",
        "an op",
        "two ops",
        "a number in the name",
        "an id with which others begin",
        "all",
        "an empty run",
    ],
)
def test_the_fewest_entries_cover_the_failures(
    seen: Outcomes, expected: list[tuple[str | None, Any]]
) -> None:
    assert [(vectors, op) for vectors, op, _ in scopes(seen)] == expected


@pytest.mark.parametrize("seed", range(20))
def test_what_failed_is_covered_by_its_outcome_and_nothing_else_is(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311  # which outcomes is no secret
    likely: list[Outcome] = ["fail", "fail", "fail", "fail", "error", "crash", "pass", "not-run"]
    names = [f"{a}/{b}/{op}" for a in "abc" for b in "de" for op in ("forward", "loss", "train")]
    seen = {name: draw.choice(likely) for name in names}
    excused = {
        name: outcome
        for pattern, ops, outcome in scopes(seen)
        for name in names
        if fnmatchcase(name, pattern or "*") and name.rpartition("/")[2] in (ops or name)
    }
    assert excused == {n: o for n, o in seen.items() if o not in {"pass", "not-run"}}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"a/b": "varies", "c/d": "varies"}, [("*", None, "varies")]),
        ({"a/b": "varies", "c/d": "pass"}, [("a/b", None, "varies")]),
        ({"a/b": "varies", "c/b": "varies", "d/b": "pass", "d": "pass"}, [(None, "b", "varies")]),
        ({"a/e/b": "varies", "a/f/b": "varies", "d/b": "pass"}, [("a/*", "b", "varies")]),
        (
            {"a/b": "varies", "a/c": "fail", "a/d": "fail", "c/b": "varies"},
            [(None, "b", "varies"), ("a/c", None, "fail"), ("a/d", None, "fail")],
        ),
        ({"a/b": "known", "c/d": "pass"}, []),
    ],
    ids=["all", "one", "an-op", "an-op-in-a-folder", "beside-failures", "known"],
)
def test_what_varies_has_an_entry_for_its_op_as_others_may_vary_in_the_next_run(
    seen: Outcomes, expected: list[tuple[str | None, Any, str]]
) -> None:
    assert scopes(seen) == expected


def test_of_two_ports_with_one_name_one_may_vary_where_the_other_fails() -> None:
    found = entries(reported({"a": "varies", "b": "varies"}), reported({"a": "fail", "b": "pass"}))
    assert [(e["vectors"], e["outcome"]) for e in found] == [
        ("*", "varies"),
        ("a", ["fail", "varies"]),
    ]


def test_the_same_in_several_dtypes_is_one_entry() -> None:
    seen: Outcomes = {"a/b": "fail", "c/d": "pass"}
    found = entries(reported(seen), reported(seen, dtype="float16"), reported(seen, "other"))
    assert [(entry["backend"], entry["dtype"]) for entry in found] == [
        ("mine", ["float64", "float16"]),
        ("other", "float64"),
    ]


def test_of_two_ports_with_one_name_both_must_fail() -> None:
    first, second = {"a": "fail", "b": "fail", "c": "fail"}, {"a": "pass", "b": "error"}
    found = entries(reported(first), reported(second))  # type: ignore[arg-type]  # literals
    assert [(e["vectors"], e["outcome"]) for e in found] == [
        ("b", ["error", "fail"]),
        ("c", "fail"),
    ]


def test_an_unavailable_backend_has_no_entry() -> None:
    assert entries(reported({}, dtype=None)) == []


def test_a_name_is_quoted() -> None:
    (entry,) = entries(reported({"a": "fail"}, backend='"\\ 𝛑'))
    assert entry["backend"] == '"\\ 𝛑'


@pytest.mark.parametrize("name", ["\ud800", "\x7f", "a\nb"], ids=ascii)
def test_a_name_that_cannot_be_written_is_told(name: str) -> None:
    with pytest.raises(BackproofError, match="a file of known failures may not contain it"):
        entries(reported({"a": "fail"}, backend=name))
