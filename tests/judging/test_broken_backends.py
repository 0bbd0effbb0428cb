"""The checks can fail: each of a hundred ways to be wrong is found, and the message names it."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from bit_patterns import decode, encode, step
from conftest import files
from tampering import answering, computing_in, with_every_number, with_number

from backproof import Backend, Loss, Params
from backproof.interface import Matrix
from backproof.judging.one_backend import check_backend, run_vector
from backproof.judging.results import Result
from backproof.judging.sentences import describe_deviation
from backproof.ports.in_process_driver import InProcessDriver
from backproof.vectors.vectors import Vector, VectorFile

ONE_ROW = (
    "tutorial/row-1/forward",
    "tutorial/row-1/loss",
    "tutorial/row-1/gradients",
    "tutorial/row-1/step-with-biases",
)
OF_ONE_ROW: dict[str, Vector] = {
    v.op: v for file in files() for v in file.vectors if v.id in ONE_ROW
}
QUANTITIES = [(op, quantity) for op, v in OF_ONE_ROW.items() for quantity in v.expected["float64"]]
EVERY_QUANTITY = pytest.mark.parametrize(
    ("op", "quantity"), QUANTITIES, ids=[f"{op} {quantity}" for op, quantity in QUANTITIES]
)
EVERY_OP = pytest.mark.parametrize("op", OF_ONE_ROW)
BOTH_SIDES = pytest.mark.parametrize("side", [-1, 1], ids=["below", "above"])


def answer_with(
    backend: type[Backend], dtype: str, op: str, quantity: str, number: float
) -> Result:
    """Put the first row's vector to a backend that gets one number of its answer wrong."""
    broken = answering(backend, op, lambda answer: with_number(answer, quantity, number))
    return run_vector(InProcessDriver(broken), OF_ONE_ROW[op], dtype)


def last_within(dtype: str, value: Fraction, bound: Fraction, side: int) -> float:
    """Return the number of a dtype farthest from `value`, on one side, that is within `bound`."""
    number = decode(dtype, encode(dtype, float(value + side * bound)))
    while abs(Fraction(number) - value) <= bound:
        number = step(dtype, number, side)
    while abs(Fraction(number) - value) > bound:
        number = step(dtype, number, -side)
    return number


def test_every_number_of_every_op_is_among_those_broken() -> None:
    """Eight of the forward pass, three of the loss, ten gradients, ten trained parameters."""
    assert [op for op, _ in QUANTITIES] == (
        ["forward"] * 8 + ["loss"] * 3 + ["gradients"] * 10 + ["train"] * 10
    )


@BOTH_SIDES
@EVERY_QUANTITY
def test_the_last_number_within_its_bound_passes(
    backend: type[Backend], dtype: str, op: str, quantity: str, side: int
) -> None:
    expected = OF_ONE_ROW[op].expected[dtype][quantity]
    number = last_within(dtype, Fraction(expected.value), Fraction(expected.bound), side)
    assert answer_with(backend, dtype, op, quantity, number).outcome == "pass"


@BOTH_SIDES
@EVERY_QUANTITY
def test_the_next_number_fails_and_is_named(
    backend: type[Backend], dtype: str, op: str, quantity: str, side: int
) -> None:
    expected = OF_ONE_ROW[op].expected[dtype][quantity]
    number = last_within(dtype, Fraction(expected.value), Fraction(expected.bound), side)
    number = step(dtype, number, side)
    result = answer_with(backend, dtype, op, quantity, number)
    assert result.outcome == "fail"
    assert [wrong.quantity for wrong in result.wrong_deviations] == [quantity]
    message = describe_deviation(result.wrong_deviations[0], result.vector.op)
    assert message.startswith(f"{quantity} (")
    assert "exceeds its error bound: " in message
    assert f"expected {+expected.value:.20g}" in message
    assert f"got {number!r}" in message
    assert "error " in message
    assert "bound " in message


DISTORTIONS: dict[str, Callable[[float], float]] = {
    "rounded-to-8-decimals": lambda x: round(x, 8),
    "plus-1e-12": lambda x: x + 1e-12,
    "through-float32": lambda x: decode("float32", encode("float32", x)),
    "negated": lambda x: -x,
    "zero": lambda _: 0.0,
    "nan": lambda _: math.nan,
    "infinite": lambda _: math.inf,
}


