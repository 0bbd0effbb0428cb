"""Clues: what the numbers do not prove is not said."""

import math
import random

import pytest
from by_hand import vector
from clues_of import (
    AGAIN,
    IN_GRADIENTS,
    IN_LOSS,
    IN_TRAINING,
    ROW_1,
    W7,
    Answer,
    Change,
    noisy,
    numbers_of,
    places_of,
    said,
)

from backproof.diagnosis.clues import find_clues
from backproof.judging.deviations import measure_deviations
from backproof.network.float_formats import FORMATS
from backproof.network.mistakes import CATALOGUE
from backproof.vectors.vectors import Vector

pytestmark = pytest.mark.proof


def of_vector(asked: Vector) -> float:
    """Return a constant from 1.5 to 2 that is another for nearly every vector."""
    return random.Random(asked.id).uniform(1.5, 2)  # noqa: S311  # no secret


def gradients_times_another_constant_each(asked: Vector, answer: dict[str, float]) -> Answer:
    return numbers_of("gradients", lambda x: of_vector(asked) * x)(asked, answer)


def errors_plus_another_constant_each(asked: Vector, answer: dict[str, float]) -> Answer:
    return numbers_of("loss", lambda x: of_vector(asked) + x)(asked, answer)


def doubled_but_in_one_vector(asked: Vector, answer: dict[str, float]) -> Answer:
    k = 3.0 if asked is ROW_1 else 2.0
    return numbers_of("gradients", lambda x: k * x)(asked, answer)


def exchanged_but_in_one_vector(asked: Vector, answer: dict[str, float]) -> Answer:
    if asked is ROW_1:
        return numbers_of("gradients", lambda x: 3 * x, "b1", "b2")(asked, answer)
    return places_of("gradients", {"b1": "b2", "b2": "b1"})(asked, answer)


def one_value_for_each_vector(asked: Vector, answer: dict[str, float]) -> Answer:
    return numbers_of("loss", lambda _: of_vector(asked))(asked, answer)


def plain_numbers(_: Vector, answer: dict[str, float]) -> Answer:
    return {q: float(1 << n % 5) for n, q in enumerate(answer)}


# Nothing is said of these but where they are wrong.
OF_NOTHING: dict[str, tuple[Change, list[str]]] = {
    "a factor that differs from vector to vector": (
        gradients_times_another_constant_each,
        [IN_GRADIENTS],
    ),
    "an offset that differs from vector to vector": (errors_plus_another_constant_each, [IN_LOSS]),
    "a factor that one vector does not have": (doubled_but_in_one_vector, [IN_GRADIENTS]),
    "places that are not exchanged in one vector": (
        exchanged_but_in_one_vector,
        [IN_GRADIENTS, "Of the gradients, only ∂E/∂b1 and ∂E/∂b2 are wrong."],
    ),
    "a value that differs from vector to vector": (one_value_for_each_vector, [IN_LOSS]),
    "numbers that are of every dtype for being plain": (plain_numbers, []),
    "errors larger than those of any dtype": (numbers_of("loss", noisy(0.5)), [IN_LOSS]),
    "errors smaller than those of float32": (numbers_of("loss", noisy(1e-12)), [IN_LOSS]),
}


@pytest.mark.parametrize(
    ("change", "expected"), OF_NOTHING.values(), ids=[f"of {name}" for name in OF_NOTHING]
)
def test_nothing_is_said_of_what_does_not_hold(change: Change, expected: list[str]) -> None:
    assert said(change=change) == expected


def test_what_moves_the_other_way_does_so_to_infinity_too() -> None:
    """Only where no infinity should have come out has every number moved so."""
    finite = numbers_of("train", lambda x: 0.5 if math.isinf(x) else x)
    in_training, moved, *_ = said(network=CATALOGUE["update-adds-gradient"], change=finite)
    assert in_training == IN_TRAINING
    assert moved.startswith("Every wrong number among w7 and w8 moves as far as it should")


@pytest.mark.parametrize(
    ("vectors", "where"),
    [
        pytest.param([ROW_1], "the one test vector that fails", id="one vector"),
        pytest.param([ROW_1, AGAIN], "each that fails", id="one vector, asked twice"),
    ],
)
def test_no_constant_is_told_from(vectors: list[Vector], where: str) -> None:
    doubled = numbers_of("gradients", lambda x: 2 * x, W7)
    assert said(change=doubled, vectors=vectors) == [
        f"Of the gradients, only ∂E/∂w7 is wrong, in {where}."
    ]


def test_one_value_is_not_told_where_the_right_ones_are_the_same_too() -> None:
    vectors = [vector({"y[0][0]": ("1.5", "0.125")}, name=name) for name in ("a", "b")]
    judged = [(v, measure_deviations(v, "float32", {"y[0][0]": 2.0})) for v in vectors]
    assert find_clues(judged, "float32") == []


def test_few_digits_confine_no_factor() -> None:
    """In bfloat16 the bounds of gradients are nearly as large as the gradients."""
    times_1_3 = numbers_of("gradients", lambda x: FORMATS["bfloat16"].round_float(1.3 * x))
    assert [clue for clue in said("bfloat16", change=times_1_3) if "times" in clue] == []


@pytest.mark.parametrize("dtype", FORMATS)
def test_nothing_is_said_of_a_right_backend(dtype: str) -> None:
    assert said(dtype) == []
