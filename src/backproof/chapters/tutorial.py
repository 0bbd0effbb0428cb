"""The hand-worked tutorial: its inputs, what it prints, and what it leaves to its reader.

Only what goes in stands here; what must come out is certified by `truth` and written to
`fixtures/tutorial.json` by `generate`.
"""

from collections.abc import Iterator
from typing import Any

from backproof.network.formats import FORMATS

PARAMS = {
    "W1": [["0.11", "0.27"], ["0.19", "0.52"]],  # w1, w2; w3, w4
    "b1": "0.39",
    "W2": [["0.44", "0.48"], ["0.23", "0.29"]],  # w5, w6; w7, w8
    "b2": "0.42",
}
X = [["0.03", "0.09"], ["0.04", "0.10"], ["0.05", "0.11"], ["0.06", "0.12"]]
T = [["0.01", "0.99"], ["0.99", "0.01"], ["0.01", "0.99"], ["0.99", "0.01"]]
LEARNING_RATE = "0.3"

# Over many steps the proven bound of a half type outgrows the distance that the weights move, so
# that it would no longer tell a trained network from an untrained one.
ENOUGH_DIGITS = {
    1: tuple(FORMATS),
    10: ("float64", "float32", "float16"),
    100: ("float64", "float32"),
}

SOURCE = (
    "A tutorial, 'Neural Network from Scratch using numpy Python', which works the first row of "
    "its data through by hand. Its numbers are quoted with the equation that each belongs to."
)

NOTES = {
    "printed": "The tutorial prints numbers of this vector: compare them with yours by eye.",
    "several-rows": (
        "Rows are treated together. If only these fail, look for rows mixed up: a transpose, a "
        "mean where a sum belongs, or a shape that is broadcast."
    ),
    "trained-biases": (
        "The biases move too. If only these fail, look at the bias gradients: a shared bias "
        "collects the deltas of both its units, and of every row of the batch."
    ),
    "per-row": (
        "Each row is a step of its own. If only these fail, rows are put together, or the second "
        "row still meets the weights from before the first."
    ),
    "full-batch": (
        "All rows make up one step. If only these fail, the batch's gradients are averaged, or "
        "the weights move between its rows."
    ),
    "short-batch": (
        "The batch size does not divide the number of rows. If only these fail, the last, short "
        "batch is dropped, filled up or scaled."
    ),
    "many-steps": (
        "Many steps in a row. If only these fail, something is carried from step to step: stale "
        "activations, momentum, accumulated gradients, a decaying learning rate, a wrong count."
    ),
}

HIDDEN = "Forward Propagation, 1. Hidden layer Calculation"
OUTPUT = "Forward Propagation, 2. Output layer Calculation"
ERROR = "Error Calculation"
BACK = "Back Propagation, 1. Back Propagation for Output Layer"


def vectors() -> Iterator[dict[str, Any]]:
    """Yield every vector of the tutorial as a vector file holds it, but for what is expected."""
    yield from _first_row()
    yield from _all_rows()
    for epochs in ENOUGH_DIGITS:
        yield from _epochs(epochs)


