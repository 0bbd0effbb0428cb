"""Clues: what is said of wrong numbers is so, and what is not so is not said."""

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache

import pytest
from by_hand import vector
from conftest import files

from backproof.diagnosis.clues import clues
from backproof.judging.deviations import judge
from backproof.network.formats import FORMATS
from backproof.network.mistakes import CATALOGUE
from backproof.network.network import Arithmetic, Deltas, N, Network, Parameters, Past
from backproof.truth.predictions import imitate
from backproof.vectors.vectors import Vector

pytestmark = pytest.mark.proof

VECTORS = [
    asked
    for file in files()
    for asked in file.vectors
    if not (asked.inputs.schedule and asked.inputs.schedule.epochs > 10)
]
ROW_1 = next(asked for asked in VECTORS if asked.id == "tutorial/row-1/gradients")
AGAIN = replace(ROW_1, id="again")
BY_ID = {asked.id: asked for asked in (*VECTORS, AGAIN)}

Answer = Mapping[str, float]
Change = Callable[[Vector, dict[str, float]], Answer]


@cache
def answer(to: tuple[type[Network], str, str]) -> Answer:
    """Return what a network answers in a dtype to the vector of an id."""
    network, dtype, name = to
    fmt, asked = FORMATS[dtype], BY_ID[name]
    return imitate(network, asked.op, asked.inputs.rounded(fmt), fmt)


def said(
    dtype: str = "float64",
    network: type[Network] = Network,
    change: Change = lambda _, answer: answer,
    vectors: Sequence[Vector] = VECTORS,
) -> list[str]:
    """Return what is said of a network, after its answers are changed; counts are left out."""
    answered = [
        (asked, judge(asked, dtype, change(asked, dict(answer((network, dtype, asked.id))))))
        for asked in vectors
        if dtype in asked.expected
    ]
    return [_without_counts(clue) for clue in clues(answered, dtype)]


def _without_counts(clue: str) -> str:
    clue = re.sub(r" in (all )?[\d,]+( of [\d,]+| vectors):", ":", clue)
    clue = re.sub(r"each of the [\d,]+ vectors that fail there", "each that fails there", clue)
    clue = re.sub(r"up to 0\.\d\d of", "up to … of", clue)
    return re.sub(r": [\d,]+ numbers? in [\d,]+ vectors?\.$", ".", clue)


def numbers_of(op: str, f: Callable[[float], float], *quantities: str) -> Change:
    """Change every number of the answers to `op`; of these quantities, if some are named."""

    def change(asked: Vector, answer: dict[str, float]) -> Answer:
        if asked.op != op:
            return answer
        return {q: f(x) if not quantities or q in quantities else x for q, x in answer.items()}

    return change


def places_of(op: str, sources: Mapping[str, str]) -> Change:
    """Put into some places of the answers to `op` what belongs into others."""

    def change(asked: Vector, answer: dict[str, float]) -> Answer:
        return {q: answer[sources.get(q, q)] for q in answer} if asked.op == op else answer

    return change


def rows_reversed(asked: Vector, answer: dict[str, float]) -> Answer:
    if asked.op not in ("forward", "loss"):
        return answer
    last = len(asked.inputs.X) - 1

    def mirrored(row: re.Match[str]) -> str:
        return str(last - int(row[0]))

    return {q: answer[re.sub(r"\d+", mirrored, q, count=1)] for q in answer}


def in_float32(x: float) -> float:
    return FORMATS["float32"].nearest(x)


class SigmoidPlusAVeryLittle(Network):
    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.total([super().activation(a, z), a.constant(Fraction(1, 10**12))])


class HiddenUnitsSwapped(Network):
    def hidden_layer(self, a: Arithmetic[N], params: Parameters[N], x: list[N]) -> list[N]:
        return super().hidden_layer(a, params, x)[::-1]


class ErrorSlopeTimesOneAndAHalf(Network):
    def error_slope(self, a: Arithmetic[N], o: N, t: N) -> N:
        return a.product(a.constant(Fraction(3, 2)), super().error_slope(a, o, t))


