"""Clues: what is said of wrong numbers is so, and what is not so is not said."""

import math
from fractions import Fraction

import pytest
from by_hand import vector
from clues_of import (
    IN_GRADIENTS,
    IN_LOSS,
    IN_TRAINING,
    W7,
    W8,
    Answer,
    Change,
    in_float32,
    noisy,
    numbers_of,
    places_of,
    rows_reversed,
    said,
)

from backproof.diagnosis.clues import find_clues
from backproof.judging.deviations import measure_deviations
from backproof.network.arithmetic import Arithmetic, N
from backproof.network.float_formats import FORMATS
from backproof.network.mistakes import CATALOGUE
from backproof.network.network import Deltas, Network, Parameters, TrainingHistory
from backproof.network.quantities import field_of
from backproof.vectors.vectors import Vector

pytestmark = pytest.mark.proof

SEVERAL_ROWS = (
    "Numbers are wrong only with several rows: in all 21 such test vectors in which a fault would "
    "show, and none of the other 118."
)


class SigmoidPlusAVeryLittle(Network):
    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.total([super().activation(a, z), a.constant(Fraction(1, 10**12))])


class HiddenUnitsSwapped(Network):
    def hidden_layer(self, a: Arithmetic[N], params: Parameters[N], x: list[N]) -> list[N]:
        return super().hidden_layer(a, params, x)[::-1]


class ErrorSlopeTimesOneAndAHalf(Network):
    def loss_derivative(self, a: Arithmetic[N], o: N, t: N) -> N:
        return a.product(a.constant(Fraction(3, 2)), super().loss_derivative(a, o, t))


class HiddenSlopeNegated(Network):
    def hidden_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.product(a.constant(Fraction(-1)), super().hidden_activation_derivative(a, z, s))


class SecondDeltaHalved(Network):
    def output_weights_deltas(self, a: Arithmetic[N], deltas: Deltas[N]) -> list[list[N]]:
        return [[d, a.product(a.constant(Fraction(1, 2)), e)] for d, e in deltas.delta_y]


class RateTimesFourFifths(Network):
    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        return a.product(
            a.constant(Fraction(4, 5)), super().step_learning_rate(a, learning_rate, rows, past)
        )


WITHIN = ", within the bounds."
AMONG = "Every wrong number among"
H, OUT_H, ERRORS = f"{AMONG} h1 and h2", f"{AMONG} Out h1 and Out h2", f"{AMONG} E1 and E2"
GRADIENTS = "Every wrong number of the gradients"
PARAMETERS = "Every wrong number of the trained parameters"
OUT_H_FIRST = "In the forward pass, Out h1 and Out h2 go wrong first; h1 and h2 are always correct."
W2_ROWS = {"W2[0][0]": W7, "W2[0][1]": W8, W7: "W2[0][0]", W8: "W2[0][1]"}
W1_COLUMNS = {
    "W1[0][0]": "W1[0][1]",
    "W1[0][1]": "W1[0][0]",
    "W1[1][0]": "W1[1][1]",
    "W1[1][1]": "W1[1][0]",
}

