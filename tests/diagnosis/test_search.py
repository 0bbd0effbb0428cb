"""The diagnosis: a mistake is named by its numbers, and nothing is named that does not fit."""

import math
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from conftest import files

from backproof.diagnosis.observations import Observation
from backproof.diagnosis.prepared_vectors import PreparedVector, Values, prepare_vector
from backproof.diagnosis.search import MAX_SIMULATED_ROWS, Diagnosis, diagnose
from backproof.judging.results import Explanation
from backproof.network.arithmetic import Arithmetic, N
from backproof.network.float_formats import FORMATS, Format
from backproof.network.inputs import OPS, Op
from backproof.network.mistakes import CATALOGUE, combine_mistakes
from backproof.network.network import Deltas, Network
from backproof.network.quantities import field_of
from backproof.truth.predictions import simulate
from backproof.vectors.vectors import SLOW, Vector

pytestmark = pytest.mark.proof

DRAW = random.Random(0)  # noqa: S311  # no secret
LONG = 100  # epochs
ALL = [vector for file in files() for vector in file.vectors if SLOW not in vector.flags]
VECTORS = [
    vector
    for vector in ALL
    if not (vector.inputs.schedule and vector.inputs.schedule.epochs >= LONG)
]

# One or two of every level that differ in what they show in.
SAMPLE = (
    "hidden-weights-transposed",
    "output-bias-added-after-sigmoid",
    "loss-is-mean-over-outputs",
    "output-slope-of-activation",
    "hidden-delta-uses-transposed-weights",
    "hidden-delta-uses-updated-weights",
    "momentum",
    "epoch-too-many",
    "computed-in-float32",
    "sigmoid-by-tanh",
    "gradients-rounded-to-8-decimals",
)
TUTORIAL_PROGRAM = {
    "forward-never-repeated",
    "output-gradient-takes-row-1-activations",
    "second-output-moved-by-first-error",
    "second-hidden-unit-moved-by-first-error",
    "hidden-delta-uses-initial-weights",
    "slopes-and-gradients-rounded-to-8-decimals",
}


# What shows in long training only.
LATE = {"learning-rate-drops-after-30-epochs", "learning-rate-halves-after-100-epochs"}
# Of some failures nothing is proven: an infinity meets a number that may be rounded to 0.
EXPLAINED = {"sigmoid-overflows-to-nan": 0.75, "sigmoid-argument-clipped-at-500": 0.85}


def answers(
    network: type[Network], dtype: str = "float64", vectors: Sequence[Vector] = VECTORS
) -> list[tuple[Vector, Values]]:
    """Return what an imitation of a network answers to every vector."""
    fmt = FORMATS[dtype]
    return [
        (vector, simulate(network, vector.op, vector.inputs.rounded(fmt), fmt))
        for vector in vectors
        if dtype in vector.expected
    ]


def diagnosed(*names: str) -> Sequence[Explanation]:
    network = combine_mistakes(tuple(CATALOGUE[name] for name in names))
    vectors = ALL if LATE & {*names} else VECTORS
    return diagnose(answers(network, vectors=vectors), "float64").explanations


def alone(name: str) -> Any:
    """Make the case of one mistake."""
    marks = [] if name in SAMPLE else [pytest.mark.slow]
    return pytest.param(name, marks=marks)


@pytest.mark.parametrize("name", [alone(name) for name in CATALOGUE])
def test_a_mistake_alone_is_named_first(name: str) -> None:
    best, *_ = diagnosed(name)
    assert best.mistakes == (name,)
    assert EXPLAINED.get(name, 0.95) * best.of <= best.explains <= best.of


LACKING = {"h", "y", "b1", "b2"}  # what many libraries do not expose


@pytest.mark.parametrize("name", SAMPLE)
def test_a_mistake_is_named_from_the_numbers_that_there_are(name: str) -> None:
    observed = [
        (vector, {q: x for q, x in values.items() if field_of(q) not in LACKING})
        for vector, values in answers(CATALOGUE[name])
    ]
    best, *_ = diagnose(observed, "float64").explanations
    assert best.mistakes == (name,)
    assert best.explains >= 0.95 * best.of


