"""Lists and counts read as a person writes them."""

from fractions import Fraction

import pytest

from backproof.text.english import (
    count_all,
    count_bytes,
    count_noun,
    format_constant,
    is_or_are,
    join_words,
    suggest,
)


def test_things_are_listed() -> None:
    lists = [["a"], ["a", "b"], ["a", "b", "c"]]
    assert [join_words(things) for things in lists] == ["a", "a and b", "a, b and c"]
    assert [is_or_are(things) for things in lists] == ["is", "are", "are"]


def test_things_are_counted() -> None:
    assert [count_noun(n, "row") for n in (1, 2, 1024)] == ["1 row", "2 rows", "1,024 rows"]
    assert [count_all(n, "row") for n in (1, 2, 3)] == ["the row", "both rows", "all 3 rows"]


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1000, "1,000 bytes"),
        (2**10, "1 KiB"),
        (2**10 + 1, "1,025 bytes"),
        (2**16 + 2**12, "68 KiB"),
        (2**20, "1 MiB"),
        (2**24 + 2**16, "16,448 KiB"),
    ],
)
def test_bytes_are_counted_exactly(count: int, written: str) -> None:
    assert count_bytes(count) == written


@pytest.mark.parametrize(
    ("constant", "written"),
    [
        (Fraction(2), "2"),
        (Fraction(-2), "−2"),
        (Fraction(1, 8), "0.125"),
        (Fraction(-1, 3), "−1/3"),
        (Fraction(1, 10**5), "1e-05"),
        (Fraction(-1, 10**5), "−1e-05"),
    ],
    ids=str,
)
def test_a_constant_is_a_decimal_if_that_ends(constant: Fraction, written: str) -> None:
    assert format_constant(constant) == written


def test_the_closest_word_is_suggested_and_otherwise_all() -> None:
    assert suggest("reson", ["reason", "link"]) == "did you mean reason?"
    assert suggest("what", ["reason", "link"]) == "expected one of reason, link"
