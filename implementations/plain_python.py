"""Backpropagation in plain Python, number by number, with the tutorial's names.

Read this file first: every weight has its own line, and every derivative is written as the chain
rule's product. `dE_dw5` is ∂E/∂w5, the derivative of the loss with respect to w5; a `delta` is the
derivative with respect to a unit's pre-activation, such as `delta_y1` = ∂E/∂y1. Needs only the
standard library.
"""

import math
import platform

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix


def sigmoid(z: float) -> float:
    """σ(z) = 1 / (1 + e⁻ᶻ)."""
    if z < 0:  # multiplied by eᶻ / eᶻ, because math.exp(-z) raises if it overflows
        return math.exp(z) / (math.exp(z) + 1)
    return 1 / (1 + math.exp(-z))


def descend(W: Matrix, dE_dW: Matrix, learning_rate: float) -> list[list[float]]:
    """Return W − learning_rate · ∂E/∂W, all (2, 2)."""
    return [
        [w - learning_rate * dE_dw for w, dE_dw in zip(*rows, strict=True)]
        for rows in zip(W, dE_dW, strict=True)
    ]


class PlainPython(Backend):
    """Python floats, one row and one weight at a time."""

    name = "plain-python"
    version = platform.python_version()
    dtypes = ("float64",)

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if dtype not in self.dtypes:
            raise ValueError(f"{self.name} has no dtype {dtype!r}, only {', '.join(self.dtypes)}")
        if device != "cpu":
            raise ValueError(f"{self.name} has no device {device!r}, only cpu")

    def forward(self, params: Params, X: Matrix) -> Forward:
        (w1, w2), (w3, w4) = params.W1
        (w5, w6), (w7, w8) = params.W2
        h, out_h, y, out_y = [], [], [], []
        for x1, x2 in X:
            h1 = x1 * w1 + x2 * w2 + params.b1
            h2 = x1 * w3 + x2 * w4 + params.b1
            out_h1, out_h2 = sigmoid(h1), sigmoid(h2)
            y1 = out_h1 * w5 + out_h2 * w6 + params.b2
            y2 = out_h1 * w7 + out_h2 * w8 + params.b2
            out_y1, out_y2 = sigmoid(y1), sigmoid(y2)
            h.append([h1, h2])
            out_h.append([out_h1, out_h2])
            y.append([y1, y2])
            out_y.append([out_y1, out_y2])
        return Forward(h, out_h, y, out_y)

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        per_output = []
        for (out_y1, out_y2), (T1, T2) in zip(self.forward(params, X).out_y, T, strict=True):
            E1 = 0.5 * (T1 - out_y1) * (T1 - out_y1)  # ** 2 would raise if it overflows
            E2 = 0.5 * (T2 - out_y2) * (T2 - out_y2)
            per_output.append([E1, E2])
        return Loss(per_output, total=[E1 + E2 for E1, E2 in per_output])

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        (w5, w6), (w7, w8) = params.W2
        _, out_h, _, out_y = self.forward(params, X)
        dE_dw1 = dE_dw2 = dE_dw3 = dE_dw4 = dE_db1 = 0.0
        dE_dw5 = dE_dw6 = dE_dw7 = dE_dw8 = dE_db2 = 0.0
        rows = zip(X, out_h, out_y, T, strict=True)
        for (x1, x2), (out_h1, out_h2), (out_y1, out_y2), (T1, T2) in rows:
            # ∂E/∂y = ∂E/∂out_y · ∂out_y/∂y, and ∂E/∂w = ∂E/∂y · ∂y/∂w; ∂y1/∂w5 is out_h1.
            delta_y1 = -(T1 - out_y1) * (out_y1 * (1 - out_y1))
            delta_y2 = -(T2 - out_y2) * (out_y2 * (1 - out_y2))
            dE_dw5 += delta_y1 * out_h1
            dE_dw6 += delta_y1 * out_h2
            dE_dw7 += delta_y2 * out_h1
            dE_dw8 += delta_y2 * out_h2
            dE_db2 += delta_y1 + delta_y2  # both outputs share b2

            # A hidden unit affects the loss through both outputs.
            dE_dout_h1 = delta_y1 * w5 + delta_y2 * w7
            dE_dout_h2 = delta_y1 * w6 + delta_y2 * w8
            delta_h1 = dE_dout_h1 * (out_h1 * (1 - out_h1))
            delta_h2 = dE_dout_h2 * (out_h2 * (1 - out_h2))
            dE_dw1 += delta_h1 * x1
            dE_dw2 += delta_h1 * x2
            dE_dw3 += delta_h2 * x1
            dE_dw4 += delta_h2 * x2
            dE_db1 += delta_h1 + delta_h2
        dE_dW1, dE_dW2 = [[dE_dw1, dE_dw2], [dE_dw3, dE_dw4]], [[dE_dw5, dE_dw6], [dE_dw7, dE_dw8]]
        return Params(dE_dW1, dE_db1, dE_dW2, dE_db2)

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
        W1, W2 = [[*row] for row in params.W1], [[*row] for row in params.W2]
        b1, b2 = params.b1, params.b2
        for _ in range(epochs):
            for start in range(0, len(X), batch_size):
                batch = slice(start, start + batch_size)
                dE = self.gradients(Params(W1, b1, W2, b2), X[batch], T[batch])
                W1 = descend(W1, dE.W1, learning_rate)
                W2 = descend(W2, dE.W2, learning_rate)
                if train_biases:
                    b1 -= learning_rate * dE.b1
                    b2 -= learning_rate * dE.b2
        return Params(W1, b1, W2, b2)
