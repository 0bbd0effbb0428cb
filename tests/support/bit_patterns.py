"""Floating-point numbers as bit patterns: a reference for formats, of which backproof has no part.

Within one sign the patterns of a format are in the order of its numbers, so that the next number is
the next pattern.
"""

import struct

LAYOUTS = {  # dtype: codes of `struct` for a number and its bits, and the low bits that it lacks
    "float64": (">d", ">Q", 0),
    "float32": (">f", ">I", 0),
    "bfloat16": (">f", ">I", 16),  # the upper half of a float32
    "float16": (">e", ">H", 0),
}


def decode(dtype: str, bits: int) -> float:
    """Return the number of a bit pattern."""
    number, pattern, missing = LAYOUTS[dtype]
    decoded: float = struct.unpack(number, struct.pack(pattern, bits << missing))[0]
    return decoded


def encode(dtype: str, x: float) -> int:
    """Return the bit pattern of `x`, rounded to nearest, ties to even."""
    number, pattern, missing = LAYOUTS[dtype]
    bits: int = struct.unpack(pattern, struct.pack(number, x))[0]
    if missing:
        half, odd = 1 << (missing - 1), (bits >> missing) & 1
        bits = (bits + half - 1 + odd) >> missing
    return bits


def width(dtype: str) -> int:
    """Return the number of bits of a dtype."""
    _, pattern, missing = LAYOUTS[dtype]
    return 8 * struct.calcsize(pattern) - missing


def step(dtype: str, x: float, places: int) -> float:
    """Return the number of a dtype that stands `places` above `x`, itself one; below, if negative.

    step("float16", 1.0, 1)   # 1.0009765625
    step("float16", 0.0, -1)  # -5.960464477539063e-08
    """
    sign = 1 << (width(dtype) - 1)
    bits = encode(dtype, x)
    place = (-(bits ^ sign) if bits & sign else bits) + places
    return decode(dtype, -place | sign if place < 0 else place)
