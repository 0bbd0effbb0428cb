"""The fixtures as data: named, described and explained so that a person can read them."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from conftest import files
from jsonschema import Draft202012Validator

from backproof.text.resources import resource_folder
from backproof.vectors.vectors import VectorFile

FILES = files()
EVERY_FILE = pytest.mark.parametrize("file", FILES, ids=lambda file: file.path.name)
SCHEMA = json.loads((resource_folder("fixtures") / "schema.json").read_text(encoding="utf-8"))
CLICHE = re.compile(
    r"\b(should|shall|must|tests? that|checks? that|make sure|correctly)\b", re.IGNORECASE
)


def written(path: Path) -> dict[str, object]:
    data: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return data


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@EVERY_FILE
def test_a_file_is_valid_under_the_schema(file: VectorFile) -> None:
    """Built-in files are loaded without this, which takes longer than all the rest."""
    assert list(Draft202012Validator(SCHEMA).iter_errors(written(file.path))) == []


@pytest.mark.parametrize("level", ["file", "vector", "inputs", "printed"])
def test_the_schema_refuses_unknown_keys(level: str) -> None:
    data = json.loads((resource_folder("fixtures") / "tutorial.json").read_text(encoding="utf-8"))
    vector = data["vectors"][0]
    place = {
        "file": data,
        "vector": vector,
        "inputs": vector["inputs"],
        "printed": vector["printed"][0],
    }[level]
    assert Draft202012Validator(SCHEMA).is_valid(data)
    place["unknown"] = "1"
    assert not Draft202012Validator(SCHEMA).is_valid(data)


def test_ids_are_unique() -> None:
    times = Counter(vector.id for file in FILES for vector in file.vectors)
    assert [name for name, count in times.items() if count > 1] == []


def test_descriptions_are_unique() -> None:
    times = Counter(vector.description for file in FILES for vector in file.vectors)
    assert [text for text, count in times.items() if count > 1] == []


def test_descriptions_are_sentences_that_state_a_fact() -> None:
    descriptions = [vector.description for file in FILES for vector in file.vectors]
    pattern = re.compile(r"[A-Z0-9].*[^.…]\.", re.DOTALL)
    assert [text for text in descriptions if not pattern.fullmatch(text)] == []
    assert [text for text in descriptions if CLICHE.search(text)] == []


@EVERY_FILE
def test_every_flag_is_explained(file: VectorFile) -> None:
    used = {flag for vector in file.vectors for flag in vector.flags}
    assert used - set(file.notes) == set()
    assert [note for note in file.notes.values() if not note.endswith(".")] == []


@EVERY_FILE
def test_a_file_says_what_it_is_and_where_it_comes_from(file: VectorFile) -> None:
    assert file.title
    assert file.source.endswith(".")


@EVERY_FILE
def test_every_vector_is_judged_in_some_dtype(file: VectorFile) -> None:
    assert [vector.id for vector in file.vectors if not vector.expected] == []


@EVERY_FILE
def test_every_printed_number_says_where_it_stands_and_what_it_belongs_to(
    file: VectorFile,
) -> None:
    printed = [number for vector in file.vectors for number in vector.published]
    assert [number.quantity for number in printed if not (number.where and number.equation)] == []


def test_the_tutorial_prints_each_of_its_numbers() -> None:
    """Its own digits, typed in from its text."""
    (tutorial,) = (file for file in FILES if file.path.name == "tutorial.json")
    printed = [number.digits for vector in tutorial.vectors for number in vector.published]
    assert printed == [
        "0.4176",
        "0.4425",
        "0.60290881",
        "0.60885456921",
        "0.60885457",
        "0.97753007",
        "0.73523685",
        "0.72661785",
        "0.25677057",
        "0.04931263",
        "0.3060832",
        "0.19864435",
        "0.41425240",
    ]
