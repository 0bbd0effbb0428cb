"""Responses that vary: every number is within its bound, but a second request gives other bits."""

import math
import struct
from collections.abc import Callable
from fractions import Fraction
from itertools import cycle
from typing import Any

import pytest
from conftest import files
from tampering import answering, with_every_number, with_number

from backproof import Backend
from backproof.judging.one_backend import run_vector
from backproof.judging.results import Result
from backproof.ports.in_process_driver import InProcessDriver
from backproof.vectors.vectors import Vector

VECTORS: dict[str, Vector] = {v.id: v for file in files() for v in file.vectors}
GRADIENTS = "tutorial/row-1/gradients"
ONE_OF_EACH_OP = (
    "tutorial/row-1/forward",
    "tutorial/row-1/loss",
    GRADIENTS,
    "tutorial/10-epochs/full-batch-with-biases",
)
NAN_TARGET = "hard/non-finite/nan-target/gradients"

Change = Callable[[Any], Any]  # of an answer


def unchanged(answer: Any) -> Any:
    return answer


def off_by_an_ulp(answer: Any) -> Any:
    return with_every_number(answer, lambda x: math.nextafter(x, math.inf))


def with_w7(number: float) -> Change:
    return lambda answer: with_number(answer, "W2[1][0]", number)


def run_in_turn(backend: type[Backend], name: str, *changes: Change) -> Result:
    """Run a vector on a backend that changes its answers in turn."""
    vector, turns = VECTORS[name], cycle(changes)

    def change(answer: Any) -> Any:
        return next(turns)(answer)

    driver = InProcessDriver(answering(backend, vector.op, change))
    return run_vector(driver, vector, "float64")


@pytest.mark.parametrize("name", ONE_OF_EACH_OP)
def test_numbers_within_their_bounds_vary_if_their_bits_do(
    reference: type[Backend], name: str
) -> None:
    result = run_in_turn(reference, name, unchanged, off_by_an_ulp)
    quantity, *_ = VECTORS[name].expected["float64"]
    number = run_in_turn(reference, name, unchanged).deviations[0].actual
    again = math.nextafter(number, math.inf)
    assert (result.outcome, result.wrong_deviations) == ("varies", [])
    assert result.message == f"for the same request, {quantity} was {number!r}, then {again!r}"


@pytest.mark.parametrize("name", ONE_OF_EACH_OP)
def test_the_same_bits_do_not_vary_though_others_would_pass(
    reference: type[Backend], name: str
) -> None:
    result = run_in_turn(reference, name, off_by_an_ulp)
    assert (result.outcome, result.message) == ("pass", "")


@pytest.mark.parametrize(
    "changes",
    [(with_w7(0.5), unchanged), (unchanged, with_w7(0.5)), (off_by_an_ulp, with_w7(0.5))],
    ids=["the first", "the second", "the second, and the first is not the reference's"],
)
def test_a_response_out_of_its_bound_fails_whatever_the_other_is(
    reference: type[Backend], changes: tuple[Change, Change]
) -> None:
    result = run_in_turn(reference, GRADIENTS, *changes)
    assert result.outcome == "fail"
    assert [(d.quantity, d.actual) for d in result.wrong_deviations] == [("W2[1][0]", 0.5)]


def test_a_failure_of_the_second_request_says_that_the_first_was_another(
    reference: type[Backend],
) -> None:
    result = run_in_turn(reference, GRADIENTS, unchanged, with_w7(0.5))
    assert result.message.startswith("for the same request, W2[1][0] was -0.0414")
    assert result.message.endswith(", then 0.5")


@pytest.mark.parametrize("order", [1, -1], ids=["the second", "the first"])
def test_the_worse_of_two_responses_is_reported(reference: type[Backend], order: int) -> None:
    expected = VECTORS[GRADIENTS].expected["float64"]["W2[1][0]"]
    far = float(Fraction(expected.value) + Fraction(expected.bound) * Fraction(15, 16))
    result = run_in_turn(reference, GRADIENTS, *(unchanged, with_w7(far))[::order])
    assert result.worst_deviation is not None
    assert (result.outcome, result.worst_deviation.actual) == ("varies", far)


def test_the_sign_of_zero_may_vary(reference: type[Backend]) -> None:
    name, quantity = next(
        (name, quantity)
        for name, vector in VECTORS.items()
        if vector.op == "gradients"
        for quantity, expected in vector.expected.get("float64", {}).items()
        if expected.value == 0
    )
    plus, minus = ((lambda a, n=n: with_number(a, quantity, n)) for n in (0.0, -0.0))
    result = run_in_turn(reference, name, plus, minus)
    assert result.outcome == "varies"
    assert result.message == f"for the same request, {quantity} was 0.0, then -0.0"
    assert run_in_turn(reference, name, minus).outcome == "pass"


@pytest.mark.parametrize(
    "bits", [0x7FF8_0000_0000_0001, 0xFFF8_0000_0000_0000], ids=["payload", "sign"]
)
def test_all_nans_are_alike(reference: type[Backend], bits: int) -> None:
    def with_nan(bits: int) -> Change:
        (nan,) = struct.unpack("<d", bits.to_bytes(8, "little"))
        assert math.isnan(nan)
        return lambda answer: with_every_number(answer, lambda x: nan if math.isnan(x) else x)

    result = run_in_turn(reference, NAN_TARGET, with_nan(0x7FF8_0000_0000_0000), with_nan(bits))
    assert any(math.isnan(d.actual) for d in result.deviations)
    assert (result.outcome, result.message) == ("pass", "")


def test_nan_after_a_number_is_another_response(reference: type[Backend]) -> None:
    result = run_in_turn(reference, GRADIENTS, unchanged, with_w7(math.nan))
    assert result.outcome == "fail"
    assert result.message.startswith("for the same request, W2[1][0] was -0.0414")
    assert result.message.endswith(", then nan")


def test_a_number_after_nan_is_another_response(reference: type[Backend]) -> None:
    def without_nan(answer: Any) -> Any:
        return with_every_number(answer, lambda x: 0.5 if math.isnan(x) else x)

    result = run_in_turn(reference, NAN_TARGET, unchanged, without_nan)
    assert result.outcome == "fail"
    assert result.message.endswith(" was nan, then 0.5")
