"""Networks, correct or mistaken, that round in another way than any part of the checker does."""

from collections.abc import Mapping
from random import Random

from adversary import Adversary
from conftest import files

from backproof.network.evaluation import evaluate
from backproof.network.float_formats import FORMATS
from backproof.network.network import Network
from backproof.truth.predictions import effective_format
from backproof.vectors.vectors import SLOW, Vector

MAX_STEPS = 40  # of training: exact arithmetic takes long
VECTORS = [
    vector
    for file in files()
    for vector in file.exclude_flag(SLOW).vectors
    if vector.inputs.steps <= MAX_STEPS
]


def rounded_otherwise(
    network: type[Network], dtype: str, seed: int
) -> list[tuple[Vector, Mapping[str, float]]]:
    """Return the numbers of an implementation of a network that rounds in its own way."""
    fmt = effective_format(network, FORMATS[dtype])

    def numbers(vector: Vector) -> Mapping[str, float]:
        a = Adversary(fmt, Random(f"{seed} {vector.id}"))  # noqa: S311  # no secret
        inputs = vector.inputs.rounded(FORMATS[dtype]).rounded(fmt)
        found = evaluate(network(fmt), a, a.given, vector.op, inputs)
        return {quantity: float(number.value) for quantity, number in found.items()}

    return [(vector, numbers(vector)) for vector in VECTORS if dtype in vector.expected]