OF_NETWORKS: dict[str, tuple[type[Network], list[str]]] = {
    "a sigmoid plus 1e-12": (
        SigmoidPlusAVeryLittle,
        [
            OUT_H_FIRST,
            f"{OUT_H} is the correct one plus 1e-12{WITHIN}",
        ],
    ),
    "hidden units in the other order": (
        HiddenUnitsSwapped,
        ["h1 and h2 are exchanged, wherever they are wrong."],
    ),
    "every gradient times 1.5": (
        ErrorSlopeTimesOneAndAHalf,
        [
            IN_GRADIENTS,
            f"{GRADIENTS} is 1.5 times the correct one{WITHIN}",
        ],
    ),
    "the hidden layer's gradients with the wrong sign": (
        HiddenSlopeNegated,
        [
            IN_GRADIENTS,
            "Of the gradients, only ∂E/∂w1, ∂E/∂w2, ∂E/∂w3, ∂E/∂w4 and ∂E/∂b1 are wrong.",
            f"{GRADIENTS} has the wrong sign and is otherwise correct{WITHIN}",
        ],
    ),
    "the gradients of w7 and w8 halved": (
        SecondDeltaHalved,
        [
            IN_GRADIENTS,
            "Of the gradients, only ∂E/∂w7 and ∂E/∂w8 are wrong.",
            f"{GRADIENTS} is 0.5 times the correct one{WITHIN}",
        ],
    ),
    "a rate of four fifths": (
        RateTimesFourFifths,
        [
            IN_TRAINING,
            f"{PARAMETERS} moves 0.8 times as far as it should in a single step.",
        ],
    ),
    "steps up instead of down": (
        CATALOGUE["update-adds-gradient"],
        [
            IN_TRAINING,
            (
                f"{PARAMETERS} moves as far as it should in a single step, "
                "but in the opposite direction."
            ),
        ],
    ),
    "hidden weights that stay": (
        CATALOGUE["hidden-weights-never-trained"],
        [
            IN_TRAINING,
            f"{AMONG} w1, w2, w3 and w4 has its initial value, as if there were no training.",
        ],
    ),
    "the mean of both errors": (
        CATALOGUE["loss-is-mean-over-outputs"],
        [
            IN_LOSS,
            "In the loss, E_Total goes wrong first; E1 and E2 are always correct.",
            f"Every wrong E_Total is 0.5 times the correct one{WITHIN}",
        ],
    ),
    "the gradient of W2 transposed": (
        CATALOGUE["output-gradient-transposed"],
        [
            IN_GRADIENTS,
            "Of the gradients, only ∂E/∂w6 and ∂E/∂w7 are wrong, in each that fails.",
            "∂E/∂w6 and ∂E/∂w7 are exchanged (W2 transposed), wherever they are wrong.",
        ],
    ),
    "w7 and w8 moved by the first delta": (
        CATALOGUE["second-output-moved-by-first-delta"],
        [
            IN_GRADIENTS,
            "Of the gradients, only ∂E/∂w7 and ∂E/∂w8 are wrong.",
            "Every wrong ∂E/∂w7 is the correct value of ∂E/∂w5.",
            "Every wrong ∂E/∂w8 is the correct value of ∂E/∂w6.",
        ],
    ),
    "gradients of biases that are 0": (
        CATALOGUE["bias-gradients-zero"],
        [
            IN_GRADIENTS,
            "Of the gradients, only ∂E/∂b1 and ∂E/∂b2 are wrong.",
            f"{GRADIENTS} is 0.0, for every input.",
        ],
    ),
    "a sigmoid in float32": (
        CATALOGUE["sigmoid-in-float32"],
        [OUT_H_FIRST, f"{OUT_H} is a float32 number."],
    ),
    "parameters stored in float32": (
        CATALOGUE["parameters-stored-in-float32"],
        [IN_TRAINING, f"{PARAMETERS} is a float32 number."],
    ),
    "outputs without a sigmoid": (
        CATALOGUE["output-activation-missing"],
        [
            (
                "In the forward pass, Out y1 and Out y2 go wrong first; "
                "h1, h2, Out h1, Out h2, y1 and y2 are always correct."
            ),
            "Every wrong Out y1 is the correct value of y1.",
            "Every wrong Out y2 is the correct value of y2.",
        ],
    ),
}


W2 = ("W2[0][0]", "W2[0][1]", W7, W8)
W1 = ("W1[0][0]", "W1[0][1]", "W1[1][0]", "W1[1][1]")


def both_layers(asked: Vector, answer: dict[str, float]) -> Answer:
    doubled = numbers_of("gradients", lambda x: 2 * x, *W2)(asked, answer)
    return numbers_of("gradients", lambda x: x / 4, *W1)(asked, dict(doubled))


