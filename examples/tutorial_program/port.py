"""The program at the end of the tutorial as a backend, with all its mistakes.

The tutorial works through its first row by hand, and every number that it publishes is right. Its
program differs from its text in six places, `MISTAKES`. This backend makes the same six mistakes
and no others. Each of them can be left out, as `measure.py` does to measure its effect:

    program = TutorialProgram()
    program.mistakes = {"forward-once"}

Where the program can be read in more than one way, this is how this backend reads it:

- The program runs its forward pass once, before its loop, and uses the activations of the initial
  weights from then on. So `train` keeps the activations of the parameters that it is given.
  `forward`, `loss` and `gradients` behave as if the program started with their parameters.
- Its error is a matrix with E1 and E2 of each row, which it does not use any further. `total` is
  their sum, as in the text.
- Its loop takes a step for each row. `gradients` sums what it would subtract for each row if the
  weights stayed the same. The "first row" is the first row given.
- It rounds with Python's `round` to 8 decimals. It rounds the gradient of each weight and, before
  that, the derivative ∂Out y/∂y where it enters the gradients of the output layer, but not where it
  enters those of the hidden layer.
- It computes no gradients of the biases. This backend returns the correct sums of the program's
  deltas, rounded like its other gradients. The program can neither train biases nor take a step
  over several rows, so both are unsupported.
"""

import math
from collections.abc import Collection, Mapping

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix

MISTAKES: Mapping[str, str] = {
    "forward-once": "The forward pass is run only once, before training.",
    "first-row-hidden": (
        "The gradients of the output weights use the hidden activations of row 1 for every row."
    ),
    "error-of-output-1": (
        "The gradients of w7 and w8 use ∂E1/∂Out y1, times the derivative of the sigmoid at y2."
    ),
    "error-of-hidden-1": "The gradients of w3 and w4 use ∂E/∂Out h1 instead of ∂E/∂Out h2.",
    "initial-weights-back": (
        "The loss is propagated back to the hidden units through the initial output weights."
    ),
    "rounded-gradients": "Gradients are rounded to 8 decimals.",
}
DECIMALS = 8


def sigmoid(z: float) -> float:
    """Return σ(z) = 1 / (1 + e⁻ᶻ), even where e⁻ᶻ overflows."""
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


class TutorialProgram(Backend):
    """Plain Python floats, one row at a time."""

    name = "tutorial-program"
    dtypes = ("float64",)
    mistakes: Collection[str] = tuple(MISTAKES)

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if (dtype, device) != ("float64", "cpu"):
            raise ValueError(f"{self.name} computes in float64 on cpu, not in {dtype} on {device}")

    def forward(self, params: Params, X: Matrix) -> Forward:
        h = layer(params.W1, params.b1, X)
        out_h = [[sigmoid(z) for z in row] for row in h]
        y = layer(params.W2, params.b2, out_h)
        return Forward(h, out_h, y, [[sigmoid(z) for z in row] for row in y])

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        out_y = self.forward(params, X).out_y
        per_output = [
            [(t - o) * (t - o) / 2 for t, o in zip(*row, strict=True)]
            for row in zip(T, out_y, strict=True)
        ]
        return Loss(per_output, [E1 + E2 for E1, E2 in per_output])

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        seen = self.forward(params, X)
        found = [self.of_row(r, seen, params.W2, X, T) for r in range(len(X))]
        return Params(
            [[sum(g.W1[i][j] for g in found) for j in (0, 1)] for i in (0, 1)],
            sum(g.b1 for g in found),
            [[sum(g.W2[k][i] for g in found) for i in (0, 1)] for k in (0, 1)],
            sum(g.b2 for g in found),
        )

    def train(
        self,
        params: Params,
        X: Matrix,
        T: Matrix,
        *,
        learning_rate: float,
        epochs: int,
        batch_size: int = 1,
        train_biases: bool = False,
    ) -> Params:
        if batch_size != 1 or train_biases:
            raise NotImplementedError("batches of several rows, and biases that move")
        before_the_loop = self.forward(params, X)
        now = params
        for _ in range(epochs):
            for r in range(len(X)):
                seen = before_the_loop if "forward-once" in self.mistakes else self.forward(now, X)
                W2 = params.W2 if "initial-weights-back" in self.mistakes else now.W2
                dE = self.of_row(r, seen, W2, X, T)
                W1 = descend(now.W1, dE.W1, learning_rate)
                now = Params(W1, now.b1, descend(now.W2, dE.W2, learning_rate), now.b2)
        return now

    def of_row(self, r: int, seen: Forward, W2: Matrix, X: Matrix, T: Matrix) -> Params:
        """Return what the program uses as the gradient of row r."""
        out_h, out_y = seen.out_h[r], seen.out_y[r]
        dE_dout_y = [-(t - o) for t, o in zip(T[r], out_y, strict=True)]
        dout_dy = [o * (1 - o) for o in out_y]
        delta_y = [e * slope for e, slope in zip(dE_dout_y, dout_dy, strict=True)]

        into_outputs = seen.out_h[0] if "first-row-hidden" in self.mistakes else out_h
        errors = [dE_dout_y[0]] * 2 if "error-of-output-1" in self.mistakes else dE_dout_y
        dE_dW2 = [
            [self.rounded(error * self.rounded(slope) * out) for out in into_outputs]
            for error, slope in zip(errors, dout_dy, strict=True)
        ]

        dE_dout_h = [delta_y[0] * W2[0][i] + delta_y[1] * W2[1][i] for i in (0, 1)]
        delta_h = [e * (o * (1 - o)) for e, o in zip(dE_dout_h, out_h, strict=True)]
        dE_db1 = self.rounded(sum(delta_h))
        if "error-of-hidden-1" in self.mistakes:
            delta_h[1] = dE_dout_h[0] * (out_h[1] * (1 - out_h[1]))
        dE_dW1 = [[self.rounded(delta * x) for x in X[r]] for delta in delta_h]
        return Params(dE_dW1, dE_db1, dE_dW2, self.rounded(sum(delta_y)))

    def rounded(self, gradient: float) -> float:
        return round(gradient, DECIMALS) if "rounded-gradients" in self.mistakes else gradient


def layer(W: Matrix, b: float, rows: Matrix) -> list[list[float]]:
    """Return rows Wᵀ + b, of shape (n, 2)."""
    return [[w[0] * row[0] + w[1] * row[1] + b for w in W] for row in rows]


def descend(W: Matrix, dE_dW: Matrix, learning_rate: float) -> list[list[float]]:
    """Return W − learning_rate · ∂E/∂W, of shape (2, 2)."""
    return [
        [w - learning_rate * g for w, g in zip(*rows, strict=True)]
        for rows in zip(W, dE_dW, strict=True)
    ]
