"""The array API implementation, run with array libraries other than its default."""

from types import SimpleNamespace
from typing import Any

import pytest
from conftest import backend_or_reason, files
from frameworks import NAMESPACES

from backproof import Backend
from backproof.errors import Unavailable
from backproof.judging.one_backend import run_vector
from backproof.judging.results import Result
from backproof.judging.sentences import describe_deviation
from backproof.ports.in_process_driver import InProcessDriver
from backproof.vectors.vectors import Vector

pytestmark = pytest.mark.environment

FORMULAS = "array-api"
STEPS = 4  # at most: an array operation takes a millisecond in some libraries
SHORT = [
    vector
    for vector in files()[0].vectors
    if not (s := vector.inputs.schedule)
    or s.epochs * -(-len(vector.inputs.X) // s.batch_size) <= STEPS
]


@pytest.fixture
def formulas() -> type[Backend]:
    backend = backend_or_reason(FORMULAS)
    if isinstance(backend, Unavailable):
        pytest.skip(str(backend))
    return backend


def tried(formulas: type[Backend], xp: Any, vector: Vector, dtype: str) -> Result:
    """Run a test vector on the implementation, with `xp` as its array library."""
    backend = type("Tried", (formulas,), {"name": "tried", "xp": xp})
    return run_vector(InProcessDriver(backend), vector, dtype)


@pytest.mark.parametrize("vector_tried", SHORT, ids=lambda vector: vector.id)
@pytest.mark.parametrize(
    ("module", "dtype"),
    [
        pytest.param(module, dtype, id=f"{name}-{dtype}")
        for name, (module, dtypes) in NAMESPACES.items()
        for dtype in dtypes
    ],
)
def test_the_formulas_are_right_with_every_library(
    module: str, dtype: str, vector_tried: Vector, formulas: type[Backend]
) -> None:
    xp = pytest.importorskip(module, exc_type=ImportError)
    result = tried(formulas, xp, vector_tried, dtype)
    wrong = [
        describe_deviation(deviation, vector_tried.op) for deviation in result.wrong_deviations
    ]
    assert result.outcome == "pass", "\n".join([result.message, *wrong])


@pytest.mark.parametrize(
    ("function", "mistaken"),
    [
        ("asarray", lambda xp, a, **options: xp.asarray(a, **options) + 1),
        ("exp", lambda xp, z: xp.exp(-z)),
        ("matrix_transpose", lambda _xp, matrix: matrix),
        ("sum", lambda xp, a, **options: xp.mean(a, **options)),
    ],
    ids=["asarray", "exp", "matrix_transpose", "sum"],
)
def test_a_library_with_one_mistake_is_found(
    function: str, mistaken: Any, formulas: type[Backend]
) -> None:
    xp = formulas.xp  # type: ignore[attr-defined]  # the class has it
    spoiled = SimpleNamespace(**vars(xp))
    setattr(spoiled, function, lambda *args, **options: mistaken(xp, *args, **options))
    outcomes = [tried(formulas, spoiled, vector, "float64").outcome for vector in SHORT]
    assert "fail" in outcomes