class HiddenSlopeNegated(Network):
    def hidden_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.product(a.constant(Fraction(-1)), super().hidden_slope(a, z, s))


class SecondDeltaHalved(Network):
    def output_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:
        return [[d, a.product(a.constant(Fraction(1, 2)), e)] for d, e in carried.delta_y]


class RateTimesFourFifths(Network):
    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        return a.product(a.constant(Fraction(4, 5)), super().rate(a, learning_rate, rows, past))


# What goes wrong where all before it is right.
IN_LOSS = "Right: the forward pass. Wrong: the loss."
IN_GRADIENTS = "Right: the forward pass and the loss. Wrong: the gradients."
IN_TRAINING = "Right: the forward pass, the loss and the gradients. Wrong: the trained parameters."
WITHIN = ", within the bounds."
AMONG = "Every wrong number among"
H, OUT_H, ERRORS = f"{AMONG} h1 and h2", f"{AMONG} Out h1 and Out h2", f"{AMONG} E1 and E2"
GRADIENTS = "Every wrong number of the gradients"
PARAMETERS = "Every wrong number of the trained parameters"
OUT_H_FIRST = "Out h1 and Out h2 go wrong first; h1 and h2 are always right."
W7, W8 = "W2[1][0]", "W2[1][1]"
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
            f"{OUT_H} is the right one plus 1e-12{WITHIN}",
        ],
    ),
    "hidden units in the other order": (
        HiddenUnitsSwapped,
        ["h1 and h2 have changed places, wherever they are wrong."],
    ),
    "every gradient times 1.5": (
        ErrorSlopeTimesOneAndAHalf,
        [
            IN_GRADIENTS,
            f"{GRADIENTS} is 1.5 times the right one{WITHIN}",
        ],
    ),
    "the hidden layer's gradients with the wrong sign": (
        HiddenSlopeNegated,
        [
            IN_GRADIENTS,
            "Only ∂E/∂w1, ∂E/∂w2, ∂E/∂w3, ∂E/∂w4 and ∂E/∂b1 are wrong.",
            f"{GRADIENTS} is right but for its sign{WITHIN}",
        ],
    ),
    "the gradients of w7 and w8 halved": (
        SecondDeltaHalved,
        [
            IN_GRADIENTS,
            "Only ∂E/∂w7 and ∂E/∂w8 are wrong.",
            f"{GRADIENTS} is 0.5 times the right one{WITHIN}",
        ],
    ),
    "a rate of four fifths": (
        RateTimesFourFifths,
        [
            IN_TRAINING,
            f"{PARAMETERS} moves 0.8 times as far as it should, where there is one step.",
        ],
    ),
    "steps up instead of down": (
        CATALOGUE["update-adds-gradient"],
        [
            IN_TRAINING,
            f"{PARAMETERS} moves as far as it should, where there is one step, but the other way.",
        ],
    ),
    "hidden weights that stay": (
        CATALOGUE["hidden-weights-never-trained"],
        [
            IN_TRAINING,
            f"{AMONG} w1, w2, w3 and w4 is what it was before training.",
        ],
    ),
    "the mean of both errors": (
        CATALOGUE["loss-is-mean-over-outputs"],
        [
            IN_LOSS,
            "E_Total goes wrong first; E1 and E2 are always right.",
            f"Every wrong E_Total is 0.5 times the right one{WITHIN}",
        ],
    ),
    "the gradient of W2 transposed": (
        CATALOGUE["output-gradient-transposed"],
        [
            IN_GRADIENTS,
            "Only ∂E/∂w6 and ∂E/∂w7 are wrong, in each that fails there.",
            "∂E/∂w6 and ∂E/∂w7 have changed places (W2 transposed), wherever they are wrong.",
        ],
    ),
    "w7 and w8 moved by the first delta": (
        CATALOGUE["second-output-moved-by-first-delta"],
        [
            IN_GRADIENTS,
            "Only ∂E/∂w7 and ∂E/∂w8 are wrong.",
            "Every wrong ∂E/∂w7 is what ∂E/∂w5 should be.",
            "Every wrong ∂E/∂w8 is what ∂E/∂w6 should be.",
        ],
    ),
    "gradients of biases that are 0": (
        CATALOGUE["bias-gradients-zero"],
        [
            IN_GRADIENTS,
            "Only ∂E/∂b1 and ∂E/∂b2 are wrong.",
            f"{GRADIENTS} is 0.0, whatever it should be.",
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
        ["Out y1 and Out y2 go wrong first; h1, h2, Out h1, Out h2, y1 and y2 are always right."],
    ),
}


