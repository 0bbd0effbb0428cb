"""Known failures: what a file may say, what an entry excuses, and when it is stale."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from by_hand import run, vector
from checkout import ROOT

from backproof.errors import KnownFailuresError
from backproof.judging.known_failures import (
    EXCUSABLE,
    KEYS,
    AppliedKnownFailures,
    Excluded,
    KnownFailure,
    KnownFailures,
)
from backproof.judging.results import OUTCOMES, Outcome, Result, Run
from backproof.network.float_formats import FORMATS

STRING = "must be a string that is not empty"
EXPIRES = date(2030, 5, 31)
BEFORE, AFTER = date(2030, 5, 30), date(2030, 6, 1)
ENTRY = """\
[[failure]]
vectors = "a/*"
reason = "It rounds twice."
expires = 2030-05-31
"""


# Text of the entry above, what stands in its place, and what is said about it.
BAD_ENTRIES = {
    "without-vectors": ('vectors = "a/*"\n', "", "lacks vectors: the id of a test vector, or a"),
    "without-a-reason": ('reason = "It rounds twice."\n', "", "lacks reason: a sentence"),
    "without-a-day": ("expires = 2030-05-31\n", "", "lacks expires: the last day"),
    "no-pattern": ('"a/*"', '""', f"vectors {STRING}"),
    "a-blank-pattern": ('"a/*"', '" "', f"vectors {STRING}"),
    "patterns": ('"a/*"', '["a", "b"]', f"vectors {STRING}"),
    "a-number-for-a-reason": ('"It rounds twice."', "3", f"reason {STRING}"),
    "a-reason-not-written": ('"It rounds', '"todo: say why', "reason begins with TODO"),
    "a-reason-of-two-lines": ("twice.", "twice.\\n", "reason contains the character '\\n'"),
    "a-reason-that-clears-the-screen": ("It", "\\u001b[2J", "reason contains the character"),
    "a-long-reason": ("twice.", "twice." * 99, "reason has 604 characters; the limit is 500"),
    "a-day-in-quotes": ("2030-05-31", '"2030-05-31"', "expires must be a date, without quotes"),
    "a-time-of-day": ("2030-05-31", "2030-05-31T12:00:00", "expires must be a date"),
    "an-unknown-dtype": ("expires", 'dtype = "float8"\nexpires', "dtype must be one of float64"),
    "no-dtype": ("expires", "dtype = []\nexpires", "dtype must be one of float64"),
    "a-nested-dtype": ("expires", 'dtype = [["float64"]]\nexpires', "dtype must be one of"),
    "a-dtype-that-is-a-number": ("expires", "dtype = 64\nexpires", "dtype must be one of"),
    "a-pass": ("expires", 'outcome = "pass"\nexpires', "outcome must be one of fail, varies"),
    "not-run": ("expires", 'outcome = ["not-run"]\nexpires', "outcome must be one of fail"),
    "no-backend": ("expires", 'backend = ""\nexpires', f"backend {STRING}"),
    "a-table-for-a-backend": ("expires", "backend = {}\nexpires", f"backend {STRING}"),
    "no-address": ("expires", 'link = "javascript:1"\nexpires', "link must begin with https"),
    "a-typo": (
        "expires",
        "dtypes = 1\nexpires",
        "has the unknown key 'dtypes': did you mean dtype?",
    ),
    "a-strange-key": (
        "expires",
        "zzz = 1\nexpires",
        "has the unknown key 'zzz': expected one of v",
    ),
}
BAD_FILES = {
    "no-toml": (b"[[failure]\n", "is not TOML: "),
    "no-day": (b"[[failure]]\nexpires = 2030-02-30\n", "is not TOML: Invalid date"),
    "a-long-number": (b"failure = " + b"1" * 500 + b"\n", "every entry begins with [[failure]]"),
    "numbers": (
        b"failure = [1]\n",
        "failure 1: is not a table: every entry begins with [[failure]]",
    ),
    "one-bracket": (b"[failure]\n", "every entry begins with [[failure]], in two brackets"),
    "another-table": (b"[[failures]]\n", "has the unknown key 'failures'"),
    "a-stray-key": (b"reason = 'x'\n", "has the unknown key 'reason': every entry begins with"),
    "no-utf-8": (b"# \xff\n", "is not UTF-8 (byte 3 is invalid)"),
    "utf-16": ("# a\n".encode("utf-16"), "is not UTF-8"),
    "a-nul": (b"a = '\0'\n", "is not TOML: "),
    "a-bomb-of-brackets": (b"failure = [\n" + b"[\n" * 9999, "is nested too deeply"),
    "a-bomb-of-keys": (b".".join([b"a"] * 9999) + b" = 1\n", "line 1 is longer than 1,000"),
    "a-bomb-of-quoted-keys": (
        b".".join(['"\u2028"'.encode()] * 999) + b" = 1\n",
        "line 1 is longer",
    ),
    "a-megabyte": (b"#\n" * 2**19, "is larger than 256 KiB"),
}


def known(vectors: str = "a/*", **more: Any) -> KnownFailures:
    """Return the one known failure that is described, as a file would."""
    entry = KnownFailure(1, vectors, "It rounds twice.", EXPIRES)
    return KnownFailures((replace(entry, **more),))


def came(outcomes: Mapping[str, Outcome], backend: str = "mine", dtype: str = "float32") -> Run:
    results = [Result(vector({}, name=name), outcome) for name, outcome in outcomes.items()]
    return run(backend, *results, dtype=dtype)


def problems(judgement: AppliedKnownFailures) -> list[str]:
    return [found.problem for found in judgement.stale]


def excused(judgement: AppliedKnownFailures) -> list[tuple[str, str | None, str]]:
    return [
        (made.backend, made.dtype, result.vector.id)
        for made in judgement.runs
        for result in made.results
        if result.known_reason
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "known.toml"


def loaded(file: Path, text: str) -> Sequence[KnownFailure]:
    file.write_text(text, encoding="utf-8")
    return KnownFailures.load(file).entries


def test_an_entry_needs_vectors_a_reason_and_a_last_day(file: Path) -> None:
    (entry,) = loaded(file, ENTRY)
    assert entry == KnownFailure(1, "a/*", "It rounds twice.", EXPIRES)
    assert (entry.backend, entry.dtypes) == (None, tuple(FORMATS))
    assert (entry.outcomes, entry.reason_with_link) == (("fail",), "It rounds twice.")


def test_an_entry_may_say_where_it_holds_what_it_excuses_and_who_works_on_it(file: Path) -> None:
    (_, entry) = loaded(
        file,
        ENTRY
        + ENTRY
        + 'dtype = "float16"\nbackend = "mine"\noutcome = ["error", "crash"]\n'
        + 'link = "https://example.org/1"\n',
    )
    assert (entry.number, entry.backend, entry.dtypes) == (2, "mine", ("float16",))
    assert entry.outcomes == ("error", "crash")
    assert entry.reason_with_link == "It rounds twice. (https://example.org/1)"


@pytest.mark.parametrize("text", ["", "# nothing fails any more\n", "failure = []\n"])
def test_a_file_may_hold_no_entry(file: Path, text: str) -> None:
    assert loaded(file, text) == ()


@pytest.mark.parametrize(("old", "new", "problem"), BAD_ENTRIES.values(), ids=BAD_ENTRIES)
def test_a_bad_entry_is_named_with_its_key(file: Path, old: str, new: str, problem: str) -> None:
    assert ENTRY.count(old) == 1
    with pytest.raises(KnownFailuresError) as raised:
        loaded(file, ENTRY + ENTRY.replace(old, new))
    assert str(raised.value).startswith(f"{file}: failure 2: ")
    assert problem in str(raised.value)


@pytest.mark.parametrize(("raw", "problem"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_bad_file_is_named(file: Path, raw: bytes, problem: str) -> None:
    file.write_bytes(raw)
    with pytest.raises(KnownFailuresError) as raised:
        KnownFailures.load(file)
    assert str(raised.value).startswith(f"{file}: ")
    assert problem in str(raised.value)


def test_a_file_that_is_not_there_is_named(file: Path) -> None:
    with pytest.raises(KnownFailuresError, match=f"^{file}: cannot be read: No such file"):
        KnownFailures.load(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(file: Path) -> None:
    os.mkfifo(file)
    with pytest.raises(KnownFailuresError, match="is not a regular file"):
        KnownFailures.load(file)


def test_only_the_first_problems_of_many_are_told(file: Path) -> None:
    with pytest.raises(KnownFailuresError) as raised:
        loaded(file, "[[failure]]\n" * 7)
    first, *listed, last = str(raised.value).splitlines()
    assert (first, len(listed), last) == (f"{file}:", 10, "  and 11 more")


@pytest.mark.parametrize(
    ("pattern", "names"),
    {
        "a/b": ["a/b"],
        "a/*": ["a/b", "a/b/c", "a/"],
        "*/c": ["a/b/c"],
        "a/*/c": ["a/b/c"],
        "a/?": ["a/b"],
        "a/[bc]": ["a/b"],
        "*": ["a/b", "a/b/c", "a/", "A/B", "x/a/b"],
        "*/b": ["a/b", "x/a/b"],
        "a": [],
    }.items(),
)
def test_a_pattern_stands_for_whole_ids(pattern: str, names: list[str]) -> None:
    (entry,) = known(pattern).entries
    assert [name for name in ("a/b", "a/b/c", "a/", "A/B", "x/a/b") if entry.matches(name)] == names


def test_a_pattern_is_matched_in_bounded_time() -> None:
    (entry,) = known("*a" * 200 + "b").entries
    assert not entry.matches("a" * 200)


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
    assert known().apply(runs, EXPIRES).stale == []
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
        ({"vectors": "slow"}, Excluded(vectors=["slow"])),
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
    unasked = Excluded(["other"], ["float16"], ["a/slow"])
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


def test_the_example_in_the_documentation_is_read_with_all_that_it_says(file: Path) -> None:
    page = ROOT / "docs" / "guides" / "known-failures.md"
    example = page.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    (entry,) = loaded(file, example)
    assert (entry.dtypes, entry.backend) == (("float16", "bfloat16"), "mine")
    assert entry.reason_with_link.endswith(" (https://example.org/issues/12)")


def test_the_documentation_has_a_row_for_every_key() -> None:
    page = ROOT / "docs" / "guides" / "known-failures.md"
    rows = [line.split("`")[1] for line in page.read_text("utf-8").splitlines() if "| `" in line]
    assert sorted(rows) == sorted(KEYS)