OF_CHANGES: dict[str, tuple[Change, list[str]]] = {
    "the gradient of w7 doubled": (
        numbers_of("gradients", lambda x: 2 * x, W7),
        [
            IN_GRADIENTS,
            "Of the gradients, only ∂E/∂w7 is wrong, in each that fails.",
            f"Every wrong ∂E/∂w7 is 2 times the correct one{WITHIN}",
        ],
    ),
    "each layer's gradients times another constant": (
        both_layers,
        [
            IN_GRADIENTS,
            "Of the gradients, only ∂E/∂b1 and ∂E/∂b2 are always correct.",
            f"{AMONG} ∂E/∂w1, ∂E/∂w2, ∂E/∂w3 and ∂E/∂w4 is 0.25 times the correct one{WITHIN}",
            f"{AMONG} ∂E/∂w5, ∂E/∂w6, ∂E/∂w7 and ∂E/∂w8 is 2 times the correct one{WITHIN}",
        ],
    ),
    "h less a quarter": (
        numbers_of("forward", lambda x: x - 0.25),
        [f"{H} is the correct one minus 0.25{WITHIN}"],
    ),
    "biases' gradients exchanged": (
        places_of("gradients", {"b1": "b2", "b2": "b1"}),
        [
            IN_GRADIENTS,
            "Of the gradients, only ∂E/∂b1 and ∂E/∂b2 are wrong.",
            "∂E/∂b1 and ∂E/∂b2 are exchanged, wherever they are wrong.",
        ],
    ),
    "the rows of W2 exchanged": (
        places_of("train", W2_ROWS),
        [
            IN_TRAINING,
            "Of the trained parameters, only w5, w6, w7 and w8 are wrong, in each that fails.",
            "w5 and w7; w6 and w8 are exchanged (rows of W2), wherever they are wrong.",
        ],
    ),
    "the columns of W1 exchanged": (
        places_of("train", W1_COLUMNS),
        [
            IN_TRAINING,
            "Of the trained parameters, only w1, w2, w3 and w4 are wrong, in each that fails.",
            "w1 and w2; w3 and w4 are exchanged (columns of W1), wherever they are wrong.",
        ],
    ),
    "rows in reverse order": (
        rows_reversed,
        [
            SEVERAL_ROWS,
            f"{H} is correct for the rows in reverse order.",
        ],
    ),
    "zeros": (
        lambda _, answer: dict.fromkeys(answer, 0.0),
        ["Every wrong number of the forward pass is 0.0, for every input."],
    ),
    "errors that are all a half": (
        numbers_of("loss", lambda _: 0.5),
        [IN_LOSS, "Every wrong number of the loss is 0.5, for every input."],
    ),
    "outputs that are all 1": (
        numbers_of("forward", lambda _: 1.0, "out_y[0][1]", "out_y[1][1]"),
        [
            (
                "In the forward pass, Out y2 goes wrong first; "
                "h1, h2, Out h1, Out h2, y1, y2 and Out y1 are always correct."
            ),
            "Every wrong Out y2 is 1.0, for every input.",
        ],
    ),
    "NaN": (
        numbers_of("gradients", lambda _: math.nan),
        [IN_GRADIENTS, f"{GRADIENTS} is NaN."],
    ),
    "infinities": (
        numbers_of("gradients", lambda x: math.copysign(math.inf, x)),
        [IN_GRADIENTS, f"{GRADIENTS} is infinite or NaN."],
    ),
    "errors in float32": (
        numbers_of("loss", in_float32),
        [IN_LOSS, f"{ERRORS} is a float32 number."],
    ),
    "errors off as if in float32": (
        numbers_of("loss", noisy(2.0**-24)),
        [
            IN_LOSS,
            f"{ERRORS} is within the float32 error bound, with an error of up to … % of it.",
        ],
    ),
}


