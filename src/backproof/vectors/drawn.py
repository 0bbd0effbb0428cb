"""Test vectors that are in no file: networks drawn from a seed.

`check` draws new ones in each run, so that a backend cannot know their results beforehand. The seed
decides about the numbers only; the kinds of networks, and how each is trained, are always the same.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow
from typing import Any

from backproof.network.float_formats import FORMATS
from backproof.network.inputs import OPS, Op
from backproof.text.canonical_json import content_hash
from backproof.vectors.entries import expand_entries
from backproof.vectors.random_nets import net, splitmix64
from backproof.vectors.vectors import DRAWN, Selection, Track, VectorFile, parse_vector

SEEDS = 2**32

ONE_STEP = range(-4, 2)  # powers of 10 of the learning rate
SEVERAL_STEPS = range(-3, -1)  # with greater ones, the error bounds of bfloat16 grow too wide

NOTE = (
    "The numbers were drawn for one run. If only these fail, the results of the other test vectors "
    "are remembered, or depend on something that all of them have in common."
)


@dataclass(frozen=True)
class Kind:
    """A kind of network, and how it is trained."""

    nets: int  # how many are drawn
    scale: int = 1  # of the parameters
    signed: bool = True
    rows: int = 1
    batch_size: int = 1
    epochs: int = 1
    train_biases: bool = True
    powers: range = ONE_STEP


KINDS = {
    "tutorial-like": Kind(4, signed=False, train_biases=False),
    "signed": Kind(4),
    "saturated": Kind(4, scale=40),
    "several-rows": Kind(4, rows=3, batch_size=3, train_biases=False),
    "short-batch": Kind(4, rows=5, batch_size=2, epochs=2, powers=SEVERAL_STEPS),
}
DRAWN_OPS: Mapping[str, Op] = {  # by id
    f"{DRAWN}/{name}-{n}/{op}": op
    for name, kind in KINDS.items()
    for n in range(1, kind.nets + 1)
    for op in OPS
}


def new_seed() -> int:
    """Return a seed that nobody can foresee."""
    return randbelow(SEEDS)


def draw_content(seed: int) -> dict[str, Any]:
    """Return the content of a vector file with the networks of a seed."""
    return {
        "title": f"Drawn with the seed {seed}",
        "source": "Random networks from SplitMix64.",
        "notes": {DRAWN: NOTE},
        "vectors": list(_entries(seed)),
    }


def draw_file(
    seed: int, *, dtypes: Collection[str] = tuple(FORMATS), track: Track = tuple
) -> VectorFile:
    """Draw the test vectors of a seed, with the expected values in `dtypes`.

    They are those of the file that `backproof vectors draw` writes.
    """
    content = draw_content(seed)
    return VectorFile(
        path=Path(f"{DRAWN}-{seed}.json"),
        title=content["title"],
        source=content["source"],
        version="",
        notes=content["notes"],
        vectors=tuple(
            parse_vector(entry, dtypes)
            for entry in track(tuple(expand_entries(content["vectors"], DRAWN)))
        ),
        sha256=content_hash(content),
        seed=seed,
    )


def names_left_out(selection: Selection) -> set[tuple[str, Op]]:
    """Return id and op of every test vector that is left out of a selection, or was not drawn."""
    left_out = {(vector.id, vector.op) for vector in selection.left_out}
    there = {vector.id for vector in selection.vectors}
    return left_out | {(id_, op) for id_, op in DRAWN_OPS.items() if id_ not in there}


def _entries(seed: int) -> Iterator[dict[str, Any]]:
    drawn = splitmix64(seed)
    for name, kind in KINDS.items():
        for n in range(1, kind.nets + 1):
            case = net(next(drawn), kind.rows, kind.scale)
            yield {
                "id": f"{DRAWN}/{name}-{n}",
                "description": f"Network {n} of the kind {name}, drawn with the seed {seed}.",
                "flags": [DRAWN],
                "inputs": (case if kind.signed else _without_signs(case))
                | {
                    "learning_rate": _learning_rate(next(drawn), kind.powers),
                    "epochs": kind.epochs,
                    "batch_size": kind.batch_size,
                    "train_biases": kind.train_biases,
                },
            }


def _learning_rate(drawn: int, powers: range) -> str:
    """Return a number with four digits, such as 2.718e-3; every fourth is negative."""
    drawn, sign = divmod(drawn, 4)
    drawn, power = divmod(drawn, len(powers))
    digits = 1000 + drawn % 9000
    return f"{'' if sign else '-'}{digits // 1000}.{digits % 1000:03}e{powers[power]}"


def _without_signs(nested: Any) -> Any:
    if isinstance(nested, dict):
        return {key: _without_signs(item) for key, item in nested.items()}
    if isinstance(nested, list):
        return [_without_signs(item) for item in nested]
    return nested.removeprefix("-")
