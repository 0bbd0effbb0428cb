"""The reference for formats is right about what everybody knows of them."""

import math
import struct

import pytest
from bit_patterns import LAYOUTS, decode, encode, step, width

KNOWN = {  # from the standard: IEEE 754, and for bfloat16 the upper half of its float32
    "float64": {
        1.0: 0x3FF0000000000000,
        -2.0: 0xC000000000000000,
        5e-324: 1,
        math.inf: 0x7FF0 << 48,
    },
    "float32": {1.0: 0x3F800000, -2.0: 0xC0000000, 2.0**-149: 1, math.inf: 0x7F800000},
    "bfloat16": {1.0: 0x3F80, -2.0: 0xC000, 2.0**-133: 1, math.inf: 0x7F80},
    "float16": {1.0: 0x3C00, -2.0: 0xC000, 2.0**-24: 1, math.inf: 0x7C00},
}


@pytest.mark.parametrize("dtype", LAYOUTS)
def test_known_numbers_have_their_patterns(dtype: str) -> None:
    assert {x: encode(dtype, x) for x in KNOWN[dtype]} == KNOWN[dtype]
    assert [decode(dtype, bits) for bits in KNOWN[dtype].values()] == list(KNOWN[dtype])


@pytest.mark.parametrize(("dtype", "bits"), [("float64", 64), ("float32", 32), ("float16", 16)])
def test_a_dtype_is_as_wide_as_it_says(dtype: str, bits: int) -> None:
    assert width(dtype) == bits


def test_bfloat16_rounds_to_nearest_and_ties_to_even() -> None:
    """1 + 2⁻⁸ lies between 1 and its successor 1 + 2⁻⁷, 1 + 3·2⁻⁸ between that and 1 + 2⁻⁶."""
    assert decode("bfloat16", encode("bfloat16", 1 + 2**-8)) == 1
    assert decode("bfloat16", encode("bfloat16", 1 + 2**-8 + 2**-20)) == 1 + 2**-7
    assert decode("bfloat16", encode("bfloat16", 1 + 3 * 2**-8)) == 1 + 2**-6


@pytest.mark.parametrize("x", [0.0, 1.0, -1.0, 5e-324, -5e-324, 0.1, -(2.0**-1022), 1e300])
def test_one_place_up_is_the_next_number(x: float) -> None:
    assert step("float64", x, 1) == math.nextafter(x, math.inf)
    assert step("float64", x, -1) == math.nextafter(x, -math.inf)


def test_places_cross_zero() -> None:
    smallest = struct.unpack(">e", b"\0\1")[0]
    assert [step("float16", 0.0, n) for n in (-1, 0, 1)] == [-smallest, 0.0, smallest]
    assert step("float16", -smallest, 2) == smallest
    assert step("float16", -0.0, 1) == smallest
