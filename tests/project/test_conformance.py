"""The reference implementations, in every dtype that they claim, on every vector."""

import copy
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from conftest import files

from backproof import Backend, Params
from backproof.interface import Matrix
from backproof.judging.one_backend import run_vector
from backproof.judging.sentences import describe_deviation
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import map_matrix
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.responses import BackendError, Output
from backproof.vectors.vectors import PublishedNumber, Vector

PREFIX = {"forward": "", "loss": "", "gradients": "gradients.", "train": "params."}
PRINTED = [(v, number) for file in files() for v in file.vectors for number in v.published]
ANSWERED = [
    pytest.param(
        calculation,
        number,
        number.quantity.removeprefix(PREFIX[calculation.op]),
        id=f"{calculation.id}-{number.quantity}={number.digits}",
    )
    for calculation, number in PRINTED
    if number.quantity.startswith(PREFIX[calculation.op])
    and number.quantity.removeprefix(PREFIX[calculation.op]) in calculation.expected["float64"]
]

PARAMS = Params([[0.5, -0.25], [-1.5, 0.75]], 0.125, [[-0.5, 1.25], [2.0, -0.375]], -0.0625)
X = [[0.5, -1.0], [0.25, 0.75], [-0.5, 0.125]]
T = [[1.0, 0.0], [0.25, 0.5], [0.0, 1.0]]
TRAINING: dict[str, Any] = {"learning_rate": 0.5, "epochs": 2, "batch_size": 2}
CALLS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "forward": ([PARAMS, X], {}),
    "loss": ([PARAMS, X, T], {}),
    "gradients": ([PARAMS, X, T], {}),
    "train": ([PARAMS, X, T], TRAINING | {"train_biases": True}),
}
EVERY_OP = pytest.mark.parametrize("op", CALLS)


def test_answers_lie_within_their_bounds(port: InProcessDriver, dtype: str, vector: Vector) -> None:
    result = run_vector(port, vector, dtype)
    wrong = [describe_deviation(deviation, vector.op) for deviation in result.wrong_deviations]
    assert result.outcome == "pass", "\n".join([result.message, *wrong])


@pytest.mark.parametrize(("calculation", "number", "quantity"), ANSWERED)
def test_float64_reproduces_the_printed_digits(
    backend: type[Backend], calculation: Vector, number: PublishedNumber, quantity: str
) -> None:
    """Python's own formatting rounds correctly."""
    deviations = run_vector(InProcessDriver(backend), calculation, "float64").deviations
    answer = next(d.actual for d in deviations if d.quantity == quantity)
    places = -int(Decimal(number.digits).as_tuple().exponent)
    assert f"{answer:.{places}f}" == number.digits
    assert number.agrees_with(answer)


def test_all_but_one_printed_number_is_among_the_answers() -> None:
    """The derivative of an output by its pre-activation is not; `test_certified` checks it."""
    answered = [case.values[1] for case in ANSWERED]
    left_out = [number.quantity for _, number in PRINTED if number not in answered]
    assert len(answered) >= 12
    assert left_out == ["dout_dy[0][0]"]


@EVERY_OP
def test_arguments_are_left_alone(backend: type[Backend], dtype: str, op: str) -> None:
    positional, options = copy.deepcopy(CALLS[op])
    getattr(backend(dtype), op)(*positional, **options)
    assert (positional, options) == CALLS[op]


@EVERY_OP
def test_tuples_are_taken_as_lists_are(backend: type[Backend], dtype: str, op: str) -> None:
    def frozen(nested: Any) -> Any:
        return tuple(map(frozen, nested)) if isinstance(nested, list | tuple) else nested

    positional, options = CALLS[op]
    params, *rows = positional
    ask = getattr(backend(dtype), op)
    answer = ask(Params(*map(frozen, params)), *map(frozen, rows), **options)
    assert repr(answer) == repr(ask(*positional, **options))


@EVERY_OP
def test_what_was_asked_before_changes_nothing(backend: type[Backend], dtype: str, op: str) -> None:
    """Not another calculation, in whatever op, on the same object."""
    asked = backend(dtype)
    positional, options = CALLS[op]
    before = repr(getattr(asked, op)(*positional, **options))
    for other, (others, other_options) in CALLS.items():
        params, *rows = others
        halved = Params(params.W2, params.b2, params.W1, params.b1)
        getattr(asked, other)(halved, *(matrix[::-1] for matrix in rows), **other_options)
    assert repr(getattr(asked, op)(*positional, **options)) == before


@pytest.mark.parametrize(
    "standstill", [{"learning_rate": 0.0}, {"epochs": 0}], ids=["learning-rate-0", "no-epochs"]
)
def test_training_that_moves_nothing_leaves_every_bit(
    backend: type[Backend], dtype: str, standstill: dict[str, Any]
) -> None:
    def third(x: float) -> float:
        """As many bits as the dtype has, all in use."""
        return FORMATS[dtype].round(Fraction(x) / 3)

    def thirds(matrix: Matrix) -> list[list[float]]:
        return [[third(x) for x in row] for row in matrix]

    given = Params(thirds(PARAMS.W1), third(PARAMS.b1), thirds(PARAMS.W2), third(PARAMS.b2))
    trained = backend(dtype).train(given, X, T, **TRAINING | standstill, train_biases=True)
    assert repr(Params(*trained)) == repr(given)


def test_in_bfloat16_alone_the_hidden_weights_stay(backend: type[Backend]) -> None:
    """As the description of `long/5-epochs` says: every update is below half an ulp."""
    if "bfloat16" not in backend.dtypes:
        pytest.skip("it does not claim bfloat16")
    (vector,) = (v for file in files() for v in file.vectors if v.id == "long/5-epochs")
    given = vector.inputs.rounded(FORMATS["bfloat16"])
    answers = {
        dtype: InProcessDriver(backend).run_op("train", dtype, given) for dtype in backend.dtypes
    }
    stays = {
        dtype: isinstance(reply, Output) and reply.fields[0] == map_matrix(float, given.params.W1)
        for dtype, reply in answers.items()
    }
    assert stays == {dtype: dtype == "bfloat16" for dtype in backend.dtypes}


@EVERY_OP
@pytest.mark.parametrize("sign", [1, -1], ids=["positive", "negative"])
def test_the_largest_numbers_raise_nothing(
    backend: type[Backend], dtype: str, op: str, sign: int
) -> None:
    """Nor do they warn: here a warning is an error."""
    huge = sign * float(FORMATS[dtype].max_finite)
    params = Params([[huge, -huge]] * 2, huge, [[-huge, huge]] * 2, -huge)
    _, *rows = CALLS[op][0]
    getattr(backend(dtype), op)(params, *([[huge, huge]] for _ in rows), **CALLS[op][1])


def test_an_unknown_dtype_is_refused_by_name(backend: type[Backend]) -> None:
    with pytest.raises(ValueError, match=re.escape("'posit8'")):
        backend("posit8")


def test_an_unknown_device_is_an_error_that_names_it(backend: type[Backend], tutorial: Any) -> None:
    vector = tutorial.vectors[0]
    reply = InProcessDriver(backend, device="abacus").run_op(vector.op, "float64", vector.inputs)
    assert isinstance(reply, BackendError)
    assert "abacus" in reply.message
