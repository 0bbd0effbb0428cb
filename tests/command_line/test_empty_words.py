"""An empty word on the command line, as "$UNSET" gives it, is refused and never ignored."""

from collections.abc import Sequence

import pytest
from conftest import Command
from frameworks import REFERENCE


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(
            words,
            id=" ".join(words) or "nothing",
            marks=pytest.mark.hostile(
                "An option", f"`{' '.join([*words, chr(39) * 2])}`", "refused, status 2"
            ),
        )
        for words in (
            [],
            ["explain"],
            ["explain", "--vectors"],
            ["explain", "-o"],
            ["vectors", "show"],
            ["check"],
            ["check", REFERENCE, "--only"],
            ["check", REFERENCE, "--device"],
            ["check", REFERENCE, "--json"],
            ["diagnose"],
            ["fuzz"],
            ["fuzz", REFERENCE, "--save"],
            ["prove", "--on"],
            ["new"],
            ["new", "python"],
            ["new", "python", "port", "--name"],
            ["known-failures"],
        )
    ],
)
def test_an_empty_word_is_refused(backproof: Command, words: Sequence[str]) -> None:
    done = backproof(*words, "")
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines()[-1] == (
        f"Error: the word after {['backproof', *words][-1]} "
        "is empty. Leave it out or fill it in; it may come from an unset variable"
    )


def test_an_option_with_an_empty_value_is_refused(backproof: Command) -> None:
    done = backproof("check", REFERENCE, "--only=")
    assert (done.status, done.out) == (2, "")
    assert "Error: --only= has no value. Leave it out or fill it in" in done.err
