"""The diagnosis of several faults: each is told with its share, and none hides another."""

import math
from collections.abc import Callable
from fractions import Fraction

import pytest
from other_roundings import rounded_otherwise

from backproof.diagnosis.search import Diagnosis, diagnose
from backproof.network.mistakes import CATALOGUE, combine_mistakes
from backproof.network.network import Network, unflatten_parameters
from backproof.network.quantities import flatten_fields
from backproof.vectors.vectors import Vector

pytestmark = pytest.mark.proof

Affected = Callable[[Vector], bool]


def told(network: type[Network], affected: Affected, wrong: float) -> Diagnosis:
    """Diagnose a network of which every number of some test vectors is replaced."""
    return diagnose(
        [
            (vector, dict.fromkeys(numbers, wrong) if affected(vector) else numbers)
            for vector, numbers in rounded_otherwise(network, "float64", seed=0)
        ],
        "float64",
    )


def has_nan(vector: Vector) -> bool:
    return any(x != x for row in vector.inputs.X for x in row)  # noqa: PLR0124  # NaN


def test_a_fault_with_nan_does_not_hide_a_mistake() -> None:
    mistake = CATALOGUE["output-slope-missing"]
    diagnosis = told(mistake, lambda v: has_nan(v) and v.op in {"forward", "gradients"}, 0.0)
    best, *_ = diagnosis.explanations
    assert best.mistakes == (mistake.id(),)
    assert set(diagnosis.unexplained) == {
        "hard/non-finite/nan-input/forward",
        "hard/non-finite/nan-input/gradients",
    }
    assert best.of - best.explains == 4  # of two more there is no bound


def test_an_unknown_fault_in_the_forward_pass_does_not_hide_a_mistake_in_training() -> None:
    def affected(vector: Vector) -> bool:
        return vector.op == "forward" and vector.id.startswith("hard/overflow/")

    diagnosis = told(CATALOGUE["weight-decay"], affected, 0.123)
    best, *_ = diagnosis.explanations
    assert best.mistakes == ("weight-decay",)
    assert diagnosis.unexplained
    assert all(name.startswith("hard/overflow/") for name in diagnosis.unexplained)


def test_a_mistake_and_another_with_a_constant_are_both_named() -> None:
    decay = CATALOGUE["weight-decay"].with_constant(Fraction(5, 10_000))
    network = combine_mistakes((CATALOGUE["gradients-averaged-over-rows"], decay))
    diagnosis = told(network, lambda _: False, 0.0)
    best, *_ = diagnosis.explanations
    assert best.mistakes == ("gradients-averaged-over-rows", "weight-decay")
    assert best.descriptions[1] == "Each parameter times 0.0005 is added to its gradient."
    assert diagnosis.unexplained == ()


def plain_step(w: list[float], x: list[float], t: list[float]) -> list[float]:
    """Return the ten gradients of one row, written from the tutorial, in float64."""
    w1, w2, w3, w4, b1, w5, w6, w7, w8, b2 = w
    o1 = 1 / (1 + math.exp(-(w1 * x[0] + w2 * x[1] + b1)))
    o2 = 1 / (1 + math.exp(-(w3 * x[0] + w4 * x[1] + b1)))
    y1 = 1 / (1 + math.exp(-(w5 * o1 + w6 * o2 + b2)))
    y2 = 1 / (1 + math.exp(-(w7 * o1 + w8 * o2 + b2)))
    e1, e2 = (y1 - t[0]) * y1 * (1 - y1), (y2 - t[1]) * y2 * (1 - y2)
    d1, d2 = (e1 * w5 + e2 * w7) * o1 * (1 - o1), (e1 * w6 + e2 * w8) * o2 * (1 - o2)
    hidden = [d1 * x[0], d1 * x[1], d2 * x[0], d2 * x[1], d1 + d2]
    return [*hidden, e1 * o1, e1 * o2, e2 * o1, e2 * o2, e1 + e2]


def plain_train(vector: Vector, momentum: float, decay: float) -> dict[str, float]:
    """Train in float64 with momentum and weight decay, as torch.optim.SGD does."""
    inputs, plan = vector.inputs, vector.inputs.schedule
    assert plan is not None
    w = [float(p) for p in inputs.params.flatten()]
    v = [0.0] * 10
    fixed = () if plan.train_biases else (4, 9)
    X = [[float(x) for x in row] for row in inputs.X]
    T = [[float(t) for t in row] for row in inputs.T]
    for _ in range(plan.epochs):
        for start in range(0, len(X), plan.batch_size):
            rows = range(start, min(start + plan.batch_size, len(X)))
            g = [
                sum(parts) for parts in zip(*(plain_step(w, X[r], T[r]) for r in rows), strict=True)
            ]
            v = [momentum * a + b + decay * p for a, b, p in zip(v, g, w, strict=True)]
            w = [
                p if i in fixed else p - float(plan.learning_rate) * a
                for i, (p, a) in enumerate(zip(w, v, strict=True))
            ]
    return flatten_fields(unflatten_parameters(w))


def test_two_mistakes_with_constants_keep_their_own() -> None:
    """Momentum of 0.5 together with a weight decay of 0.0005, in arithmetic of the test's own."""
    answers = [
        (v, plain_train(v, 0.5, 0.0005) if v.op == "train" else numbers)
        for v, numbers in rounded_otherwise(Network, "float64", seed=0)
        if v.id.startswith(("tutorial/", "random/"))
    ]
    diagnosis = diagnose(answers, "float64")
    best, *_ = diagnosis.explanations
    assert best.descriptions == (
        "Each step adds 0.5 times the previous step.",
        "Each parameter times 0.0005 is added to its gradient.",
    )
    assert diagnosis.unexplained == ()


@pytest.mark.parametrize("wrong", [0.5, 0.0, math.nan])
def test_a_fault_that_nobody_knows_is_given_no_name(wrong: float) -> None:
    """Some test vectors fail, too few to say why."""

    def affected(vector: Vector) -> bool:
        return vector.id.startswith("random/large-")

    diagnosis = told(Network, affected, wrong)
    assert diagnosis.explanations == ()
    assert diagnosis.unexplained
