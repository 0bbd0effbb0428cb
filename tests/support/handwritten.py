"""A backend as people write it by hand, in plain floats, whose parts can be replaced by wrong ones.

It shares nothing with the network of the checker: neither the order of its sums and products (a sum
starts with the bias, and s − s² is the derivative) nor how it is cut into methods.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

from backproof.interface import Backend, Forward, Loss, Matrix, Params
from backproof.network.float_formats import FORMATS

Rows = Sequence[Sequence[float]]
Numbers = list[float]  # w1 … w4, b1, w5 … w8, b2, or one number for each
BIASES = (4, 9)


class HandWritten(Backend):
    """One hidden layer of two units, two outputs, and a bias that the units of a layer share."""

    name = "handwritten"
    dtypes: tuple[str, ...] = ("float64",)

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        del device
        self.rounded: Callable[[float], float] = FORMATS[dtype].round_float

    # What may be replaced

    def exp(self, z: float) -> float:
        return self.rounded(math.exp(z))

    def sigmoid(self, z: float) -> float:
        if z >= 0:
            return self.rounded(1 / self.rounded(1 + self.exp(-z)))
        small = self.exp(z)
        return self.rounded(small / self.rounded(1 + small))

    def slope_at_output(self, y: float, out: float) -> float:
        del y
        return self.rounded(out - self.rounded(out * out))

    def slope_at_hidden(self, h: float, out: float) -> float:
        del h
        return self.rounded(out - self.rounded(out * out))

    def error(self, out: float, target: float) -> float:
        return self.rounded(out - target)

    def weighted_sum(self, bias: float, weights: Sequence[float], inputs: Sequence[float]) -> float:
        found = bias
        for w, x in zip(weights, inputs, strict=True):
            found = self.rounded(found + self.product(w, x))
        return found

    def product(self, a: float, b: float) -> float:
        return self.rounded(a * b)

    def batch_gradients(self, p: Numbers, X: Rows, T: Rows) -> Numbers:
        """Return the gradients that `gradients` returns, and that a step takes."""
        return self.sums([self.row_gradients(p, x, t) for x, t in zip(X, T, strict=True)])

    def step(self, p: Numbers, X: Rows, T: Rows, rate: float, *, biases: bool) -> Numbers:
        """Take one step; `self.memory` is empty before the first."""
        return self.move(p, self.batch_gradients(p, X, T), rate, biases=biases)

    # What they are made of

    def sums(self, rows: Sequence[Numbers]) -> Numbers:
        found = [0.0] * 10
        for row in rows:
            found = [self.rounded(a + b) for a, b in zip(found, row, strict=True)]
        return found

    def move(self, p: Numbers, g: Numbers, rate: float, *, biases: bool) -> Numbers:
        return [
            x if i in BIASES and not biases else self.rounded(x - self.rounded(rate * d))
            for i, (x, d) in enumerate(zip(p, g, strict=True))
        ]

    def activations(self, p: Numbers, x: Sequence[float]) -> tuple[Numbers, ...]:
        h = [self.weighted_sum(p[4], p[0:2], x), self.weighted_sum(p[4], p[2:4], x)]
        out_h = [self.sigmoid(z) for z in h]
        y = [self.weighted_sum(p[9], p[5:7], out_h), self.weighted_sum(p[9], p[7:9], out_h)]
        return h, out_h, y, [self.sigmoid(z) for z in y]

    def deltas(self, p: Numbers, x: Sequence[float], t: Sequence[float]) -> tuple[Numbers, ...]:
        """Return out_h, the deltas of the outputs and those of the hidden units, of one row."""
        h, out_h, y, out = self.activations(p, x)
        d = [
            self.rounded(self.error(out[k], t[k]) * self.slope_at_output(y[k], out[k]))
            for k in (0, 1)
        ]
        e = [
            self.rounded(
                self.rounded(self.product(d[1], p[7 + i]) + self.product(d[0], p[5 + i]))
                * self.slope_at_hidden(h[i], out_h[i])
            )
            for i in (0, 1)
        ]
        return out_h, d, e

    def row_gradients(self, p: Numbers, x: Sequence[float], t: Sequence[float]) -> Numbers:
        out_h, d, e = self.deltas(p, x, t)
        hidden = [self.product(e[i], v) for i in (0, 1) for v in x]
        output = [self.product(d[k], v) for k in (0, 1) for v in out_h]
        return [*hidden, self.rounded(e[0] + e[1]), *output, self.rounded(d[0] + d[1])]

    # The four ops

    def forward(self, params: Params, X: Matrix) -> Forward:
        rows = [self.activations(_numbers(params), x) for x in X]
        return Forward(*([*column] for column in zip(*rows, strict=True)))

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        out = [self.activations(_numbers(params), x)[3] for x in X]
        each = [
            [
                self.rounded(self.rounded(0.5 * (a - b)) * self.rounded(a - b))
                for a, b in zip(o, t, strict=True)
            ]
            for o, t in zip(out, T, strict=True)
        ]
        return Loss(each, [self.rounded(a + b) for a, b in each])

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        return _params(self.batch_gradients(_numbers(params), X, T))

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
        p = _numbers(params)
        self.memory: dict[str, Any] = {}
        self.full_batch = min(batch_size, len(X))
        for _ in range(epochs):
            for start in range(0, len(X), batch_size):
                batch = slice(start, start + batch_size)
                p = self.step(p, X[batch], T[batch], learning_rate, biases=train_biases)
        return _params(p)


def _numbers(params: Params) -> Numbers:
    (w1, w2), (w3, w4) = params.W1
    (w5, w6), (w7, w8) = params.W2
    return [w1, w2, w3, w4, params.b1, w5, w6, w7, w8, params.b2]


def _params(numbers: Numbers) -> Params:
    w1, w2, w3, w4, b1, w5, w6, w7, w8, b2 = numbers
    return Params([[w1, w2], [w3, w4]], b1, [[w5, w6], [w7, w8]], b2)
