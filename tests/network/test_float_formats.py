"""Formats: sizes, spacing and rounding, against the machine's own numbers and bit patterns."""

import math
import random
import struct
import sys
from fractions import Fraction
from itertools import islice, pairwise

import pytest
from bit_patterns import decode, encode, step, width

from backproof.network.float_formats import FORMATS

EVERY_DTYPE = pytest.mark.parametrize("dtype", FORMATS)
SIXTEEN_BITS = pytest.mark.parametrize("dtype", ["bfloat16", "float16"])


def finite_numbers(dtype: str) -> list[float]:
    """Return every finite number ≥ 0 of a narrow dtype, in order."""
    return [decode(dtype, bits) for bits in range(encode(dtype, math.inf))]


def random_numbers(dtype: str, count: int) -> list[float]:
    """Return finite numbers of a dtype whose bits are random, the same ones every time."""
    draw = random.Random(dtype)  # noqa: S311  # no secret
    drawn = (decode(dtype, draw.getrandbits(width(dtype))) for _ in range(2 * count))
    return [x for x in drawn if math.isfinite(x)][:count]


@pytest.mark.parametrize(
    ("dtype", "unit_roundoff", "min_normal", "max_finite"),
    [
        ("float64", sys.float_info.epsilon / 2, sys.float_info.min, sys.float_info.max),
        ("float32", 2.0**-24, 1.1754943508222875e-38, 3.4028234663852886e38),
        ("bfloat16", 2.0**-8, 1.1754943508222875e-38, 3.3895313892515355e38),
        ("float16", 2.0**-11, 6.103515625e-05, 65504.0),
    ],
)
def test_each_format_has_its_published_limits(
    dtype: str, unit_roundoff: float, min_normal: float, max_finite: float
) -> None:
    fmt = FORMATS[dtype]
    assert fmt.name == dtype
    assert fmt.unit_roundoff == Fraction(unit_roundoff)
    assert fmt.min_normal == Fraction(min_normal)
    assert fmt.max_finite == Fraction(max_finite)


@SIXTEEN_BITS
def test_every_number_of_a_format_is_held(dtype: str) -> None:
    fmt = FORMATS[dtype]
    assert [x for x in finite_numbers(dtype) if not fmt.represents(x)] == []


@EVERY_DTYPE
def test_a_number_of_a_format_rounds_to_itself(dtype: str) -> None:
    fmt = FORMATS[dtype]
    assert [x for x in random_numbers(dtype, 1000) if fmt.round(Fraction(x)) != x] == []


@SIXTEEN_BITS
def test_between_two_numbers_the_nearer_is_taken_and_the_even_one_of_a_tie(dtype: str) -> None:
    fmt = FORMATS[dtype]
    # Every seventh pair meets every binade, and even and odd numbers in turn.
    for i, (below, above) in islice(enumerate(pairwise(finite_numbers(dtype))), None, None, 7):
        middle = (Fraction(below) + Fraction(above)) / 2
        nudge = (Fraction(above) - middle) / 1000
        rounded = [fmt.round(middle + n * nudge) for n in (-1, 0, 1)]
        assert rounded == [below, above if i % 2 else below, above]
        assert not fmt.represents(float(middle))


@pytest.mark.parametrize(("dtype", "code"), [("float64", "d"), ("float32", "f"), ("float16", "e")])
def test_float64_numbers_round_as_struct_packs_them(dtype: str, code: str) -> None:
    fmt = FORMATS[dtype]
    tried = 0
    for x in random_numbers("float64", 4000) + random_numbers("float32", 4000):
        try:
            (packed,) = struct.unpack(code, struct.pack(code, x))
        except OverflowError:
            packed = math.copysign(math.inf, x)
        assert fmt.round(Fraction(x)) == packed
        tried += math.isfinite(packed)
    assert tried > 500  # not only overflows


