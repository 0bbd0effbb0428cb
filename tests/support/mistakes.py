"""Mistakes that people make, as edits of the reference implementation's text.

Each is named, says how it is made, and where a check must find it first: in which vector of the
tutorial, and in which number of it.
"""

from dataclasses import dataclass

from tampering import Edit


@dataclass(frozen=True)
class Mistake:
    """One thing done wrong."""

    edits: tuple[Edit, ...]
    vector: str  # the first that shows it, …
    quantity: str  # … and in it the first number that is wrong
    ops: frozenset[str]  # what goes wrong; all else stays right


def _mistake(place: str, *edits: Edit, ops: str) -> Mistake:
    vector, quantity = place.split(" ")
    return Mistake(edits, f"tutorial/{vector}", quantity, frozenset(ops.split()))


MISTAKES = {
    "hidden-weights-transposed": _mistake(
        "row-1/forward h[0][0]",
        ("h1 = x1 * w1 + x2 * w2", "h1 = x1 * w1 + x2 * w3"),
        ("h2 = x1 * w3 + x2 * w4", "h2 = x1 * w2 + x2 * w4"),
        ops="forward loss gradients train",
    ),
    "sigmoid-in-float32": _mistake(
        "row-1/forward out_h[0][0]",
        ("import math\n", "import math\nimport struct\n"),
        (
            "return 1 / (1 + math.exp(-z))",
            'return struct.unpack("f", struct.pack("f", 1 / (1 + math.exp(-z))))[0]',
        ),
        ops="forward loss gradients train",
    ),
    "sigmoid-plus-1e-12": _mistake(
        "row-1/forward out_h[0][0]",
        ("return 1 / (1 + math.exp(-z))", "return 1 / (1 + math.exp(-z)) + 1e-12"),
        ops="forward loss gradients train",
    ),
    "half-missing-from-the-loss": _mistake(
        "row-1/loss per_output[0][0]",
        ("E1 = 0.5 * (T1", "E1 = (T1"),
        ("E2 = 0.5 * (T2", "E2 = (T2"),
        ops="loss",
    ),
    "total-is-a-mean": _mistake(
        "row-1/loss total[0]",
        ("total=[E1 + E2 for", "total=[(E1 + E2) / 2 for"),
        ops="loss",
    ),
    "half-missing-from-the-derivative": _mistake(
        "row-1/gradients W2[0][0]",
        ("-(T1 - out_y1)", "-2 * (T1 - out_y1)"),
        ("-(T2 - out_y2)", "-2 * (T2 - out_y2)"),
        ops="gradients train",
    ),
    "sign-flipped": _mistake(
        "row-1/gradients W2[0][0]",
        ("-(T1 - out_y1)", "(T1 - out_y1)"),
        ("-(T2 - out_y2)", "(T2 - out_y2)"),
        ops="gradients train",
    ),
    "output-weights-transposed-on-the-way-back": _mistake(
        "row-1/gradients W1[0][0]",
        ("delta_y1 * w5 + delta_y2 * w7", "delta_y1 * w5 + delta_y2 * w6"),
        ("delta_y1 * w6 + delta_y2 * w8", "delta_y1 * w7 + delta_y2 * w8"),
        ops="gradients train",
    ),
    "derivative-of-the-hidden-sigmoid-is-a-quarter": _mistake(
        "row-1/gradients W1[0][0]",
        ("dE_dout_h1 * (out_h1 * (1 - out_h1))", "dE_dout_h1 * 0.25"),
        ("dE_dout_h2 * (out_h2 * (1 - out_h2))", "dE_dout_h2 * 0.25"),
        ops="gradients train",
    ),
    "hidden-unit-reaches-the-error-through-one-output": _mistake(
        "row-1/gradients W1[1][0]",
        ("delta_y1 * w6 + delta_y2 * w8", "delta_y2 * w8"),
        ops="gradients train",
    ),
    "output-bias-counts-one-unit": _mistake(
        "row-1/gradients b2",
        ("dE_db2 += delta_y1 + delta_y2", "dE_db2 += delta_y1"),
        ops="gradients train",
    ),
    "hidden-bias-counts-one-unit": _mistake(
        "row-1/gradients b1",
        ("dE_db1 += delta_h1 + delta_h2", "dE_db1 += delta_h1"),
        ops="gradients train",
    ),
    "hidden-gradients-rounded-to-8-decimals": _mistake(
        "row-1/gradients W1[0][0]",
        ("dE_dw1 += delta_h1 * x1", "dE_dw1 = round(dE_dw1 + delta_h1 * x1, 8)"),
        ops="gradients train",
    ),
    "gradients-averaged-over-rows": _mistake(
        "all-rows/gradients W2[0][0]",
        ("-(T1 - out_y1)", "-(T1 - out_y1) / len(X)"),
        ("-(T2 - out_y2)", "-(T2 - out_y2) / len(X)"),
        ops="gradients train",
    ),
    "only-the-last-row-counts": _mistake(
        "all-rows/gradients W2[1][0]",
        ("dE_dw7 += delta_y2 * out_h1", "dE_dw7 = delta_y2 * out_h1"),
        ops="gradients train",
    ),
    "hidden-deltas-use-updated-weights": _mistake(
        "row-1/step W1[0][0]",
        (
            "                dE = self.gradients(Params(W1, b1, W2, b2), X[batch], T[batch])",
            """\
                self.rate = learning_rate
                dE = self.gradients(Params(W1, b1, W2, b2), X[batch], T[batch])
                self.rate = 0.0""",
        ),
        (
            "            # A hidden unit affects",
            """\
            rate = getattr(self, "rate", 0.0)
            w5, w6 = w5 - rate * dE_dw5, w6 - rate * dE_dw6
            w7, w8 = w7 - rate * dE_dw7, w8 - rate * dE_dw8
            # A hidden unit affects""",
        ),
        ops="train",
    ),
    "biases-trained-unasked": _mistake(
        "row-1/step b1",
        ("if train_biases:", "if True:"),
        ops="train",
    ),
    "biases-never-trained": _mistake(
        "row-1/step-with-biases b1",
        ("if train_biases:", "if False:"),
        ops="train",
    ),
    "one-epoch-short": _mistake(
        "row-1/step W1[0][0]",
        ("range(epochs)", "range(epochs - 1)"),
        ops="train",
    ),
    "one-epoch-more": _mistake(
        "row-1/step W1[0][0]",
        ("range(epochs)", "range(epochs + 1)"),
        ops="train",
    ),
    "gradients-of-the-first-step-for-ever": _mistake(
        "1-epoch/per-row W1[0][0]",
        ("self.gradients(Params(W1, b1, W2, b2),", "self.gradients(params,"),
        ops="train",
    ),
    "rows-in-reverse": _mistake(
        "1-epoch/per-row W1[0][0]",
        ("in range(0, len(X), batch_size)", "in reversed(range(0, len(X), batch_size))"),
        ops="train",
    ),
    "short-last-batch-dropped": _mistake(
        "1-epoch/batches-of-3 W1[0][0]",
        ("range(0, len(X), batch_size)", "range(0, len(X) - batch_size + 1, batch_size)"),
        ops="train",
    ),
    "batch-size-ignored": _mistake(
        "1-epoch/batches-of-3 W1[0][0]",
        ("slice(start, start + batch_size)", "slice(start, start + 1)"),
        ops="train",
    ),
    "learning-rate-decays": _mistake(
        "10-epochs/per-row W1[0][0]",
        (
            "for _ in range(epochs):\n",
            "for n in range(epochs):\n            learning_rate *= 0.999 if n else 1\n",
        ),
        ops="train",
    ),
}