def test_a_hypothesis_is_compared_only_in_the_numbers_that_there_are() -> None:
    """Else a mistake that shows in h alone would be refuted by a response without h."""
    vector = next(vector for vector in VECTORS if vector.op == "forward")
    hypothesis = (CATALOGUE["hidden-weights-transposed"],)
    observed = {"out_h[0][0]": 0.5, "out_y[0][1]": 0.5}
    observation = Observation(prepare_vector(vector, "float64"), observed)
    assert observation.simulate(hypothesis).keys() == observed.keys()
    assert observation.predict(hypothesis).keys() == observed.keys()


PAIRS = [
    (one, other)
    for one, other in combinations(SAMPLE, 2)
    if CATALOGUE[one].level() != CATALOGUE[other].level()
    and not {one, other} & {"computed-in-float32", "sigmoid-by-tanh"}
]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(*pair, id=" and ".join(pair), marks=[pytest.mark.slow] if n % 5 else [])
        for n, pair in enumerate(PAIRS)
    ],
)
def test_two_mistakes_of_different_levels_are_both_named(one: str, other: str) -> None:
    best, *_ = diagnosed(one, other)
    assert set(best.mistakes) == {one, other}


def test_the_mistakes_of_the_tutorials_program_are_named() -> None:
    best, *others = diagnosed(*TUTORIAL_PROGRAM)
    assert set(best.mistakes) == TUTORIAL_PROGRAM
    assert best.explains == best.of
    assert others == []


@pytest.mark.parametrize("dtype", FORMATS)
def test_a_right_backend_is_given_no_diagnosis(dtype: str) -> None:
    diagnosis = diagnose(answers(Network, dtype), dtype)
    assert diagnosis == Diagnosis(considered=diagnosis.considered)


class SigmoidPlusAVeryLittle(Network):
    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.total([super().activation(a, z), a.constant(Fraction(1, 10**12))])


class HiddenDeltasSwapped(Network):
    def hidden_weights_deltas(self, a: Arithmetic[N], deltas: Deltas[N]) -> list[list[N]]:
        return [row[::-1] for row in super().hidden_weights_deltas(a, deltas)]


UNKNOWN = (
    SigmoidPlusAVeryLittle,
    HiddenDeltasSwapped,
)


def noise(x: float) -> float:
    return x * (1 + DRAW.uniform(-1e-3, 1e-3))


# What nobody gets to by a mistake, or by more of them than are looked for.
HOPELESS: dict[str, Callable[[Op, float], float]] = {
    "zeros": lambda _, __: 0.0,
    "NaN": lambda _, __: math.nan,
    "a half": lambda _, __: 0.5,
    "noise": lambda _, x: noise(x),
    "gradients that are 0": lambda op, x: 0.0 if op == "gradients" else x,
    "parameters that are NaN": lambda op, x: math.nan if op == "train" else x,
}


@pytest.mark.parametrize(
    "dtype",
    ["float64", *(pytest.param(d, marks=pytest.mark.slow) for d in FORMATS if d != "float64")],
)
@pytest.mark.parametrize("wrong", HOPELESS.values(), ids=HOPELESS)
def test_a_search_that_leads_nowhere_is_given_up(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[[Op, float], float], dtype: str
) -> None:
    """Its cost is how many rows networks are imitated on, at most so many at one level."""
    nearest = FORMATS[dtype].round_float
    spent: dict[str, int] = dict.fromkeys(OPS, 0)
    numbers = [
        (vector, {q: nearest(wrong(vector.op, x)) for q, x in answer.items()})
        for vector, answer in answers(Network, dtype)
    ]
    imitated = PreparedVector.simulate

    def counted(
        question: PreparedVector, network: type[Network], fmt: Format | None = None
    ) -> Values:
        if fmt is None:  # not where a constant is solved for
            spent[question.vector.op] += question.rows
        return imitated(question, network, fmt)

    monkeypatch.setattr(PreparedVector, "simulate", counted)
    assert not diagnose(numbers, dtype).explanations
    for op, rows in spent.items():
        # Gradients of the weights are searched for apart, and mistakes in training alone.
        searches = 2 if op in {"gradients", "train"} else 1
        assert rows < searches * 1.5 * MAX_SIMULATED_ROWS


@pytest.mark.parametrize("unknown", UNKNOWN)
def test_an_unknown_mistake_is_given_no_name(unknown: type[Network]) -> None:
    assert not diagnose(answers(unknown), "float64").explanations