def _first_row() -> Iterator[dict[str, Any]]:
    row = {"params": PARAMS, "X": X[:1]}
    yield {
        "id": "tutorial/row-1/forward",
        "description": "The first row runs forward through both layers.",
        "op": "forward",
        "flags": ["printed"],
        "inputs": row,
        "printed": [
            _printed("h[0][0]", "0.4176", HIDDEN, "h1 = x1·w1 + x2·w2 + b1"),
            _printed("h[0][1]", "0.4425", HIDDEN, "h2 = x1·w3 + x2·w4 + b1"),
            _printed("out_h[0][0]", "0.60290881", OUTPUT, "Out h1 = σ(h1)"),
            _printed("out_h[0][1]", "0.60885456921", OUTPUT, "Out h2 = σ(h2)"),
            _printed("out_h[0][1]", "0.60885457", OUTPUT, "Out h2 = σ(h2)"),
            _printed("y[0][0]", "0.97753007", OUTPUT, "y1 = Out h1·w5 + Out h2·w6 + b2"),
            _printed("y[0][1]", "0.73523685", OUTPUT, "y2 = Out h1·w7 + Out h2·w8 + b2"),
            _printed("out_y[0][0]", "0.72661785", ERROR, "Out y1 = σ(y1)"),
        ],
    }
    row = row | {"T": T[:1]}
    yield {
        "id": "tutorial/row-1/loss",
        "description": "Each output of the first row has half its squared error.",
        "op": "loss",
        "flags": ["printed"],
        "inputs": row,
        "printed": [
            _printed("per_output[0][0]", "0.25677057", ERROR, "E1 = ½ (T1 − Out y1)²"),
            _printed("per_output[0][1]", "0.04931263", ERROR, "E2 = ½ (T2 − Out y2)²"),
            _printed("total[0]", "0.3060832", ERROR, "E_Total = E1 + E2"),
        ],
    }
    yield {
        "id": "tutorial/row-1/gradients",
        "description": "The first row's error is carried back to every weight and bias.",
        "op": "gradients",
        "flags": ["printed"],
        "inputs": row,
        "printed": [
            _printed("dout_dy[0][0]", "0.19864435", BACK, "∂Out y1/∂y1 = Out y1 (1 − Out y1)"),
        ],
    }
    yield {
        "id": "tutorial/row-1/step",
        "description": "One step on the first row moves all eight weights; the biases stay.",
        "op": "train",
        "flags": ["printed"],
        "inputs": row | _schedule(1, batch_size=1, train_biases=False),
        "printed": [
            _printed("params.W2[0][0]", "0.41425240", BACK, "(new) w5 = w5 − η ∂E_Total/∂w5"),
        ],
    }
    yield {
        "id": "tutorial/row-1/step-with-biases",
        "description": "One step on the first row moves the eight weights and both shared biases.",
        "op": "train",
        "flags": ["trained-biases"],
        "inputs": row | _schedule(1, batch_size=1, train_biases=True),
    }


def _all_rows() -> Iterator[dict[str, Any]]:
    rows = {"params": PARAMS, "X": X}
    yield {
        "id": "tutorial/all-rows/forward",
        "description": "All four rows run forward in one matrix calculation.",
        "op": "forward",
        "flags": ["several-rows"],
        "inputs": rows,
    }
    yield {
        "id": "tutorial/all-rows/loss",
        "description": "Each of the four rows has an error of its own.",
        "op": "loss",
        "flags": ["several-rows"],
        "inputs": rows | {"T": T},
    }
    yield {
        "id": "tutorial/all-rows/gradients",
        "description": "Gradients are summed over the four rows, not averaged.",
        "op": "gradients",
        "flags": ["several-rows"],
        "inputs": rows | {"T": T},
    }


def _epochs(epochs: int) -> Iterator[dict[str, Any]]:
    length = "One epoch" if epochs == 1 else f"{epochs} epochs"
    many = ["many-steps"] if epochs > 1 else []
    ways = [
        ("per-row", "a step for each row", 1, ["per-row"]),
        ("batches-of-3", "a step for three rows, then one for the last", 3, ["short-batch"]),
        ("full-batch", "one step for all four rows", len(X), ["full-batch"]),
    ]
    for name, way, batch_size, flags in ways:
        for train_biases in (False, True):
            yield {
                "id": f"tutorial/{epochs}-epoch{'s' if epochs > 1 else ''}/{name}"
                + ("-with-biases" if train_biases else ""),
                "description": f"{length} of training with {way}; the biases "
                + ("move too." if train_biases else "stay."),
                "op": "train",
                "flags": [*flags, *(["trained-biases"] if train_biases else []), *many],
                "inputs": {"params": PARAMS, "X": X, "T": T}
                | _schedule(epochs, batch_size=batch_size, train_biases=train_biases),
                "dtypes": ENOUGH_DIGITS[epochs],
            }


def _schedule(epochs: int, *, batch_size: int, train_biases: bool) -> dict[str, Any]:
    return {
        "learning_rate": LEARNING_RATE,
        "epochs": epochs,
        "batch_size": batch_size,
        "train_biases": train_biases,
    }


def _printed(quantity: str, digits: str, where: str, equation: str) -> dict[str, str]:
    return {"quantity": quantity, "digits": digits, "where": where, "equation": equation}
