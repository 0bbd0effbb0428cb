"""Inputs: rounded to a dtype, taken apart and cut into batches."""

from dataclasses import replace
from fractions import Fraction

import pytest
from bit_patterns import decode, encode
from by_hand import NOTHING, ONE_STEP

from backproof.errors import BoundUnavailable
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import Inputs
from backproof.network.network import batches, unflatten_parameters

TENTHS = Inputs(
    unflatten_parameters([Fraction(n, 10) for n in range(10)]),
    [[Fraction(1, 10), Fraction(-1, 10)]],
    [[Fraction(1, 10), Fraction(1)]],
    ONE_STEP,
)


@pytest.mark.parametrize("dtype", FORMATS)
def test_every_number_is_rounded_to_the_dtype(dtype: str) -> None:
    def nearest(x: float) -> Fraction:
        return Fraction(decode(dtype, encode(dtype, x)))

    rounded = TENTHS.rounded(FORMATS[dtype])
    assert rounded.params.flatten() == [nearest(n / 10) for n in range(10)]
    assert [[nearest(0.1), nearest(-0.1)]] == rounded.X
    assert [[nearest(0.1), 1]] == rounded.T
    assert rounded.schedule == ONE_STEP


def test_what_is_rounded_stays_so() -> None:
    once = TENTHS.rounded(FORMATS["float16"])
    assert once.rounded(FORMATS["float16"]) == once
    assert TENTHS.rounded(FORMATS["float64"]).rounded(FORMATS["float16"]) == once


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_too_large_for_a_dtype_is_not_rounded_to_infinity(sign: int) -> None:
    large = Inputs(NOTHING.params, [[sign * Fraction(65505), Fraction(0)]], NOTHING.T, None)
    assert large.rounded(FORMATS["float32"]) == large
    with pytest.raises(BoundUnavailable, match=r"65505.* is too large for float16"):
        large.rounded(FORMATS["float16"])


def test_parameters_are_listed_in_the_order_of_the_calculation() -> None:
    params = unflatten_parameters(range(10))
    assert params.W1 == [[0, 1], [2, 3]]
    assert (params.b1, params.b2) == (4, 9)
    assert params.W2 == [[5, 6], [7, 8]]
    assert params.flatten() == list(range(10))


@pytest.mark.parametrize(
    ("rows", "epochs", "batch_size", "steps"),
    [
        (4, 1, 1, ["a", "b", "c", "d"]),
        (4, 1, 4, ["abcd"]),
        (4, 1, 3, ["abc", "d"]),
        (4, 1, 9, ["abcd"]),
        (3, 2, 2, ["ab", "c", "ab", "c"]),
        (3, 0, 2, []),
    ],
)
def test_an_epoch_is_every_row_in_order_and_its_last_batch_may_be_short(
    rows: int, epochs: int, batch_size: int, steps: list[str]
) -> None:
    data = "abcd"[:rows]
    assert [data[batch] for batch in batches(rows, epochs, batch_size)] == steps
    schedule = replace(ONE_STEP, epochs=epochs, batch_size=batch_size)
    assert replace(NOTHING, X=NOTHING.X * rows, schedule=schedule).steps == len(steps)
