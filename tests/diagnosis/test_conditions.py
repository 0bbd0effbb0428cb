"""Conditions: where numbers are wrong for some inputs alone, the inputs are named."""

import math
import re
from collections.abc import Callable
from fractions import Fraction

import pytest
from clues_of import VECTORS, Answer, Change, said

from backproof.network.float_formats import FORMATS
from backproof.network.inputs import Op
from backproof.vectors.vectors import Vector

pytestmark = pytest.mark.proof


def wrong_where(op: Op, condition: Callable[[Vector], bool]) -> Change:
    """Change every number of the answers to an op for some inputs, each by another factor."""

    def change(asked: Vector, answer: dict[str, float]) -> Answer:
        if asked.op != op or not condition(asked):
            return answer
        factors = (1.1 + n / 7 + len(asked.id) / 31 for n in range(len(answer)))
        return {q: x * f + 0.3 for (q, x), f in zip(answer.items(), factors, strict=False)}

    return change


def conditions(change: Change) -> list[str]:
    clues = said(change=change)
    return [clue for clue in clues if clue.startswith("Numbers are wrong only ")]


def rows(vector: Vector) -> int:
    return len(vector.inputs.X)


def batch_size(vector: Vector) -> int:
    assert vector.inputs.schedule
    return vector.inputs.schedule.batch_size


def trains_biases(vector: Vector) -> bool:
    return vector.inputs.schedule is not None and vector.inputs.schedule.train_biases


def epochs(vector: Vector) -> int:
    assert vector.inputs.schedule
    return vector.inputs.schedule.epochs


@pytest.mark.parametrize(
    ("op", "condition", "words"),
    [
        ("gradients", lambda v: rows(v) > 1, "with several rows"),
        ("gradients", lambda v: rows(v) == 1, "with one row"),
        (
            "train",
            lambda v: rows(v) % min(batch_size(v), rows(v)) != 0,
            "where the last batch is short",
        ),
        (
            "train",
            lambda v: rows(v) % batch_size(v) != 0,
            "where a batch has fewer rows than the batch size",
        ),
        ("train", lambda v: epochs(v) > 1, "in several epochs"),
        ("train", trains_biases, "where biases are trained"),
        ("train", lambda v: not trains_biases(v), "where biases are not trained"),
        ("forward", lambda v: not v.inputs.finite, "with NaN or infinities among the inputs"),
        (
            "train",
            lambda v: trains_biases(v) and rows(v) > 1,
            "with several rows and where biases are trained",
        ),
    ],
)
def test_the_condition_under_which_numbers_are_wrong_is_told(
    op: Op, condition: Callable[[Vector], bool], words: str
) -> None:
    first, *_ = conditions(wrong_where(op, condition))
    assert first.startswith(f"Numbers are wrong only {words}: in all ")


def test_a_threshold_is_told_with_what_is_known_of_it() -> None:
    """As with gradients that are clipped."""

    def large(asked: Vector, answer: dict[str, float]) -> Answer:
        clipped = asked.op == "gradients" and math.hypot(*answer.values()) > 1
        return {q: x / 3 for q, x in answer.items()} if clipped else answer

    first, *_ = conditions(large)
    assert first.startswith("Numbers are wrong only where the norm of the gradients exceeds 1 (or")


def test_single_numbers_are_wrong_where_their_weighted_sum_is_large() -> None:
    def inexact(asked: Vector, answer: dict[str, float]) -> Answer:
        return {
            q: x + 1e-6 if asked.op == "forward" and abs(_sum(q, answer)) > 6.5 else x
            for q, x in answer.items()
        }

    def _sum(quantity: str, answer: Answer) -> float:
        return answer.get(quantity.replace("out_h", "h"), 0.0) if "out_h" in quantity else 0.0

    first, *_ = conditions(inexact)
    assert first.startswith("Numbers are wrong only where the absolute weighted sum exceeds 7 (or")


@pytest.mark.parametrize(
    "condition",
    [
        lambda v: v.id == "random/large-1/gradients",
        lambda v: sum(map(ord, v.id)) % 2 == 0,
        lambda v: rows(v) > 1 and v.id != "random/large-1/gradients",
        lambda v: rows(v) > 1 or v.id == "tutorial/row-1/gradients",
    ],
    ids=[
        "one-vector",
        "vectors-without-anything-in-common",
        "all-but-one-of-several-rows",
        "one-more-than-those-of-several-rows",
    ],
)
def test_no_condition_is_told_that_does_not_fit_all(condition: Callable[[Vector], bool]) -> None:
    assert conditions(wrong_where("gradients", condition)) == []


def test_no_condition_is_told_where_everything_is_wrong() -> None:
    assert conditions(wrong_where("gradients", lambda _: True)) == []


@pytest.mark.parametrize("size", ["the largest |parameter|", "the largest |target|"])
def test_a_threshold_lies_between_what_passes_and_what_fails(size: str) -> None:
    """Wherever the threshold is: numbers that equal it are on the right side of it."""
    values = sorted({_size(v, size) for v in VECTORS if v.op == "gradients" and v.inputs.finite})
    found = []
    for threshold in values[len(values) // 2 :]:
        told = conditions(
            wrong_where("gradients", lambda v, t=threshold: _size(v, size) >= t)  # type: ignore[misc]
        )
        for number in re.findall(rf"{re.escape(size)} exceeds (\S+)", " ".join(told)):
            assert Fraction(number) < threshold
            found.append(number)
    assert found


def _size(vector: Vector, size: str) -> float:
    inputs = vector.inputs.rounded(FORMATS["float64"])
    numbers = (
        inputs.params.flatten() if "parameter" in size else [t for row in inputs.T for t in row]
    )
    return max(abs(float(x)) for x in numbers)