@EVERY_OP
@pytest.mark.parametrize("distortion", DISTORTIONS.values(), ids=DISTORTIONS)
def test_distorted_answers_fail(
    backend: type[Backend], op: str, distortion: Callable[[float], float]
) -> None:
    broken = answering(backend, op, lambda answer: with_every_number(answer, distortion))
    result = run_vector(InProcessDriver(broken), OF_ONE_ROW[op], "float64")
    assert result.outcome == "fail"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_named(reference: type[Backend], number: float) -> None:
    result = answer_with(reference, "float64", "gradients", "W2[1][0]", number)
    (wrong,) = result.wrong_deviations
    assert describe_deviation(wrong, "gradients").startswith(
        "W2[1][0] (∂E/∂w7) is not finite: expected "
    )
    assert f"got {number!r}, error inf ulp, bound " in describe_deviation(wrong, "gradients")


def test_another_dtype_underneath_is_found(backend: type[Backend], dtype: str) -> None:
    """A narrower one by its errors, a wider one by its digits."""
    outcomes = {}
    for other in backend.dtypes:
        (run,) = check_backend(
            InProcessDriver(computing_in(backend, other)), OF_ONE_ROW.values(), [dtype]
        )
        outcomes[other] = run.outcome
    assert outcomes == dict.fromkeys(backend.dtypes, "fail") | {dtype: "pass"}


def test_a_sigmoid_of_ten_ulps_is_found_by_the_vectors_of_the_sigmoid_alone(
    reference: type[Backend],
) -> None:
    """Elsewhere a product before it is granted a rounding that weighs more."""

    def too_large(answer: Any) -> Any:
        def wrong(z: float, s: float) -> float:
            return s * (1 + 10 * 2.0**-52) if z < -3.4 else s

        out_h = [list(map(wrong, *rows)) for rows in zip(answer.h, answer.out_h, strict=True)]
        return answer._replace(out_h=out_h)

    broken = InProcessDriver(answering(reference, "forward", too_large))
    saturated = [v for file in files() for v in file.vectors if "saturation" in v.flags]
    failing = {v.id for v in saturated if run_vector(broken, v, "float64").outcome == "fail"}
    alone = "hard/saturation/sigmoid-alone-at-"
    assert {f"{alone}5", f"{alone}45", f"{alone}84-5"} <= failing


class FloatOfItsOwn(float):
    """A scalar such as frameworks have, that only looks like a Python float."""


@pytest.mark.parametrize(
    ("number", "type_name"),
    [
        (FloatOfItsOwn(0.5), "FloatOfItsOwn"),
        (1, "int"),
        (True, "bool"),
        ("0.5", "str"),
        (None, "NoneType"),
    ],
)
@EVERY_OP
def test_a_number_that_is_no_python_float_is_an_error(
    reference: type[Backend], op: str, number: Any, type_name: str
) -> None:
    quantity = list(OF_ONE_ROW[op].expected["float64"])[1]
    result = answer_with(reference, "float64", op, quantity, number)
    assert result.outcome == "error"
    assert result.message == f"{op} returned {quantity} as {type_name}, not as a Python float"


SQUARE = [[1.0, 1.0], [1.0, 1.0]]
MISSHAPEN: dict[str, Any] = {
    "lacks W1[1][0], W1[1][1]": Params([[1.0, 1.0]], 1.0, SQUARE, 1.0),
    "has W1[0][2], which is not expected": Params([[1.0, 1.0, 1.0], [1.0, 1.0]], 1.0, SQUARE, 1.0),
    "lacks b1 and has b1[0], b1[1], which is not expected": (SQUARE, [1.0, 1.0], SQUARE, 1.0),
    "lacks W1[0][0], W1[0][1], W1[1][0], W1[1][1] and has W1, which is not expected": (
        (1.0, 1.0, SQUARE, 1.0)
    ),
}


@pytest.mark.parametrize(
    ("answer", "type_name"),
    [(None, "NoneType"), (SQUARE, "list"), ((1.0, 2.0), "tuple"), (Loss(SQUARE, [1.0]), "Loss")],
)
def test_what_is_no_answer_is_an_error(
    reference: type[Backend], answer: Any, type_name: str
) -> None:
    broken = answering(reference, "gradients", lambda _: answer)
    result = run_vector(InProcessDriver(broken), OF_ONE_ROW["gradients"], "float64")
    assert result.outcome == "error"
    assert result.message == f"gradients returned {type_name}, not backproof.Params"


@pytest.mark.parametrize(("what", "answer"), MISSHAPEN.items(), ids=MISSHAPEN)
def test_an_answer_of_another_shape_is_an_error(
    reference: type[Backend], answer: Any, what: str
) -> None:
    broken = answering(reference, "gradients", lambda _: answer)
    result = run_vector(InProcessDriver(broken), OF_ONE_ROW["gradients"], "float64")
    assert result.outcome == "error"
    assert result.message == f"gradients returned another shape: it {what}"


