"""The first wrong number comes with its formula, and with what is right before it."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from by_hand import ONE_STEP, ZERO, result, run, vector
from conftest import files
from tampering import answering, with_number

from backproof import Backend
from backproof.judging.first_wrong_number import locate_first_wrong
from backproof.judging.one_backend import check_backend
from backproof.judging.results import Result
from backproof.network.inputs import Op
from backproof.network.notation import equation
from backproof.network.quantities import evaluation_order
from backproof.ports.in_process_driver import InProcessDriver
from backproof.vectors.vectors import VectorFile

IS_RIGHT, SAME = "Correct before it:", "of the same inputs"


@pytest.mark.parametrize(
    ("op", "quantity", "formula"),
    [
        ("forward", "h[0][1]", "h2 = x1·w3 + x2·w4 + b1"),
        ("forward", "out_h[3][0]", "Out h1 = σ(h1)"),
        ("forward", "y[0][0]", "y1 = Out h1·w5 + Out h2·w6 + b2"),
        ("forward", "out_y[11][1]", "Out y2 = σ(y2)"),
        ("loss", "per_output[0][1]", "E2 = ½ (T2 − Out y2)²"),
        ("loss", "total[2]", "E_Total = E1 + E2"),
        ("gradients", "W1[1][0]", "∂E/∂w3 = ∂E/∂Out h2 · ∂Out h2/∂h2 · ∂h2/∂w3"),
        ("gradients", "b1", "∂E/∂b1 = ∂E/∂h1 · ∂h1/∂b1 + ∂E/∂h2 · ∂h2/∂b1"),
        ("gradients", "W2[1][0]", "∂E/∂w7 = ∂E2/∂Out y2 · ∂Out y2/∂y2 · ∂y2/∂w7"),
        ("gradients", "b2", "∂E/∂b2 = ∂E1/∂y1 · ∂y1/∂b2 + ∂E2/∂y2 · ∂y2/∂b2"),
        ("train", "W1[0][1]", "new w2 = w2 − η·∂E/∂w2"),
        ("train", "b2", "new b2 = b2 − η·∂E/∂b2"),
    ],
)
def test_a_number_has_the_formula_that_the_tutorial_has_for_it(
    op: Op, quantity: str, formula: str
) -> None:
    assert equation(quantity, op) == formula


def test_every_number_that_a_backend_answers_with_has_a_formula() -> None:
    for asked in (asked for file in files() for asked in file.vectors):
        for quantity in next(iter(asked.expected.values())):
            assert " = " in equation(quantity, asked.op)


def test_several_rows_and_steps_are_part_of_a_formula() -> None:
    assert equation("W2[0][0]", "gradients", rows=4) == (
        "∂E/∂w5 = Σ over the rows of ∂E1/∂Out y1 · ∂Out y1/∂y1 · ∂y1/∂w5"
    )
    assert equation("b2", "gradients", rows=2) == (
        "∂E/∂b2 = Σ over the rows of (∂E1/∂y1 · ∂y1/∂b2 + ∂E2/∂y2 · ∂y2/∂b2)"
    )
    assert equation("W1[0][0]", "train", rows=4) == "new w1 = w1 − η·Σ ∂E/∂w1"
    assert equation("W1[0][0]", "train", steps=1000) == (
        "new w1 = w1 − η·∂E/∂w1, in each of 1,000 steps"
    )
    assert equation("b1", "train", constant=True) == "new b1 = b1, which is not trained"


def test_gradients_are_found_from_the_output_layer_on() -> None:
    answered = ["W1[0][0]", "W1[1][1]", "b1", "W2[0][0]", "W2[1][1]", "b2"]
    assert sorted(answered, key=lambda q: evaluation_order(q, "gradients")) == [
        "W2[0][0]",
        "W2[1][1]",
        "W1[0][0]",
        "W1[1][1]",
        "b2",
        "b1",
    ]
    assert sorted(answered, key=lambda q: evaluation_order(q, "train")) == answered


@pytest.mark.parametrize(
    ("name", "quantity", "where", "before"),
    [
        ("row-1/forward", "h[0][0]", ", row 1", "No correct number comes before it."),
        ("row-1/forward", "out_h[0][1]", ", row 1", f"{IS_RIGHT} h1, h2 and Out h1."),
        (
            "row-1/gradients",
            "W2[1][0]",
            "",
            (
                f"{IS_RIGHT} ∂E/∂w5 and ∂E/∂w6; the forward pass and the loss {SAME}; "
                "both test vectors."
            ),
        ),
        (
            "row-1/step",
            "b1",
            "",
            (
                f"{IS_RIGHT} w1, w2, w3 and w4; the forward pass, the loss and the gradients "
                f"{SAME}; all 3 test vectors."
            ),
        ),
        (
            "all-rows/loss",
            "total[1]",
            ", row 2",
            (
                f"{IS_RIGHT} 9 numbers of the same response; the forward pass {SAME}; "
                "all 6 test vectors."
            ),
        ),
    ],
)
def test_it_is_told_with_what_is_right_before_it(
    reference: type[Backend],
    tutorial: VectorFile,
    name: str,
    quantity: str,
    where: str,
    before: str,
) -> None:
    """The first vector of this op that has so many rows is wrong, and so are later ones."""
    (asked,) = (v for v in tutorial.vectors if v.id == f"tutorial/{name}")

    def broken(answer: object) -> object:
        try:
            return with_number(answer, quantity, 0.125)
        except IndexError:  # it has fewer rows
            return answer

    backend = answering(reference, asked.op, broken)
    vectors = [v for v in tutorial.vectors if not v.checkpoints]
    (found,) = check_backend(InProcessDriver(backend), vectors, ["float64"])
    told = locate_first_wrong(found)
    assert told is not None
    assert told.sentence == f"First wrong value: {told.formula}, in {asked.id}{where}. {before}"


def test_nothing_is_told_where_nothing_is_wrong() -> None:
    asked = vector({"y[0][0]": ("1", "0")})
    assert locate_first_wrong(run("any", result(asked, {"y[0][0]": 1.0}))) is None
    assert locate_first_wrong(run("any", Result(asked, "error", message="it broke"))) is None


def test_only_what_is_right_counts_as_right() -> None:
    """The forward pass is right for other inputs, and one vector before is unsupported."""
    forward = vector({"y[0][0]": ("1", "0")}, name="forward")
    loss = vector({"total[0]": ("1", "0")}, op="loss", name="loss")
    wrong = result(loss, {"total[0]": 2.0}, "fail")
    others = replace(forward, inputs=replace(forward.inputs, X=[[Fraction(1), ZERO]]))
    right = result(others, {"y[0][0]": 1.0})

    def known_right(*before: Result) -> Sequence[str]:
        told = locate_first_wrong(run("any", *before, wrong))
        assert told is not None
        return told.correct_before

    assert known_right() == []
    assert known_right(right) == ["the test vector"]
    assert known_right(right, Result(forward, "unsupported")) == ["1 of 2 test vectors"]
    assert known_right(Result(forward, "unsupported")) == []
    same = result(forward, {"y[0][0]": 1.0})
    assert known_right(right, same) == ["the forward pass of the same inputs", "both test vectors"]
    varying = replace(same, outcome="varies")
    assert known_right(right, varying) == known_right(right, same)


def test_a_wrong_epoch_of_a_long_training_is_named() -> None:
    trained = vector({"W1[0][0]": ("1", "0")}, op="train", name="long")
    schedule = replace(ONE_STEP, epochs=20)
    asked = replace(trained, inputs=replace(trained.inputs, schedule=schedule))
    at_the_end = result(asked, {"W1[0][0]": 2.0}, "fail")
    (wrong,) = at_the_end.deviations
    told = locate_first_wrong(run("any", replace(at_the_end, deviations=[replace(wrong, epoch=7)])))
    assert told is not None
    assert told.sentence == (
        "First wrong value: new w1 = w1 − η·∂E/∂w1, in long, epoch 7. "
        "No correct number comes before it."
    )
    told = locate_first_wrong(run("any", at_the_end))
    assert told is not None
    assert told.formula == "new w1 = w1 − η·∂E/∂w1, in each of 20 steps"


def test_a_training_without_a_step_leaves_the_parameters() -> None:
    trained = vector({"W1[0][0]": ("1", "0")}, op="train", name="none")
    none = replace(trained, inputs=replace(trained.inputs, schedule=replace(ONE_STEP, epochs=0)))
    told = locate_first_wrong(run("any", result(none, {"W1[0][0]": 2.0}, "fail")))
    assert told is not None
    assert told.formula == "new w1 = w1, which is not trained"