@pytest.mark.parametrize(
    ("change", "expected"), OF_CHANGES.values(), ids=[f"of {name}" for name in OF_CHANGES]
)
def test_what_is_said_of_changed_numbers(change: Change, expected: list[str]) -> None:
    assert said(change=change) == expected


@pytest.mark.parametrize(
    ("k", "written"),
    [
        (2, "is 2 times"),
        (-1, "has the wrong sign and is otherwise correct"),
        (1 / 3, "is 1/3 times"),
        (-2 / 3, "is −2/3 times"),
        (0.99, "is 0.99 times"),
        (1.001, "is 1.001 times"),
        (-0.125, "is −0.125 times"),
        (100, "is 100 times"),
        (1e-5, "is 1e-05 times"),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_factor_is_written_as_a_person_would(k: float, written: str, dtype: str) -> None:
    nearest = FORMATS[dtype].round_float
    in_gradients, *others = said(dtype, change=numbers_of("gradients", lambda x: nearest(k * x)))
    assert in_gradients == IN_GRADIENTS
    sign = "" if k == -1 else " the correct one"
    told = f"{GRADIENTS} {written}{sign}{WITHIN}"
    assert others[-1:] == [told]


@pytest.mark.parametrize(
    ("network", "expected"), OF_NETWORKS.values(), ids=[f"of {name}" for name in OF_NETWORKS]
)
def test_what_is_said(network: type[Network], expected: list[str]) -> None:
    assert said(network=network) == expected


def test_numbers_of_a_wider_dtype_are_told_from_wrong_ones() -> None:
    wider = numbers_of("forward", lambda x: x * (1 + 2.0**-30))
    assert said("float32", change=wider) == [f"{H} is correct but is not rounded to float32."]


def test_what_follows_from_wrong_numbers_is_not_spoken_of() -> None:
    """Here all of training is wrong as well, and in its own way."""

    def change(asked: Vector, answer: dict[str, float]) -> Answer:
        doubled = numbers_of("gradients", lambda x: 2 * x)(asked, answer)
        return numbers_of("train", lambda _: 0.0)(asked, dict(doubled))

    assert said(change=change) == [
        IN_GRADIENTS,
        f"{GRADIENTS} is 2 times the correct one{WITHIN}",
    ]


def test_what_is_correct_before_is_so_only_as_far_as_it_is_supported() -> None:
    def change(asked: Vector, answer: dict[str, float]) -> Answer:
        if asked.op == "loss":
            return {q: 0.8 * x for q, x in answer.items()}
        return {q: x for q, x in answer.items() if field_of(q) not in {"h", "y"}}

    correct, *_ = said(change=change)
    assert correct == "Correct: what is supported of the forward pass. Wrong: the loss."


def test_numbers_and_vectors_are_counted() -> None:
    """Three errors are wrong, in two of three vectors, and four numbers before them are right."""
    forward = [vector({"y[0][0]": ("1", "0"), "y[0][1]": ("1", "0")}, name=n) for n in ("a", "b")]
    loss = [
        vector({"per_output[0][0]": ("1", "0"), "per_output[0][1]": ("2", "0")}, "loss", name=name)
        for name in ("c", "d", "e")
    ]
    wrong = [(math.nan, math.nan), (math.nan, 2.0), (1.0, 2.0)]
    judged = [
        (v, measure_deviations(v, "float32", {"y[0][0]": 1.0, "y[0][1]": 1.0})) for v in forward
    ] + [
        (v, measure_deviations(v, "float32", {"per_output[0][0]": e1, "per_output[0][1]": e2}))
        for v, (e1, e2) in zip(loss, wrong, strict=True)
    ]
    assert find_clues(judged, "float32") == [
        "Correct in both test vectors: the forward pass. Wrong in 2 of 3: the loss.",
        "Every wrong number of the loss is NaN: 3 numbers in 2 test vectors.",
    ]
