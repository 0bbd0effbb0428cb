"""Long training: the tutorial's own 100 iterations and more, judged on the way and at the end."""

from collections.abc import Iterator
from typing import Any

from backproof.chapters import tutorial

SOURCE = "The tutorial's data and its learning rate, trained for as long as it trains and longer."

NOTES = {
    "many-steps": tutorial.NOTES["many-steps"],
    "slow": "Takes seconds to minutes in an eager framework; runs only when asked for.",
}

# How long each dtype is trained: as long as the proven bound at the end still says something.
LENGTHS = {
    5: ("bfloat16",),
    20: ("float16",),
    100: ("float64", "float32"),
    120: ("float64", "float32"),
    3_000: ("float32",),  # about as long as there is a bound at the end
    10_000: ("float64", "float32"),
}
SLOW = 1_000  # epochs
FACTS = {
    5: " In bfloat16 no hidden weight moves: every update is below half an ulp, and rightly lost.",
    3_000: " The end is judged in float32, too.",
}


def vectors() -> Iterator[dict[str, Any]]:
    """Yield every long vector as a vector file holds it, but for what is expected."""
    for epochs, dtypes in LENGTHS.items():
        yield {
            "id": f"long/{epochs}-epochs",
            "description": f"{epochs:,} epochs, a step for each row; the biases stay."
            + FACTS.get(epochs, ""),
            "op": "train",
            "flags": ["many-steps", *(["slow"] if epochs >= SLOW else [])],
            "inputs": {
                "params": tutorial.PARAMS,
                "X": tutorial.X,
                "T": tutorial.T,
                "learning_rate": tutorial.LEARNING_RATE,
                "epochs": epochs,
                "batch_size": 1,
                "train_biases": False,
            },
            "anchors": list(_anchors(epochs)),
            "dtypes": dtypes,
        }


def _anchors(epochs: int) -> Iterator[int]:
    """Yield the first ten epochs, then about ten for every factor of ten, to the last."""
    epoch = 0
    while epoch < epochs - 1:
        yield epoch
        epoch = max(epoch + 1, epoch * 5 // 4)
    yield epochs - 1
