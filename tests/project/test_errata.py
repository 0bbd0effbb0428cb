"""The errata: their tables are what is measured, and what is said agrees with them."""

import importlib.util
import re
from types import ModuleType

import pytest
from checkout import ROOT

from backproof.vectors.vectors import VectorFile

ERRATA = ROOT / "docs/evidence/errata.md"
PICTURE = ROOT / "docs/images/training_error.svg"


@pytest.fixture(scope="module")
def measure() -> ModuleType:
    path = ROOT / "examples/tutorial_program/measure.py"
    spec = importlib.util.spec_from_file_location("measure", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def errata() -> str:
    return ERRATA.read_text(encoding="utf-8")


def test_every_table_is_what_is_measured(measure: ModuleType, errata: str) -> None:
    assert measure.with_tables(errata) == errata


@pytest.mark.parametrize(
    ("held", "altered"), [("0.10755877", "0.10755878"), ("−2.81347590", "2.81347590")]
)
def test_a_number_that_was_altered_is_found(
    measure: ModuleType, errata: str, held: str, altered: str
) -> None:
    assert measure.with_tables(errata.replace(held, altered)) == errata


def test_every_table_stands_in_the_errata(measure: ModuleType, errata: str) -> None:
    assert re.findall(r"<!-- table: (.+) -->", errata) == list(measure.TABLES)


def test_every_mistake_is_told_in_the_order_of_the_port(measure: ModuleType, errata: str) -> None:
    assert re.findall(r"^\d\. `(.+?)`", errata, re.MULTILINE) == list(measure.ALL)


def test_the_errors_that_the_text_and_the_picture_name_are_those_measured(
    measure: ModuleType, errata: str
) -> None:
    theirs = [measure.error(measure.trained(measure.ALL, n)) for n in range(measure.EPOCHS + 1)]
    right = measure.error(measure.trained(measure.NONE, measure.EPOCHS))
    said = (
        f"correct training falls from {theirs[0]:.2f} to {right:.2f}; the tutorial's program falls "
        f"to {min(theirs):.2f}, then rises to {theirs[-1]:.2f}]"
    )
    assert said in " ".join(errata.split())
    picture = PICTURE.read_text(encoding="utf-8")
    assert f">{right:.2f}<" in picture
    assert f">{theirs[-1]:.2f}<" in picture


def test_the_best_answer_is_one_half(errata: str) -> None:
    assert f"{8 * 0.5 * 0.49**2:.4f}" in errata


def test_the_tutorial_prints_as_many_numbers_as_the_errata_say(
    errata: str, tutorial: VectorFile
) -> None:
    printed = [number for vector in tutorial.vectors for number in vector.published]
    assert all(number.is_correct for number in printed)
    assert f"right**, all {len(printed)} of them" in errata
