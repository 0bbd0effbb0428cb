"""The suite is proven: every mistake is caught, and the page that says so is up to date."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from checkout import ROOT
from conftest import files

from backproof import Backend
from backproof.diagnosis.prepared_vectors import PreparedVector, is_long, prepare_vectors
from backproof.diagnosis.proof import (
    UNDECIDED,
    inject_into,
    is_equivalent,
    kill_results,
    survivors,
    undistinguished_pairs,
)
from backproof.network.arithmetic import Arithmetic, N
from backproof.network.float_formats import FORMATS
from backproof.network.mistakes import CATALOGUE
from backproof.network.network import Network
from backproof.reports.kill_matrix import NARROW, kill_matrix_page, killed_only_by
from backproof.vectors.vectors import SLOW

pytestmark = pytest.mark.proof

PAGE = ROOT / "docs" / "evidence" / "kill-matrix.md"


@cache
def asked(dtype: str) -> list[PreparedVector]:
    short = [file.exclude_flag(SLOW) for file in files()]
    return prepare_vectors((vector for file in short for vector in file.vectors), dtype)


@cache
def found(dtype: str = "float64") -> Any:
    return kill_results(files(), asked(dtype))


def test_every_mistake_is_caught() -> None:
    assert [name for name, verdict in found().items() if not verdict.killed] == []


def test_the_page_says_what_the_vectors_catch() -> None:
    """If it does not: `backproof prove --markdown > docs/evidence/kill-matrix.md`."""
    lines = kill_matrix_page(found(), asked("float64"), found(NARROW))
    assert PAGE.read_text(encoding="utf-8").splitlines() == list(lines)


@pytest.mark.parametrize("file", [file.path.stem for file in files()])
def test_a_file_of_vectors_catches_what_no_other_does(file: str) -> None:
    assert killed_only_by(found(), file) or killed_only_by(found(NARROW), file)


@pytest.mark.parametrize("dtype", FORMATS)
def test_no_vector_catches_the_right_network(dtype: str) -> None:
    assert [q.vector.id for q in asked(dtype) if q.rejects(q.correct_values)] == []


class SigmoidAtOneAndAHalf(Network):
    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.sigmoid(a.total([z, a.half_square(a.sigmoid(z))]))


def test_another_network_is_caught_by_every_kind_of_vector() -> None:
    caught = {q.vector.op for q in asked("float64") if q.rejects(q.simulate(SigmoidAtOneAndAHalf))}
    assert caught == {"forward", "loss", "gradients", "train"}


def test_a_mistake_is_made_in_the_numbers_of_a_backend() -> None:
    """The first row's h1 is the backend's own, moved by what the mistake makes of it."""
    question = next(q for q in asked("float64") if q.vector.id == "tutorial/row-1/forward")
    own = {quantity: x + 2**-53 for quantity, x in question.correct_values.items()}
    mistake = CATALOGUE["hidden-bias-missing"]
    wrong = inject_into({question.vector.id: own})(mistake, question)
    assert wrong["h[0][0]"] == pytest.approx(0.0276 + 2**-53, rel=1e-12)
    assert question.rejects(wrong)


def test_a_mistake_is_made_only_in_the_numbers_that_a_backend_has() -> None:
    question = next(q for q in asked("float64") if q.vector.id == "tutorial/row-1/forward")
    own = {q: x for q, x in question.correct_values.items() if not q.startswith(("h", "y"))}
    wrong = inject_into({question.vector.id: own})(CATALOGUE["hidden-bias-missing"], question)
    assert wrong.keys() == own.keys()
    assert question.rejects(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", FORMATS)
def test_what_no_vector_catches_makes_no_difference_above_the_bounds(dtype: str) -> None:
    for name in survivors(asked(dtype)):
        mistake = CATALOGUE[name]
        telling = [q for q in asked(dtype) if mistake.affects(q.vector.op)]
        assert is_equivalent(mistake, telling), name


def test_any_two_mistakes_are_told_apart_but_for_those_stated() -> None:
    in_order = sorted(asked("float64"), key=lambda question: is_long(question.vector))
    assert undistinguished_pairs(in_order) == [(one, other) for one, other, _ in UNDECIDED]


def test_the_command_makes_the_mistakes_in_a_backends_numbers(
    backproof: Callable[..., Any], reference: type[Backend]
) -> None:
    done = backproof("prove", "--on", reference.name)
    assert done.status == 0
    assert f"{len(CATALOGUE)} of {len(CATALOGUE)} mistakes are caught in float64." in done.out