class Raising(Backend):
    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        raise ValueError(f"{len(X)} rows, {len(T)} targets and [red]{params.b1}[/red]")


class Exiting(Backend):
    """Would end the checker, and as if all were well."""

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        raise SystemExit(len(X) - len(T) + int(params.b1))


class Refusing(Backend):
    """Cannot even be made."""

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        raise RuntimeError(f"no {dtype} on this {device}")


class Mutating(Backend):
    """Scales its inputs where they stand."""

    def gradients(self, params: Params, X: Any, T: Matrix) -> Params:
        answer = super().gradients(params, X, T)  # type: ignore[safe-super]  # of the reference
        X[0][0] *= 2
        return answer


class Accumulating(Backend):
    """Adds to the gradients of the call before, as a framework does until they are zeroed."""

    earlier: Params | None = None

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        answer = super().gradients(params, X, T)  # type: ignore[safe-super]  # of the reference
        if self.earlier is not None:
            answer = answer._replace(b1=answer.b1 + self.earlier.b1)
        self.earlier = answer
        return answer


class Exhausted(Backend):
    """Can be asked once."""

    asked = False

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        if self.asked:
            raise RuntimeError("backward through the graph a second time")
        self.asked = True
        return super().gradients(params, X, T)  # type: ignore[safe-super]  # of the reference


class Lacking(Backend):
    """Says so itself; a method that is left out says the same."""

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        raise NotImplementedError


class LackingDtype(Backend):
    """Finds out only when it is made that a dtype is missing."""

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        raise NotImplementedError(f"{dtype} on {device}")


@pytest.mark.parametrize(
    ("habit", "outcome", "message"),
    [
        (
            Raising,
            "error",
            "gradients raised ValueError: 1 rows, 1 targets and [red]0.39[/red]",
        ),
        (Exiting, "error", "gradients raised SystemExit: 0"),
        (Refusing, "error", "gradients raised RuntimeError: no float64 on this cpu"),
        (Mutating, "error", "gradients modified its arguments; it must leave them unchanged"),
        (Accumulating, "fail", "for the same request, b1 was "),
        (
            Exhausted,
            "error",
            "for the same request again: gradients raised RuntimeError",
        ),
        (Lacking, "unsupported", "gradients"),
        (LackingDtype, "unsupported", "float64 on cpu"),
    ],
)
def test_misbehaviour_is_told_apart_from_wrong_numbers(
    reference: type[Backend], habit: type[Backend], outcome: str, message: str
) -> None:
    broken = type("Broken", (habit, reference), {})
    result = run_vector(InProcessDriver(broken), OF_ONE_ROW["gradients"], "float64")
    assert result.outcome == outcome
    assert result.message.startswith(message)


def test_a_port_without_a_method_is_unsupported_and_never_passes(
    reference: type[Backend], tutorial: VectorFile
) -> None:
    class Partial(Backend):
        name = "partial"
        dtypes = ("float64",)
        forward = reference.forward

        def __init__(self, dtype: str = "float64", device: str = "cpu") -> None: ...

    partial: Any = Partial  # which leaves out what the type checker wants to see
    (run,) = check_backend(InProcessDriver(partial), tutorial.vectors, ["float64"])
    assert run.outcome == "unsupported"
    by_op = {result.vector.op: result.outcome for result in run.results}
    assert by_op == {
        "forward": "pass",
        "loss": "unsupported",
        "gradients": "unsupported",
        "train": "unsupported",
    }


def test_an_interrupt_is_nobodys_mistake(reference: type[Backend]) -> None:
    def interrupted(_answer: Any) -> None:
        raise KeyboardInterrupt

    broken = answering(reference, "gradients", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_vector(InProcessDriver(broken), OF_ONE_ROW["gradients"], "float64")


def test_an_untrained_network_fails_every_training(
    backend: type[Backend], dtype: str, tutorial: VectorFile
) -> None:
    def untrained(_: Backend, params: Params, *_rows: Matrix, **_options: Any) -> Params:
        return params

    idle = type("Idle", (backend,), {"train": untrained})
    trainings = [v for v in tutorial.vectors if v.op == "train" and dtype in v.expected]
    outcomes = {v.id: run_vector(InProcessDriver(idle), v, dtype).outcome for v in trainings}
    assert outcomes == dict.fromkeys(outcomes, "fail")
    assert len(outcomes) >= 8
