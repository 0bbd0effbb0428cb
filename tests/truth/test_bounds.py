"""Bounds hold for the most hostile implementation that the model allows, and not by much."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import inf, isfinite, nan
from random import Random

import pytest
from adversary import Adversary, Computed
from conftest import files

from backproof.errors import BoundUnavailable
from backproof.network.float_formats import FORMATS, Format, Real
from backproof.network.inputs import Inputs, Op, Schedule, map_matrix, map_parameters
from backproof.network.network import CORRECT_NETWORK, batches, unflatten_parameters
from backproof.network.quantities import flatten_fields
from backproof.truth import trajectory
from backproof.truth.certified import Expected, compute_expected
from backproof.vectors.vectors import Vector

NETS = 80
DAMAGED = 40  # of them, two thirds are judged
IMPLEMENTATIONS = 3  # of each net
EVERY_CALCULATION = [
    pytest.param(dtype, op, quantities, id=f"{op}-{dtype}")
    for dtype in FORMATS
    for op, quantities in {
        "forward": ["h", "out_h", "y", "out_y"],
        "loss": ["per_output", "total"],
        "gradients": ["W1", "b1", "W2", "b2"],
        "train": ["W1", "b1", "W2", "b2"],
    }.items()
]


def ordinary(draw: Random) -> Inputs:
    """Return a net with parameters up to a scale between ⅓ and 10."""
    scale = draw.choice([Fraction(1, 3), Fraction(1), Fraction(3), Fraction(10)])

    def number() -> Fraction:
        return Fraction(draw.randint(-(10**4), 10**4), 10**4)

    return _drawn(draw, lambda: number() * scale, number)


def awkward(draw: Random, fmt: Format) -> Inputs:
    """Return a net of zeros, powers of two, and numbers around the smallest normal one."""

    def number() -> Fraction:
        size = Fraction(2) ** draw.choice([0, 0, 0, draw.randint(0, 6), -draw.randint(5, 12)])
        small = fmt.min_normal * Fraction(2) ** draw.randint(-3, 8)
        mantissa = Fraction(draw.randint(-(2**12), 2**12), 2 ** draw.randint(8, 14))
        factor = draw.choice([Fraction(0), size, size, size, small])
        return draw.choice([mantissa * factor, mantissa * factor, Fraction(draw.choice([1, -2]))])

    return _drawn(draw, number, number)


def damaged(draw: Random, fmt: Format) -> Inputs:
    """Return an awkward net in which some numbers are NaN or infinite, and some very large."""

    def spoilt(x: Real) -> Real:
        odd: list[Real] = [inf, -inf, nan, fmt.max_finite / 2, -fmt.max_finite / 2]
        return draw.choice(odd) if draw.random() < 1 / 8 else x

    while True:
        sound = awkward(draw, fmt)
        inputs = replace(
            sound,
            params=map_parameters(spoilt, sound.params),
            X=map_matrix(spoilt, sound.X),
            T=map_matrix(spoilt, sound.T),
        )
        if not inputs.finite:
            return inputs


def _drawn(
    draw: Random, parameter: Callable[[], Fraction], number: Callable[[], Fraction]
) -> Inputs:
    rows = draw.randint(1, 5)
    return Inputs(
        unflatten_parameters([parameter() for _ in range(10)]),
        [[number(), number()] for _ in range(rows)],
        [[number(), number()] for _ in range(rows)],
        Schedule(
            learning_rate=abs(number()),
            epochs=draw.randint(1, 2),
            batch_size=draw.randint(1, 3),
            train_biases=draw.random() < 0.8,
        ),
    )


def simulated(op: Op, adversary: Adversary, inputs: Inputs) -> dict[str, Computed]:
    """Return a hostile implementation's answer, by quantity."""
    params = map_parameters(adversary.given, inputs.params)
    X, T = map_matrix(adversary.given, inputs.X), map_matrix(adversary.given, inputs.T)
    if op == "gradients":
        return flatten_fields(CORRECT_NETWORK.gradients(adversary, params, X, T))
    if op == "train":
        assert inputs.schedule is not None
        rate, biases = adversary.given(inputs.schedule.learning_rate), inputs.schedule.train_biases
        for rows in batches(len(X), inputs.schedule.epochs, inputs.schedule.batch_size):
            params = CORRECT_NETWORK.step(
                adversary, params, X[rows], T[rows], rate, train_biases=biases
            )
        return flatten_fields(params)
    seen = CORRECT_NETWORK.forward(adversary, params, X)
    return (
        flatten_fields(seen)
        if op == "forward"
        else flatten_fields(CORRECT_NETWORK.loss(adversary, seen.out_y, T))
    )


