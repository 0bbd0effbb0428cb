"""Random networks from a generator that any language can reproduce.

SplitMix64 (Steele, Lea and Flood, 2014): the state starts at the seed and grows by
0x9E3779B97F4A7C15 for each number; all arithmetic is modulo 2**64. Generators of frameworks are not
used, because their streams change between versions.
"""

from collections.abc import Iterator
from typing import Any

MASK = 2**64 - 1
UNIT = 10**4  # parts of the scale in which a number is drawn


def splitmix64(seed: int) -> Iterator[int]:
    """Yield integers from 0 up to 2**64 − 1."""
    state = seed & MASK
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def net(seed: int, rows: int, scale: int = 1) -> dict[str, Any]:
    """Return the inputs of a test vector with `rows` rows.

    Each number is an integer from −10000 to 10000 (the generator's modulo 20001, minus 10000) in
    units of scale / 10000. W1, b1, W2 and b2 are drawn with `scale`, then X and T with scale 1.
    """
    drawn = splitmix64(seed)

    def number(size: int = 1) -> str:
        places = (next(drawn) % (2 * UNIT + 1) - UNIT) * size
        return f"{'-' * (places < 0)}{abs(places) // UNIT}.{abs(places) % UNIT:04}"

    def matrix(rows: int, size: int = 1) -> list[list[str]]:
        return [[number(size), number(size)] for _ in range(rows)]

    params = {
        "W1": matrix(2, scale),
        "b1": number(scale),
        "W2": matrix(2, scale),
        "b2": number(scale),
    }
    return {"params": params, "X": matrix(rows), "T": matrix(rows)}
