"""Vectors and runs made by hand, with numbers that a person can check."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from backproof.judging.deviations import measure_deviations
from backproof.judging.results import Outcome, Result, Run
from backproof.network.inputs import Inputs, Op, Schedule
from backproof.network.network import unflatten_parameters
from backproof.truth.certified import Expected
from backproof.vectors.vectors import PublishedNumber, Vector

ZERO = Fraction(0)
NOTHING = Inputs(unflatten_parameters([ZERO] * 10), [[ZERO, ZERO]], [[ZERO, ZERO]], None)
ONE_STEP = Schedule(learning_rate=Fraction(1), epochs=1, batch_size=1, train_biases=False)


def vector(
    expected: Mapping[str, tuple[str, str]],
    op: Op = "forward",
    dtype: str = "float32",
    printed: Sequence[tuple[str, str]] = (),
    name: str = "by-hand",
) -> Vector:
    """Return a vector that expects, by quantity, a value and a bound."""
    return Vector(
        id=name,
        description="",
        op=op,
        flags=(),
        inputs=NOTHING,
        published=tuple(
            PublishedNumber(q, digits, Decimal(digits), "", "") for q, digits in printed
        ),
        expected={dtype: {q: Expected(Decimal(v), Decimal(b)) for q, (v, b) in expected.items()}},
        skip_reasons={},
        checkpoints=(),
    )


def run(backend: str, *results: Result, dtype: str | None = "float32") -> Run:
    return Run(backend, "1.0", dtype, results)


def result(
    asked: Vector, answer: Mapping[str, float], outcome: Outcome = "pass", dtype: str = "float32"
) -> Result:
    """Return what came of a vector, with the answer's numbers judged."""
    return Result(asked, outcome, measure_deviations(asked, dtype, answer))
