"""What is said of answers in which something was changed."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from conftest import files

from backproof.diagnosis.clues import find_clues
from backproof.judging.deviations import measure_deviations
from backproof.network.float_formats import FORMATS
from backproof.network.network import Network
from backproof.truth.predictions import simulate
from backproof.vectors.vectors import Vector

VECTORS = [
    asked
    for file in files()
    for asked in file.vectors
    if not (asked.inputs.schedule and asked.inputs.schedule.epochs > 10)
]
ROW_1 = next(asked for asked in VECTORS if asked.id == "tutorial/row-1/gradients")
AGAIN = replace(ROW_1, id="again")
BY_ID = {asked.id: asked for asked in (*VECTORS, AGAIN)}
Answer = Mapping[str, float]
Change = Callable[[Vector, dict[str, float]], Answer]


@cache
def answer(to: tuple[type[Network], str, str]) -> Answer:
    """Return what a network answers in a dtype to the vector of an id."""
    network, dtype, name = to
    fmt, asked = FORMATS[dtype], BY_ID[name]
    return simulate(network, asked.op, asked.inputs.rounded(fmt), fmt)


def said(
    dtype: str = "float64",
    network: type[Network] = Network,
    change: Change = lambda _, answer: answer,
    vectors: Sequence[Vector] = VECTORS,
) -> list[str]:
    """Return what is said of a network, after its answers are changed; counts are left out."""
    answered = [
        (
            asked,
            measure_deviations(
                asked, dtype, change(asked, dict(answer((network, dtype, asked.id))))
            ),
        )
        for asked in vectors
        if dtype in asked.expected
    ]
    return [_without_counts(clue) for clue in find_clues(answered, dtype)]


def _without_counts(clue: str) -> str:
    clue = re.sub(r" in (all )?[\d,]+( of [\d,]+| test vectors):", ":", clue)
    clue = re.sub(r"each of the [\d,]+ test vectors that fail", "each that fails", clue)
    clue = re.sub(r"up to \d+ % of", "up to … % of", clue)
    return re.sub(r": [\d,]+ numbers? in [\d,]+ test vectors?\.$", ".", clue)


def numbers_of(op: str, f: Callable[[float], float], *quantities: str) -> Change:
    """Change every number of the answers to `op`; of these quantities, if some are named."""

    def change(asked: Vector, answer: dict[str, float]) -> Answer:
        if asked.op != op:
            return answer
        return {q: f(x) if not quantities or q in quantities else x for q, x in answer.items()}

    return change


def places_of(op: str, sources: Mapping[str, str]) -> Change:
    """Put into some places of the answers to `op` what belongs into others."""

    def change(asked: Vector, answer: dict[str, float]) -> Answer:
        return {q: answer[sources.get(q, q)] for q in answer} if asked.op == op else answer

    return change


def rows_reversed(asked: Vector, answer: dict[str, float]) -> Answer:
    if asked.op not in ("forward", "loss"):
        return answer
    last = len(asked.inputs.X) - 1

    def mirrored(row: re.Match[str]) -> str:
        return str(last - int(row[0]))

    return {q: answer[re.sub(r"\d+", mirrored, q, count=1)] for q in answer}


def in_float32(x: float) -> float:
    return FORMATS["float32"].round_float(x)


# What goes wrong where all before it is right.
IN_LOSS = "Correct: the forward pass. Wrong: the loss."
IN_GRADIENTS = "Correct: the forward pass and the loss. Wrong: the gradients."
IN_TRAINING = (
    "Correct: the forward pass, the loss and the gradients. Wrong: the trained parameters."
)


def noisy(size: float) -> Callable[[float], float]:
    """Return a function that changes a number a little, each time by another part of it."""
    draw = random.Random(0)  # noqa: S311  # no secret
    return lambda x: x * (1 + draw.uniform(-size, size))


W7, W8 = "W2[1][0]", "W2[1][1]"
