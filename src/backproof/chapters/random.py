"""Random nets, so that no habit of the vectors chosen by hand hides a mistake."""

from collections.abc import Iterator
from typing import Any

from backproof.random_nets import net

SOURCE = (
    "Signed random nets from SplitMix64, as `random_nets.net` writes it down: the seed is the "
    "number in the vector's id."
)

NOTES = {
    "random": (
        "An ordinary net with numbers of both signs. If these fail, so does nearly everything: "
        "look at the tutorial's vectors first."
    ),
    "large-weights": (
        "Parameters reach 10, so that units saturate and gradients span many decades. If only "
        "these fail, look at the sigmoid far from 0 and at its derivative."
    ),
}

NETS = {1: 12, 10: 8}  # scale: how many nets


def vectors() -> Iterator[dict[str, Any]]:
    """Yield the random vectors as a vector file holds them, but for what is expected."""
    for scale, count in NETS.items():
        for seed in range(1, count + 1):
            rows = 1 + seed % 3
            case = net(seed, rows, scale)
            size = "ordinary" if scale == 1 else "large"
            training = {
                "learning_rate": "0.3",
                "epochs": 1,
                "batch_size": 1 + seed % 2,
                "train_biases": True,
            }
            for op, inputs in (
                ("forward", {"params": case["params"], "X": case["X"]}),
                ("loss", case),
                ("gradients", case),
                ("train", case | training),
            ):
                yield {
                    "id": f"random/{size}-{seed}/{op}",
                    "description": f"A net with {size} weights, from the seed {seed} ({op}).",
                    "op": op,
                    "flags": ["random"] if scale == 1 else ["large-weights"],
                    "inputs": inputs,
                }
