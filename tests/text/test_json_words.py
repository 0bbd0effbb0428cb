"""JSON in words: places and values in messages, and the numbers that JSON lacks."""

import math
from typing import Any

import pytest

from backproof.text.json_words import abbreviate, encode_non_finite, format_path


@pytest.mark.parametrize(
    ("place", "written"), [((), ""), (("a",), "a"), (("a", 0, "b", 1, 2), "a[0].b[1][2]")], ids=str
)
def test_a_place_is_written_as_in_a_program(place: tuple[str | int, ...], written: str) -> None:
    assert format_path(place) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({}, "an empty object"),
        ({"a": 1}, "an object"),
        ([], "an empty list"),
        ([1], "a list"),
        (None, "null"),
        (1.5, "1.5"),
        ("é", '"é"'),
        ("x" * 58, '"' + "x" * 58 + '"'),
        ("x" * 59, '"' + "x" * 39 + "… (61 characters)"),
        ("x" * 1998, '"' + "x" * 39 + "… (2,000 characters)"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_value_is_shown_if_it_is_short(value: Any, written: str) -> None:
    assert abbreviate(value) == written


def test_numbers_that_json_lacks_are_words_wherever_they_stand() -> None:
    data = {"a": [math.nan, 1.5, (math.inf,)], "b": {"c": -math.inf, "d": "NaN"}, "e": None}
    assert encode_non_finite(data) == {
        "a": ["NaN", 1.5, ["Infinity"]],
        "b": {"c": "-Infinity", "d": "NaN"},
        "e": None,
    }
