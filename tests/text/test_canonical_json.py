"""Canonical JSON: one layout, readable, and a hash of what the data says."""

import hashlib
import json
from pathlib import Path

import pytest

from backproof.text.canonical_json import content_hash, dump_canonical
from backproof.text.resources import resource_folder

VECTOR_FILES = sorted(resource_folder("fixtures").glob("[!s]*.json"))  # not the schema


def test_what_fits_stands_on_one_line() -> None:
    assert dump_canonical({"id": "a", "X": [["1", "2"]]}) == '{"id": "a", "X": [["1", "2"]]}'


def test_what_does_not_fit_has_a_member_a_line() -> None:
    long = "x" * 90
    assert dump_canonical({"first": [long, "é"], "second": {}}) == (
        '{\n  "first": [\n    "' + long + '",\n    "é"\n  ],\n  "second": {}\n}'
    )


@pytest.mark.parametrize(("length", "lines"), [(96, 1), (97, 3)])
def test_a_line_has_100_characters_at_most(length: int, lines: int) -> None:
    """Brackets and quotes take four more."""
    assert len(dump_canonical(["x" * length]).splitlines()) == lines


@pytest.mark.parametrize("value", [[], {}, "", None, True, 0, -1.5, [[]], {"a": {}}, '"\\\n\u2028'])
def test_any_json_comes_back(value: object) -> None:
    assert json.loads(dump_canonical(value)) == value


@pytest.mark.parametrize("path", VECTOR_FILES, ids=lambda path: path.name)
def test_every_vector_file_is_canonical(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == dump_canonical(json.loads(text)) + "\n"


@pytest.mark.parametrize("path", VECTOR_FILES, ids=lambda path: path.name)
def test_every_vector_file_says_its_own_hash(path: Path) -> None:
    """The hash is that of the rest, keys sorted, in ASCII: computed here in another way."""
    data = json.loads(path.read_text(encoding="utf-8"))
    said = data.pop("sha256")
    plain = json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(", ", ": "))
    assert said == hashlib.sha256(plain.encode("ascii")).hexdigest()


def test_the_hash_is_the_sha_256_of_the_sorted_text() -> None:
    assert (
        content_hash({"b": 1, "a": "é"}) == hashlib.sha256(b'{"a": "\\u00e9", "b": 1}').hexdigest()
    )


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    assert content_hash({"a": 1, "b": [{"c": 2, "d": 3}]}) == content_hash(
        {"b": [{"d": 3, "c": 2}], "a": 1}
    )


@pytest.mark.parametrize(
    "other",
    [
        {"a": ["1", "2"]},
        {"a": ["2"]},
        {"a": [1]},
        {"b": ["1"]},
        {"a": "1"},
        {"a": ["1"], "b": None},
    ],
)
def test_the_hash_depends_on_everything_that_is_said(other: object) -> None:
    assert content_hash(other) != content_hash({"a": ["1"]})
