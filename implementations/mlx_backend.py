"""Backpropagation in MLX: the loss is written out, and `mx.grad` differentiates it.

Arrays are lazy: expressions build a graph, which `mx.eval` computes. Only the sigmoid's derivative
is written by hand. Needs MLX ≥ 0.31, the first version that converts float64 to Python floats.
"""

from collections.abc import Callable, Sequence
from functools import partial
from importlib import metadata
from typing import Any

import mlx.core as mx

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix

Arrays = Sequence[mx.array]


@mx.custom_function
def sigmoid(z: mx.array) -> mx.array:
    """σ(z) = 1 / (1 + e⁻ᶻ), element by element."""
    # On the CPU, mx.exp and therefore mx.sigmoid compute in float32 even for float64. mx.sigmoid is
    # up to 63 ulps of float32 off if z is far below 0; with mx.expm1, e⁻ᶻ − 1, it is two ulps.
    return 1 / (2 + mx.expm1(-z))


@sigmoid.vjp
def sigmoid_vjp(_z: mx.array, dE_ds: mx.array, s: mx.array) -> mx.array:
    """∂E/∂z from ∂E/∂s; differentiating the formula above gives inf / inf if e⁻ᶻ overflows."""
    return dE_ds * (s * (1 - s))


def forward(params: Arrays, X: mx.array) -> Arrays:
    """Return h, out_h, y and out_y, all (n, 2), for X (n, 2)."""
    W1, b1, W2, b2 = params
    h = X @ W1.T + b1
    out_h: Any = sigmoid(h)  # MLX does not annotate what a custom function returns
    y = out_h @ W2.T + b2
    out_y: Any = sigmoid(y)
    return h, out_h, y, out_y


def loss(params: Arrays, X: mx.array, T: mx.array) -> Arrays:
    """Return ½ (T − out_y)² (n, 2) and its sum over the outputs (n,), for X and T (n, 2)."""
    _, _, _, out_y = forward(params, X)
    per_output = 0.5 * (T - out_y) * (T - out_y)
    return per_output, per_output.sum(axis=1)


def error(params: Arrays, X: mx.array, T: mx.array) -> mx.array:
    """Return E (), the sum of the losses of all rows, for X and T (n, 2)."""
    _, total = loss(params, X, T)
    return total.sum()


gradients = mx.grad(error)  # ∂E/∂W1 (2, 2), ∂E/∂b1 (), ∂E/∂W2 (2, 2), ∂E/∂b2 ()


def train(
    params: Arrays,
    X: mx.array,
    T: mx.array,
    *,
    learning_rate: float,
    epochs: int,
    batch_size: int,
    train_biases: bool,
) -> Arrays:
    """Return the parameters after `epochs` passes over X and T (n, 2)."""
    W1, b1, W2, b2 = params
    rate = mx.array(learning_rate, W1.dtype)  # until MLX 0.32.1, a Python float counts as float32
    for _ in range(epochs):
        for start in range(0, len(X), batch_size):
            batch = slice(start, start + batch_size)
            dE_dW1, dE_db1, dE_dW2, dE_db2 = gradients([W1, b1, W2, b2], X[batch], T[batch])
            W1 = W1 - rate * dE_dW1
            W2 = W2 - rate * dE_dW2
            if train_biases:
                b1 = b1 - rate * dE_db1
                b2 = b2 - rate * dE_db2
            mx.eval(W1, b1, W2, b2)  # otherwise the graph grows with every step
    return W1, b1, W2, b2


class Mlx(Backend):
    """Apple's MLX on the CPU, the only device with float64; gradients from `mx.grad`."""

    name = "mlx"
    version = metadata.version("mlx")
    dtypes = ("float64", "float32", "bfloat16", "float16")

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if dtype not in self.dtypes:
            raise ValueError(f"{self.name} has no dtype {dtype!r}, only {', '.join(self.dtypes)}")
        if device != "cpu":
            raise ValueError(f"{self.name} has no device {device!r}, only cpu")
        self.dtype: mx.Dtype = getattr(mx, dtype)

    def call(
        self, function: Callable[..., Arrays], params: Params, *rows: Matrix, **options: Any
    ) -> list[Any]:
        """Call `function` with arrays of this dtype; return its results as lists."""
        with mx.stream(mx.cpu):  # on a Mac the default is the GPU
            array = partial(mx.array, dtype=self.dtype)
            answers = function([*map(array, params)], *map(array, rows), **options)
            return [answer.tolist() for answer in answers]

    def forward(self, params: Params, X: Matrix) -> Forward:
        return Forward(*self.call(forward, params, X))

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        return Loss(*self.call(loss, params, X, T))

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        return Params(*self.call(gradients, params, X, T))

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
        trained = self.call(
            train,
            params,
            X,
            T,
            learning_rate=learning_rate,
            epochs=epochs,
            batch_size=batch_size,
            train_biases=train_biases,
        )
        return Params(*trained)
