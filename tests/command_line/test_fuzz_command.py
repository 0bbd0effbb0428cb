"""`backproof fuzz`: its limits, its last line, and its files."""

import pytest
from conftest import Command
from frameworks import REFERENCE

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