@EVERY_DTYPE
def test_a_float64_number_rounds_as_any_number_does(dtype: str) -> None:
    """Those of other formats as well, and all that lies in the middle of two neighbours."""
    fmt = FORMATS[dtype]
    numbers = [x for name in FORMATS for x in random_numbers(name, 2000)]
    middles = [(x + step(dtype, x, 1)) / 2 for x in random_numbers(dtype, 2000)]
    for x in [*numbers, *middles, 0.0, 5e-324, -sys.float_info.max]:
        if math.isfinite(x):
            assert fmt.round_float(x) == fmt.round(Fraction(x)), x
    assert math.isnan(fmt.round_float(math.nan))
    assert (fmt.round_float(math.inf), fmt.round_float(-math.inf)) == (math.inf, -math.inf)


@EVERY_DTYPE
def test_a_number_that_no_float_holds_rounds_to_its_nearest_neighbour(dtype: str) -> None:
    fmt = FORMATS[dtype]
    for x in random_numbers(dtype, 1000):
        third = Fraction(x) / 3
        rounded = fmt.round(third)
        assert rounded == decode(dtype, encode(dtype, rounded))
        distance = abs(Fraction(rounded) - third)
        neighbours = [step(dtype, rounded, places) for places in (-1, 1)]
        assert all(distance <= abs(Fraction(n) - third) for n in neighbours if math.isfinite(n))


@EVERY_DTYPE
def test_an_ulp_is_the_distance_to_the_next_number_away_from_zero(dtype: str) -> None:
    fmt = FORMATS[dtype]
    for x in map(abs, random_numbers(dtype, 2000)):
        above = step(dtype, x, 1)
        if math.isfinite(above):
            assert fmt.ulp(Fraction(x)) == fmt.ulp(Fraction(-x)) == Fraction(above) - Fraction(x)


def test_an_ulp_of_float64_is_the_standard_librarys() -> None:
    numbers = [0.0, 1.0, 5e-324, sys.float_info.min, sys.float_info.max, 0.1, 1 - 2**-53]
    assert [FORMATS["float64"].ulp(Fraction(x)) for x in numbers] == [math.ulp(x) for x in numbers]


@EVERY_DTYPE
def test_between_two_numbers_the_ulp_is_still_that_of_the_lower_one(dtype: str) -> None:
    fmt = FORMATS[dtype]
    assert fmt.ulp(Fraction(4, 3)) == fmt.ulp(Fraction(1)) == 2 * fmt.unit_roundoff
    assert fmt.ulp(Fraction(2, 3)) == fmt.unit_roundoff


@EVERY_DTYPE
def test_beyond_the_largest_number_lies_infinity_from_half_an_ulp_on(dtype: str) -> None:
    """IEEE 754 rounds as if the exponent went on: the tie goes to the even, infinite side."""
    fmt = FORMATS[dtype]
    tie = fmt.max_finite + fmt.ulp(fmt.max_finite) / 2
    just_below = tie - fmt.ulp(fmt.max_finite) / 1000
    assert fmt.round(just_below) == -fmt.round(-just_below) == fmt.max_finite
    assert (fmt.round(tie), fmt.round(-tie)) == (math.inf, -math.inf)
    assert fmt.round(10 * tie) == math.inf


@EVERY_DTYPE
def test_half_of_the_smallest_number_rounds_to_zero_and_more_rounds_up(dtype: str) -> None:
    fmt = FORMATS[dtype]
    smallest = Fraction(decode(dtype, 1))
    assert fmt.round(smallest / 2) == 0
    assert fmt.round(smallest * Fraction(501, 1000)) == smallest
    assert fmt.round(smallest * Fraction(3, 2)) == 2 * smallest


@EVERY_DTYPE
def test_nan_the_infinities_and_both_zeros_belong_to_every_format(dtype: str) -> None:
    assert all(FORMATS[dtype].represents(x) for x in (math.nan, math.inf, -math.inf, 0.0, -0.0))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_numbers_of_a_wider_format_are_not_held(dtype: str) -> None:
    fmt = FORMATS[dtype]
    one_more_bit = 1 + float(fmt.unit_roundoff)
    assert not fmt.represents(one_more_bit)
    assert not fmt.represents(2 * float(fmt.max_finite))
    assert not fmt.represents(decode(dtype, 1) / 2)