W2 = ("W2[0][0]", "W2[0][1]", W7, W8)
W1 = ("W1[0][0]", "W1[0][1]", "W1[1][0]", "W1[1][1]")


def both_layers(asked: Vector, answer: dict[str, float]) -> Answer:
    doubled = numbers_of("gradients", lambda x: 2 * x, *W2)(asked, answer)
    return numbers_of("gradients", lambda x: x / 4, *W1)(asked, dict(doubled))


def noisy(size: float) -> Callable[[float], float]:
    """Return a function that changes a number a little, each time by another part of it."""
    draw = random.Random(0)  # noqa: S311  # no secret
    return lambda x: x * (1 + draw.uniform(-size, size))


OF_CHANGES: dict[str, tuple[Change, list[str]]] = {
    "the gradient of w7 doubled": (
        numbers_of("gradients", lambda x: 2 * x, W7),
        [
            IN_GRADIENTS,
            "Only ∂E/∂w7 is wrong, in each that fails there.",
            f"Every wrong ∂E/∂w7 is 2 times the right one{WITHIN}",
        ],
    ),
    "each layer's gradients times another constant": (
        both_layers,
        [
            IN_GRADIENTS,
            "Of the gradients, only ∂E/∂b1 and ∂E/∂b2 are always right.",
            f"{AMONG} ∂E/∂w1, ∂E/∂w2, ∂E/∂w3 and ∂E/∂w4 is 0.25 times the right one{WITHIN}",
            f"{AMONG} ∂E/∂w5, ∂E/∂w6, ∂E/∂w7 and ∂E/∂w8 is 2 times the right one{WITHIN}",
        ],
    ),
    "h less a quarter": (
        numbers_of("forward", lambda x: x - 0.25),
        [f"{H} is the right one minus 0.25{WITHIN}"],
    ),
    "biases' gradients exchanged": (
        places_of("gradients", {"b1": "b2", "b2": "b1"}),
        [
            IN_GRADIENTS,
            "Only ∂E/∂b1 and ∂E/∂b2 are wrong.",
            "∂E/∂b1 and ∂E/∂b2 have changed places, wherever they are wrong.",
        ],
    ),
    "the rows of W2 exchanged": (
        places_of("train", W2_ROWS),
        [
            IN_TRAINING,
            "Only w5, w6, w7 and w8 are wrong, in each that fails there.",
            "w5 and w7; w6 and w8 have changed places (rows of W2), wherever they are wrong.",
        ],
    ),
    "the columns of W1 exchanged": (
        places_of("train", W1_COLUMNS),
        [
            IN_TRAINING,
            "Only w1, w2, w3 and w4 are wrong, in each that fails there.",
            "w1 and w2; w3 and w4 have changed places (columns of W1), wherever they are wrong.",
        ],
    ),
    "rows in reverse order": (
        rows_reversed,
        [f"{H} is right for the rows in reverse order."],
    ),
    "zeros": (
        lambda _, answer: dict.fromkeys(answer, 0.0),
        ["Every wrong number of the forward pass is 0.0, whatever it should be."],
    ),
    "errors that are all a half": (
        numbers_of("loss", lambda _: 0.5),
        [IN_LOSS, "Every wrong number of the loss is 0.5, whatever it should be."],
    ),
    "outputs that are all 1": (
        numbers_of("forward", lambda _: 1.0, "out_y[0][1]", "out_y[1][1]"),
        [
            "Out y2 goes wrong first; h1, h2, Out h1, Out h2, y1, y2 and Out y1 are always right.",
            "Every wrong Out y2 is 1.0, whatever it should be.",
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
            f"{ERRORS} is off by no more than float32 may be, up to … of its bound.",
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
        (-1, "is right but for its sign"),
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
    nearest = FORMATS[dtype].nearest
    in_gradients, *others = said(dtype, change=numbers_of("gradients", lambda x: nearest(k * x)))
    assert in_gradients == IN_GRADIENTS
    sign = "" if k == -1 else " the right one"
    told = f"{GRADIENTS} {written}{sign}{WITHIN}"
    assert others[-1:] == [told]


@pytest.mark.parametrize(
    ("network", "expected"), OF_NETWORKS.values(), ids=[f"of {name}" for name in OF_NETWORKS]
)
def test_what_is_said(network: type[Network], expected: list[str]) -> None:
    assert said(network=network) == expected


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
        [IN_GRADIENTS, "Only ∂E/∂b1 and ∂E/∂b2 are wrong."],
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
        pytest.param([ROW_1], "the one vector that fails there", id="one vector"),
        pytest.param([ROW_1, AGAIN], "each that fails there", id="one vector, asked twice"),
    ],
)
def test_no_constant_is_told_from(vectors: list[Vector], where: str) -> None:
    doubled = numbers_of("gradients", lambda x: 2 * x, W7)
    assert said(change=doubled, vectors=vectors) == [f"Only ∂E/∂w7 is wrong, in {where}."]


def test_one_value_is_not_told_where_the_right_ones_are_the_same_too() -> None:
    vectors = [vector({"y[0][0]": ("1.5", "0.125")}, name=name) for name in ("a", "b")]
    judged = [(v, judge(v, "float32", {"y[0][0]": 2.0})) for v in vectors]
    assert clues(judged, "float32") == []


def test_few_digits_confine_no_factor() -> None:
    """In bfloat16 the bounds of gradients are nearly as large as the gradients."""
    times_1_3 = numbers_of("gradients", lambda x: FORMATS["bfloat16"].nearest(1.3 * x))
    assert [clue for clue in said("bfloat16", change=times_1_3) if "times" in clue] == []


def test_numbers_of_a_wider_dtype_are_told_from_wrong_ones() -> None:
    wider = numbers_of("forward", lambda x: x * (1 + 2.0**-30))
    assert said("float32", change=wider) == [
        f"{H} is right but for its digits beyond those of float32."
    ]


def test_what_follows_from_wrong_numbers_is_not_spoken_of() -> None:
    """Here all of training is wrong as well, and in its own way."""

    def change(asked: Vector, answer: dict[str, float]) -> Answer:
        doubled = numbers_of("gradients", lambda x: 2 * x)(asked, answer)
        return numbers_of("train", lambda _: 0.0)(asked, dict(doubled))

    assert said(change=change) == [
        IN_GRADIENTS,
        f"{GRADIENTS} is 2 times the right one{WITHIN}",
    ]


@pytest.mark.parametrize("dtype", FORMATS)
def test_nothing_is_said_of_a_right_backend(dtype: str) -> None:
    assert said(dtype) == []


def test_numbers_and_vectors_are_counted() -> None:
    """Three errors are wrong, in two of three vectors, and four numbers before them are right."""
    forward = [vector({"y[0][0]": ("1", "0"), "y[0][1]": ("1", "0")}, name=n) for n in ("a", "b")]
    loss = [
        vector({"per_output[0][0]": ("1", "0"), "per_output[0][1]": ("2", "0")}, "loss", name=name)
        for name in ("c", "d", "e")
    ]
    wrong = [(math.nan, math.nan), (math.nan, 2.0), (1.0, 2.0)]
    judged = [(v, judge(v, "float32", {"y[0][0]": 1.0, "y[0][1]": 1.0})) for v in forward] + [
        (v, judge(v, "float32", {"per_output[0][0]": e1, "per_output[0][1]": e2}))
        for v, (e1, e2) in zip(loss, wrong, strict=True)
    ]
    assert clues(judged, "float32") == [
        "Right in both vectors: the forward pass. Wrong in 2 of 3: the loss.",
        "Every wrong number of the loss is NaN: 3 numbers in 2 vectors.",
    ]
