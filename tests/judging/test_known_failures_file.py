"""A file of known failures: what it may say, and what is said of one that cannot be used."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from checkout import ROOT

from backproof.errors import KnownFailuresError
from backproof.judging.known_failures import KEYS, KnownFailure, KnownFailures
from backproof.network.float_formats import FORMATS

STRING = "must be a string that is not empty"
EXPIRES = date(2030, 5, 31)
ENTRY = """\
[[failure]]
vectors = "a/*"
reason = "It rounds twice."
expires = 2030-05-31
"""


# Text of the entry above, what stands in its place, and what is said about it.


BAD_ENTRIES = {
    "without-vectors": ('vectors = "a/*"\n', "", "lacks vectors, the id of a test vector or a pa"),
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
    "an-unknown-op": ("expires", 'op = "training"\nexpires', "op must be one of forward, loss, gr"),
    "no-op": ("expires", "op = []\nexpires", "op must be one of forward, loss, gradients, train"),
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
    "a-long-key": (b"k" * 70 + b" = 1\n", f"has the unknown key '{'k' * 60}': every entry"),
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


def test_an_entry_may_be_about_ops_in_place_of_test_vectors(file: Path) -> None:
    about = [
        loaded(file, ENTRY.replace('vectors = "a/*"', line))[0]
        for line in ('op = "train"', 'op = ["loss", "train"]', 'op = "train"\nvectors = "a"')
    ]
    assert [(entry.vectors, entry.ops) for entry in about] == [
        ("*", ("train",)),
        ("*", ("loss", "train")),
        ("a", ("train",)),
    ]


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
    with pytest.raises(KnownFailuresError, match="is a pipe, not a regular file"):
        KnownFailures.load(file)


def test_only_the_first_problems_of_many_are_told(file: Path) -> None:
    with pytest.raises(KnownFailuresError) as raised:
        loaded(file, "[[failure]]\n" * 7)
    first, *listed, last = str(raised.value).splitlines()
    assert (first, len(listed), last) == (f"{file}:", 10, "  and 11 more")


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
