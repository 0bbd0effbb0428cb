"""The hostile arithmetic computes as machines do, and uses all the freedom that it is given."""

import math
import struct
from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations
from random import Random

import pytest
from adversary import Adversary, Computed, sigmoid
from bit_patterns import decode, encode

from backproof.network.float_formats import FORMATS

ORDINARY = [0.1, -0.7, 1 / 3, 2.5, -1e-3, 1e5]


def adversaries(dtype: str, **habits: object) -> Iterator[Adversary]:
    """Yield some, with these habits for certain."""
    draw = Random(0)  # noqa: S311  # no secret
    for _ in range(60):
        adversary = Adversary(FORMATS[dtype], draw)
        for habit, value in habits.items():
            setattr(adversary, habit, value)
        yield adversary


def computed(*numbers: float) -> list[Computed]:
    return [Computed(Fraction(x)) for x in numbers]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_single_operations_are_the_machines(dtype: str) -> None:
    """A float32 operation is a float64 one rounded: it has more than twice the digits."""
    adversary = next(adversaries(dtype, flushes=0.0, fuses=0.0))
    numbers = [decode(dtype, encode(dtype, x)) for x in ORDINARY]
    for x, y in permutations(numbers, 2):
        a, b = computed(x, y)
        assert adversary.product(a, b).value == decode(dtype, encode(dtype, x * y))
        assert adversary.difference(a, b).value == decode(dtype, encode(dtype, x - y))
        assert adversary.total([a, b]).value == decode(dtype, encode(dtype, x + y))
        assert adversary.half_square(a).value == decode(dtype, encode(dtype, x * x)) / 2


def test_a_sum_is_taken_in_every_order() -> None:
    a, b, c = 0.3, 0.58, -0.81
    orders = {(a + b) + c, (a + c) + b, (b + c) + a}
    assert len(orders) == 3
    every = adversaries("float64", flushes=0.0, fuses=0.0)
    assert {float(one.total(computed(a, b, c)).value) for one in every} == orders


def test_a_sum_may_be_kept_in_a_wider_format() -> None:
    """In float16 2048 + 1 is 2048; kept in float32, two ones are not lost."""
    sums = {float(one.total(computed(2048, 1, 1)).value) for one in adversaries("float16")}
    assert sums == {2048.0, 2050.0}
    kept = adversaries("float16", adds_in=FORMATS["float32"])
    assert {float(one.total(computed(2048, 1, 1)).value) for one in kept} == {2050.0}


def test_a_product_may_be_fused_into_an_addition() -> None:
    """(1 + ε)² − 1 − 2ε is ε² if the product is not rounded, else 0."""
    tiny = 2.0**-52
    x, y = computed(1 + tiny, -1 - 2 * tiny)
    results = {
        float(one.total([one.product(x, x), y]).value)
        for one in adversaries("float64", flushes=0.0)
    }
    assert results == {0.0, tiny**2}


def test_a_difference_fuses_as_a_sum_does() -> None:
    tiny = 2.0**-52
    x, y = computed(1 + tiny, 1 + 2 * tiny)
    results = {
        float(one.difference(y, one.product(x, x)).value)
        for one in adversaries("float64", flushes=0.0)
    }
    assert results == {0.0, -(tiny**2)}


@pytest.mark.parametrize("z", [-700.0, -20.0, -1.0, 0.0, 0.5, 3.0, 36.0])
def test_a_sigmoid_is_off_by_up_to_4_ulps(z: float) -> None:
    (given,) = computed(z)
    true_value = sigmoid(Fraction(z))
    ulp = FORMATS["float64"].ulp(true_value)
    off = [
        (Fraction(one.sigmoid(given).value) - true_value) / ulp for one in adversaries("float64")
    ]
    assert all(abs(ulps) <= 4 for ulps in off)
    assert min(off) < -2.5
    assert max(off) > 2.5 or z == 36  # beyond 1 the numbers are twice as far apart


@pytest.mark.parametrize("z", [-5.0, -0.3, 0.0, 0.3, 5.0])
def test_the_sigmoid_aimed_at_is_the_true_one(z: float) -> None:
    assert float(sigmoid(Fraction(z))) == pytest.approx(1 / (1 + math.exp(-z)), rel=1e-15)


def test_the_sigmoid_aimed_at_is_never_1() -> None:
    assert 0 < 1 - sigmoid(Fraction(700)) < 1e-300


def test_a_slope_is_had_by_every_formula() -> None:
    """As s (1 − s) or s − s²; and multiplied by d as a whole, or as (d s) (1 − s)."""
    s, d = computed(*(decode("float16", encode("float16", x)) for x in (0.918, 0.7)))
    every = list(adversaries("float16", flushes=0.0, fuses=0.0))
    assert len({one.sigmoid_derivative(s).value for one in every}) == 2
    assert len({one.product(d, one.sigmoid_derivative(s)).value for one in every}) == 3


@pytest.mark.parametrize(("flushes", "results"), [(0.0, 1), (1.0, 1), (0.5, 2)])
def test_subnormal_results_are_flushed_never_always_or_sometimes(
    flushes: float, results: int
) -> None:
    """2⁻¹⁵ is subnormal in float16."""
    found = {
        float(one.product(*computed(0.5, 2.0**-14)).value)
        for one in adversaries("float16", flushes=flushes)
    }
    assert len(found) == results
    assert (0.0 in found, 2.0**-15 in found) == (flushes > 0, flushes < 1)


def test_subnormal_operands_are_read_as_zero() -> None:
    found = {
        float(one.product(*computed(1024.0, 2.0**-15)).value)
        for one in adversaries("float16", flushes=1.0)
    }
    assert found == {0.0}


def test_numbers_stay_numbers_of_the_format() -> None:
    for one in adversaries("float16"):
        for x in ORDINARY[:-1]:
            (given,) = computed(decode("float16", encode("float16", x)))
            for result in (
                one.sigmoid(given),
                one.half_square(given),
                one.sigmoid_derivative(given),
            ):
                value = float(result.value)
                assert struct.unpack("e", struct.pack("e", value))[0] == value
