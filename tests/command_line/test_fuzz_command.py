"""`backproof fuzz`: its limits, its last line, and its files."""

from pathlib import Path

import pytest
from conftest import Command
from frameworks import REFERENCE
from python_port import port

HUGE = 10**30


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param(
            option,
            value,
            id=f"{option} {value}",
            marks=pytest.mark.hostile("An option", f"`fuzz {option} {value}`", "refused, status 2"),
        )
        for option in ("--nets", "--seed", "--workers")
        for value in (-1, HUGE)
    ],
)
def test_a_number_that_no_search_can_have_is_refused(
    backproof: Command, option: str, value: int
) -> None:
    """The message has the limits, and so has the help."""
    done = backproof("fuzz", REFERENCE, option, value)
    assert (done.status, done.out) == (2, "")
    assert f"Invalid value for '{option}': {value} is not in the range " in done.err
    limits = done.err.rstrip(".\n").rpartition(" ")[2]
    assert limits in backproof("fuzz", "--help").out


def attempt(what: str, answer: str, *values: object) -> object:
    """Return the parameters of a test that is a row of the page of hostile input."""
    return pytest.param(*values, id=what, marks=pytest.mark.hostile("A port", what, answer))


NO_VERDICT = "`fuzz` says that nothing was evaluated; status 1"


@pytest.mark.parametrize(
    ("body", "dtype", "said"),
    [
        attempt("a search in which no backend starts", NO_VERDICT, "]", "float64", ": error: "),
        attempt(
            "a search in which no operation is supported",
            NO_VERDICT,
            "raise NotImplementedError",
            "float64",
            "port.py float64: nothing was evaluated\n",
        ),
        attempt("a search in a dtype that no backend has", NO_VERDICT, "pass", "float16", ""),
    ],
)
def test_a_search_of_nothing_is_no_verdict(
    backproof: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    dtype: str,
    said: str,
) -> None:
    path = port(tmp_path, body)
    monkeypatch.setattr("backproof.command_line.fuzz.known_names", lambda: [str(path)])
    done = backproof("fuzz", "--nets", 2, "--seed", 3, "--dtype", dtype)
    assert done.status == 1
    assert said in done.out
    assert done.out.splitlines()[-1] == (
        "2 networks, seeds 3 to 4: nothing was evaluated, so this is no verdict"
    )


def test_the_last_line_says_what_was_evaluated_and_found(
    backproof: Command, tmp_path: Path
) -> None:
    right = backproof("fuzz", REFERENCE, "--nets", 1).out.splitlines()[-1]
    assert right == "1 network, seeds 1 to 1: no violations in 4 calculations"
    wrong = backproof("fuzz", port(tmp_path, "return [[[0, 0]] * len(X)] * 4"), "--nets", 1)
    assert wrong.out.splitlines()[-1].endswith(": 1 violation in 1 calculation")


@pytest.mark.hostile(
    "A file", "a folder in place of a file that `fuzz --save` may write", "status 2 and a sentence"
)
def test_a_file_that_cannot_be_saved_is_refused_before_the_search(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(*_: object, **__: object) -> None:
        raise AssertionError("it began to search")

    monkeypatch.setattr("backproof.command_line.fuzz.fuzz", search)
    taken = tmp_path / "saved" / "seed-1-forward.json"
    taken.mkdir(parents=True)
    done = backproof("fuzz", REFERENCE, "--save", taken.parent)
    assert (done.status, done.out) == (2, "")
    assert done.err == f"Error: {taken}: cannot be written: it is a folder\n"