def hostile_answers(
    op: Op, inputs: Inputs, fmt: Format, draw: Random
) -> Iterator[tuple[str, Real, Expected]]:
    """Yield each number of some hostile implementations; none where no bound exists."""
    try:
        answer = compute_expected(op, inputs, fmt)
    except BoundUnavailable:
        return
    for _ in range(IMPLEMENTATIONS):
        for path, number in simulated(op, Adversary(fmt, draw), inputs.rounded(fmt)).items():
            yield path, number.value, answer[path]


@pytest.mark.proof
@pytest.mark.parametrize(("dtype", "op", "quantities"), EVERY_CALCULATION)
def test_no_implementation_of_the_model_exceeds_its_bound_and_some_come_near(
    dtype: str, op: Op, quantities: list[str]
) -> None:
    fmt, draw = FORMATS[dtype], Random(f"{dtype} {op}")  # noqa: S311  # no secret
    used: dict[str, Fraction] = defaultdict(Fraction)  # the largest error over bound
    for n in range(NETS):
        inputs = ordinary(draw) if n % 2 else awkward(draw, fmt)
        for path, found, truth in hostile_answers(op, inputs, fmt, draw):
            error, bound = abs(Fraction(found) - Fraction(truth.value)), Fraction(truth.bound)
            assert error <= bound, f"{path}: {float(error)} > {float(bound)}: {inputs}"
            quantity = path.partition("[")[0]
            used[quantity] = max(used[quantity], error / bound if bound else Fraction(0))
    assert list(used) == quantities
    assert {quantity for quantity, share in used.items() if share < 0.2} == set()


@pytest.mark.parametrize(("dtype", "op", "quantities"), EVERY_CALCULATION)
def test_every_implementation_of_the_model_comes_to_the_same_nan_and_infinities(
    dtype: str, op: Op, quantities: list[str]
) -> None:
    fmt, draw = FORMATS[dtype], Random(f"{dtype} {op} of NaN")  # noqa: S311  # no secret
    seen = set()
    for _ in range(DAMAGED):
        inputs = damaged(draw, fmt)
        for path, found, truth in hostile_answers(op, inputs, fmt, draw):
            if truth.value.is_finite():
                assert isfinite(found), f"{path}: {found}: {inputs}"
                error = abs(Fraction(found) - Fraction(truth.value))
                assert error <= Fraction(truth.bound), f"{path}: {float(error)}: {inputs}"
            else:
                assert repr(float(found)) == repr(float(truth.value)), f"{path}: {inputs}"
            seen.add((path.partition("[")[0], truth.value.is_finite()))
    assert seen >= {(quantity, False) for quantity in quantities}


TUTORIAL = [
    pytest.param(vector, dtype, id=f"{dtype}-{vector.id}")
    for file in files()
    if file.title == "The tutorial"
    for vector in file.vectors
    for dtype in vector.expected
]
TRAINING = [case for case in TUTORIAL if case.values[0].op == "train"]  # type: ignore[union-attr]


@pytest.mark.parametrize(("calculation", "dtype"), TUTORIAL)
def test_only_a_bias_that_is_not_trained_has_a_bound_of_zero(
    calculation: Vector, dtype: str
) -> None:
    exact = [path for path, number in calculation.expected[dtype].items() if number.bound == 0]
    schedule = calculation.inputs.schedule
    fixed = schedule is not None and not schedule.train_biases
    assert exact == (["b1", "b2"] if fixed else [])
    assert all(number.bound >= 0 for number in calculation.expected[dtype].values())


@pytest.mark.parametrize(("calculation", "dtype"), TRAINING)
def test_a_bound_is_less_than_the_way_that_some_weight_has_moved(
    calculation: Vector, dtype: str
) -> None:
    """So a network that has not been trained does not pass for one that has."""
    start = flatten_fields(calculation.inputs.rounded(FORMATS[dtype]).params)
    moved = [
        path
        for path, number in calculation.expected[dtype].items()
        if Fraction(number.bound) < abs(Fraction(number.value) - start[path])
    ]
    assert moved


@pytest.mark.slow
def test_no_bound_is_wide_for_want_of_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over 40,000 steps the balls' own rounding would show, and twice the digits tell."""
    longest = max(
        (vector for file in files() for vector in file.vectors if vector.inputs.schedule),
        key=lambda vector: vector.inputs.steps,
    )
    monkeypatch.setattr(trajectory, "BOUND_PRECISION", 2 * trajectory.BOUND_PRECISION)
    fresh = compute_expected(longest.op, longest.inputs, FORMATS["float64"])
    for quantity, number in longest.expected["float64"].items():
        assert number.bound <= Decimal("1.01") * fresh[quantity].bound, quantity
