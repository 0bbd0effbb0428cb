"""Known failures: what an entry excuses, and when it is stale."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from by_hand import run, vector

from backproof.judging.known_failures import (
    EXCUSABLE,
    AppliedKnownFailures,
    Excluded,
    KnownFailure,
    KnownFailures,
)
from backproof.judging.results import OUTCOMES, Outcome, Result, Run

EXPIRES = date(2030, 5, 31)
BEFORE, AFTER = date(2030, 5, 30), date(2030, 6, 1)


def known(vectors: str = "a/*", **more: Any) -> KnownFailures:
    """Return the one known failure that is described, as a file would."""
    entry = KnownFailure(1, vectors, "It rounds twice.", EXPIRES)
    return KnownFailures((replace(entry, **more),))


def came(outcomes: Mapping[str, Outcome], backend: str = "mine", dtype: str = "float32") -> Run:
    results = [Result(vector({}, name=name), outcome) for name, outcome in outcomes.items()]
    return run(backend, *results, dtype=dtype)


def matched(pattern: str) -> list[str]:
    (entry,) = known(pattern).entries
    names = ("a/b", "a/b/c", "a/", "A/B", "x/a/b")
    return [name for name in names if entry.matches(name, "train")]


def problems(judgement: AppliedKnownFailures) -> list[str]:
    return [found.problem for found in judgement.stale]


def excused(judgement: AppliedKnownFailures) -> list[tuple[str, str | None, str]]:
    return [
        (made.backend, made.dtype, result.vector.id)
        for made in judgement.runs
        for result in made.results
        if result.known_reason
    ]


@pytest.mark.parametrize(
    ("pattern", "names"),
    {
        "a/*": ["a/b", "a/b/c", "a/"],
        "*/c": ["a/b/c"],
        "a/*/c": ["a/b/c"],
        "a/?": ["a/b"],
        "a/[bc]": ["a/b"],
        "*": ["a/b", "a/b/c", "a/", "A/B", "x/a/b"],
        "*/b": ["a/b", "x/a/b"],
    }.items(),
)
def test_a_pattern_stands_for_whole_ids(pattern: str, names: list[str]) -> None:
    assert matched(pattern) == names


@pytest.mark.parametrize(
    ("beginning", "names"),
    [
        ("a", ["a/b", "a/b/c", "a/"]),
        ("a/b", ["a/b", "a/b/c"]),
        ("a/b/", ["a/b", "a/b/c"]),
        ("", []),
    ],
)
def test_the_beginning_of_ids_up_to_a_slash_stands_for_them(
    beginning: str, names: list[str]
) -> None:
    assert matched(beginning) == names


def test_a_pattern_is_matched_in_bounded_time() -> None:
    (entry,) = known("*a" * 200 + "b").entries
    assert not entry.matches("a" * 200, "train")


def test_an_entry_may_be_about_an_op_whatever_its_test_vectors_are_called() -> None:
    failing = [
        Result(vector({}, op="train", name="a/step"), "fail"),
        Result(vector({}, op="loss", name="a/loss"), "fail"),
    ]
    judgement = known("*", ops=("train",)).apply([run("mine", *failing)], BEFORE)
    assert excused(judgement) == [("mine", "float32", "a/step")]


@pytest.mark.parametrize(
    ("more", "scope"),
    [
        ({"ops": ("train",)}, "a/*, op train"),
        ({"vectors": "*", "ops": ("loss", "train")}, "op loss or train"),
        ({"vectors": "*"}, "*"),
    ],
    ids=["a-pattern-and-an-op", "ops", "everything"],
)
def test_a_stale_entry_is_named_by_what_it_is_about(more: dict[str, Any], scope: str) -> None:
    (found,) = known(**more).apply([came({"x": "fail"})], AFTER).stale
    assert found.sentence == f"failure 1 ({scope}) expired on 2030-05-31: renew or remove it"


def test_a_known_failure_bears_its_reason_and_stays_a_failure() -> None:
    judgement = known(link="https://example.org/1").apply([came({"a/b": "fail"})], BEFORE)
    (judged,) = judgement.runs
    assert judged.results[0].known_reason == "It rounds twice. (https://example.org/1)"
    assert (judged.outcome, judged.counts["fail"], judged.known_count) == ("fail", 1, 1)
    assert judged.conforms
    assert judgement.stale == []


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, ["mine float32", "mine float16", "other float32"]),
        ({"backend": "mine"}, ["mine float32", "mine float16"]),
        ({"dtypes": ("float16",)}, ["mine float16"]),
        ({"dtypes": ("float16", "float32"), "backend": "other"}, ["other float32"]),
    ],
    ids=["everywhere", "a-backend", "a-dtype", "both"],
)
def test_an_entry_excuses_only_where_it_says(more: dict[str, Any], found: list[str]) -> None:
    runs = [
        came({"a/b": "fail", "c": "fail"}),
        came({"a/b": "fail"}, dtype="float16"),
        came({"a/b": "fail"}, backend="other"),
    ]
    judgement = known(**more).apply(runs, BEFORE)
    assert excused(judgement) == [(*where.split(), "a/b") for where in found]
    assert judgement.stale == []


@pytest.mark.parametrize("outcome", [o for o in OUTCOMES if o not in {"pass", "fail"}])
def test_an_entry_for_a_wrong_number_excuses_nothing_worse(outcome: Outcome) -> None:
    judgement = known().apply([came({"a/b": outcome, "a/c": "fail"})], BEFORE)
    assert excused(judgement) == [("mine", "float32", "a/c")]
    assert not judgement.runs[0].conforms


@pytest.mark.parametrize("outcome", EXCUSABLE)
def test_an_entry_excuses_the_outcomes_that_it_names(outcome: Outcome) -> None:
    judgement = known(outcomes=(outcome,)).apply([came({"a/b": outcome})], BEFORE)
    assert excused(judgement) == [("mine", "float32", "a/b")]
    assert judgement.runs[0].conforms


def test_what_came_to_something_else_is_not_what_was_known() -> None:
    judgement = known().apply([came({"a/b": "error", "a/c": "crash"})], BEFORE)
    assert problems(judgement) == [
        "excuses fail, but the outcome is error and crash: correct or remove it"
    ]


@pytest.mark.parametrize(
    "outcomes",
    [{"a/b": "varies", "a/c": "pass"}, {"a/b": "pass", "a/c": "pass"}],
    ids=["one-varies", "all-agree-by-chance"],
)
def test_an_entry_for_what_varies_expects_passes_too(outcomes: dict[str, Outcome]) -> None:
    judgement = known(outcomes=("varies",)).apply([came(outcomes)], BEFORE)
    varying = [name for name, outcome in outcomes.items() if outcome == "varies"]
    assert excused(judgement) == [("mine", "float32", name) for name in varying]
    assert problems(judgement) == []
    assert judgement.runs[0].conforms


def test_an_entry_for_what_varies_excuses_no_wrong_number() -> None:
    """It is stale only if nothing passes that may have varied."""
    judgement = known(outcomes=("varies",)).apply([came({"a/b": "fail", "a/c": "pass"})], BEFORE)
    assert (excused(judgement), problems(judgement)) == ([], [])
    assert not judgement.runs[0].conforms
    judgement = known(outcomes=("varies",)).apply([came({"a/b": "fail"})], BEFORE)
    assert problems(judgement) == ["excuses varies, but the outcome is fail: correct or remove it"]


def test_what_may_vary_or_be_wrong_may_also_pass() -> None:
    outcomes: dict[str, Outcome] = {"a/b": "fail", "a/c": "pass", "a/d": "varies"}
    judgement = known(outcomes=("fail", "varies")).apply([came(outcomes)], BEFORE)
    assert [vector for _, _, vector in excused(judgement)] == ["a/b", "a/d"]
    assert problems(judgement) == []


def test_an_entry_for_a_wrong_number_does_not_expect_that_it_varies() -> None:
    judgement = known().apply([came({"a/b": "varies"})], BEFORE)
    assert excused(judgement) == []
    assert problems(judgement) == ["excuses fail, but the outcome is varies: correct or remove it"]


def test_what_was_not_run_says_nothing_about_an_entry() -> None:
    judgement = known().apply([came({"a/b": "not-run"})], BEFORE)
    assert (excused(judgement), problems(judgement)) == ([], [])
    assert not judgement.runs[0].conforms


def test_an_entry_that_covers_a_pass_is_stale_though_other_vectors_fail() -> None:
    judgement = known().apply([came({"a/b": "fail", "a/c": "pass"})], BEFORE)
    assert excused(judgement) == [("mine", "float32", "a/b")]
    assert problems(judgement) == [
        "covers test vectors that pass: mine float32 a/c: narrow or remove it"
    ]


def test_of_many_passes_some_are_named() -> None:
    judgement = known().apply(
        [came(dict.fromkeys(["a/1", "a/2", "a/3", "a/4", "a/5"], "pass"))], BEFORE
    )
    (problem,) = problems(judgement)
    assert problem == (
        "covers test vectors that pass: mine float32 a/1, mine float32 a/2, mine float32 a/3 "
        "and 2 more: narrow or remove it"
    )


def test_an_entry_excuses_through_its_last_day_and_then_no_more() -> None:
    runs = [came({"a/b": "fail"})]
    judgement = known().apply(runs, EXPIRES)
    assert excused(judgement) == [("mine", "float32", "a/b")]
    assert problems(judgement) == []
    judgement = known().apply(runs, AFTER)
    assert excused(judgement) == []
    assert problems(judgement) == ["expired on 2030-05-31: renew or remove it"]
    assert not judgement.runs[0].conforms


NOTHING = "matches nothing that was checked: correct or remove it"


@pytest.mark.parametrize(
    "more",
    [
        {"vectors": "b/*"},
        {"vectors": "A/b"},
        {"backend": "mien"},
        {"dtypes": ("float64",)},
    ],
    ids=["a-pattern", "upper-case", "a-backend", "a-dtype"],
)
def test_an_entry_that_matches_nothing_is_stale(more: dict[str, Any]) -> None:
    judgement = known(**more).apply([came({"a/b": "pass"})], BEFORE)
    assert problems(judgement) == [NOTHING]


@pytest.mark.parametrize(
    ("more", "unasked"),
    [
        ({"vectors": "slow"}, Excluded(vectors=[("slow", "train")])),
        ({"backend": "other"}, Excluded(backends=["other"])),
        ({"dtypes": ("float16",)}, Excluded(dtypes=["float16"])),
    ],
    ids=["a-vector", "a-backend", "a-dtype"],
)
def test_an_entry_is_not_held_to_what_was_left_out(more: dict[str, Any], unasked: Excluded) -> None:
    runs = [came({"a/b": "fail"})]
    assert problems(known(**more).apply(runs, BEFORE)) == [NOTHING]
    assert problems(known(**more).apply(runs, BEFORE, unasked)) == []


def test_an_entry_that_is_also_about_a_dtype_that_was_asked_is_held_to_it() -> None:
    entries = known("b/*", dtypes=("float16", "float32"))
    judgement = entries.apply([came({"a/b": "fail"})], BEFORE, Excluded(dtypes=["float16"]))
    assert problems(judgement) == [NOTHING]


def test_what_was_left_out_saves_no_entry_that_covers_a_pass() -> None:
    unasked = Excluded(["other"], ["float16"], [("a/slow", "train")])
    judgement = known().apply([came({"a/b": "pass"})], BEFORE, unasked)
    assert problems(judgement) == [
        "covers test vectors that pass: mine float32 a/b: narrow or remove it"
    ]


def test_an_unavailable_backend_is_not_held_to_its_entries() -> None:
    unavailable = run("absent", dtype=None)
    judgement = known(backend="absent").apply([came({"a/b": "pass"}), unavailable], BEFORE)
    assert problems(judgement) == []
    assert judgement.runs[1] == unavailable
    assert not judgement.runs[1].conforms


def test_of_two_entries_the_first_that_excuses_gives_its_reason() -> None:
    expired = KnownFailure(1, "a/*", "Over.", date(2000, 1, 1))
    crash = KnownFailure(2, "*", "It crashes.", EXPIRES, outcomes=("crash",))
    wide = KnownFailure(3, "a/*", "It rounds twice.", EXPIRES)
    narrow = KnownFailure(4, "a/b", "Never told.", EXPIRES)
    (judged,) = (
        KnownFailures((expired, crash, wide, narrow))
        .apply([came({"a/b": "fail", "c": "crash"})], BEFORE)
        .runs
    )
    assert [result.known_reason for result in judged.results] == ["It rounds twice.", "It crashes."]


def test_stale_entries_are_told_in_the_order_of_the_file() -> None:
    matchless = KnownFailure(2, "b", "No.", EXPIRES)
    passing = KnownFailure(1, "a", "No.", EXPIRES)
    expired = KnownFailure(3, "a", "No.", date(2000, 1, 1))
    judgement = KnownFailures((passing, matchless, expired)).apply([came({"a": "pass"})], BEFORE)
    assert [found.sentence for found in judgement.stale] == [
        "failure 1 (a) covers test vectors that pass: mine float32 a: narrow or remove it",
        f"failure 2 (b) {NOTHING}",
        "failure 3 (a) expired on 2000-01-01: renew or remove it",
    ]


def test_one_failure_beside_those_that_are_known_keeps_a_run_from_conforming() -> None:
    (judged,) = known().apply([came({"a/b": "fail", "c": "fail"})], BEFORE).runs
    assert (judged.known_count, judged.conforms) == (1, False)
