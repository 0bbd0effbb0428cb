"""Backpropagation with the Python array API standard, for any array library that conforms to it.

The library's namespace is `ArrayApi.xp`. To use another, subclass:

    class Tried(ArrayApi):
        name, version, xp = "tried", numpy.__version__, numpy

The default, array-api-strict, implements the standard and nothing else, which proves that this file
uses nothing else. Needs version 2023.12 of the standard, the first in which a sum of float32 is
float32, and therefore array-api-strict ≥ 2.1.
"""

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import array_api_strict

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix

Namespace: TypeAlias = Any
Array: TypeAlias = Any  # every library has its own class
Arrays: TypeAlias = Sequence[Array]


def sigmoid(xp: Namespace, z: Array) -> Array:
    """σ(z) = 1 / (1 + e⁻ᶻ), element by element."""
    return 1 / (1 + xp.exp(-z))


def forward(xp: Namespace, params: Arrays, X: Array) -> Arrays:
    """Return h, out_h, y and out_y, all (n, 2), for X (n, 2)."""
    W1, b1, W2, b2 = params
    h = X @ xp.matrix_transpose(W1) + b1
    out_h = sigmoid(xp, h)
    y = out_h @ xp.matrix_transpose(W2) + b2
    return h, out_h, y, sigmoid(xp, y)


def loss(xp: Namespace, params: Arrays, X: Array, T: Array) -> Arrays:
    """Return ½ (T − out_y)² (n, 2) and its sum over the outputs (n,), for X and T (n, 2)."""
    _, _, _, out_y = forward(xp, params, X)
    per_output = 0.5 * (T - out_y) * (T - out_y)
    return per_output, xp.sum(per_output, axis=1)


def gradients(xp: Namespace, params: Arrays, X: Array, T: Array) -> Arrays:
    """Return ∂E/∂W1 (2, 2), ∂E/∂b1 (), ∂E/∂W2 (2, 2) and ∂E/∂b2 () for X and T (n, 2)."""
    _, out_h, _, out_y = forward(xp, params, X)
    _, _, W2, _ = params
    delta_y = (out_y - T) * (out_y * (1 - out_y))  # ∂E/∂y (n, 2)
    delta_h = (delta_y @ W2) * (out_h * (1 - out_h))  # ∂E/∂h (n, 2)
    dE_dW1 = xp.matrix_transpose(delta_h) @ X
    dE_dW2 = xp.matrix_transpose(delta_y) @ out_h
    return dE_dW1, xp.sum(delta_h), dE_dW2, xp.sum(delta_y)


def train(
    xp: Namespace,
    params: Arrays,
    X: Array,
    T: Array,
    *,
    learning_rate: float,
    epochs: int,
    batch_size: int,
    train_biases: bool,
) -> Arrays:
    """Return the parameters after `epochs` passes over X and T (n, 2)."""
    W1, b1, W2, b2 = params
    for _ in range(epochs):
        for start in range(0, X.shape[0], batch_size):
            batch = slice(start, min(start + batch_size, X.shape[0]))
            dE_dW1, dE_db1, dE_dW2, dE_db2 = gradients(
                xp, (W1, b1, W2, b2), X[batch, :], T[batch, :]
            )
            W1 = W1 - learning_rate * dE_dW1
            W2 = W2 - learning_rate * dE_dW2
            if train_biases:
                b1 = b1 - learning_rate * dE_db1
                b2 = b2 - learning_rate * dE_db2
    return W1, b1, W2, b2


def nested(array: Array) -> Any:
    """Convert an array to nested lists of floats; the standard can convert only single numbers."""
    if array.ndim == 0:
        return float(array)
    return [nested(array[i, ...]) for i in range(array.shape[0])]


class ArrayApi(Backend):
    """Matrix operations with hand-derived gradients."""

    name = "array-api"
    version = array_api_strict.__version__
    dtypes = ("float64", "float32")
    xp: Namespace = array_api_strict

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if dtype not in self.dtypes:
            raise ValueError(f"{self.name} has no dtype {dtype!r}, only {', '.join(self.dtypes)}")
        if device != "cpu":
            raise ValueError(f"{self.name} has no device {device!r}, only cpu")
        self.dtype = getattr(self.xp, dtype)

    def call(
        self, function: Callable[..., Arrays], params: Params, *rows: Matrix, **options: Any
    ) -> list[Any]:
        """Call `function` with arrays of this dtype; return its results as lists."""
        array = partial(self.xp.asarray, dtype=self.dtype)
        with warnings.catch_warnings():
            # If e⁻ᶻ overflows, σ(z) is correctly 1 / (1 + inf) = 0, but NumPy, for one, warns.
            warnings.simplefilter("ignore", RuntimeWarning)
            answers = function(self.xp, [*map(array, params)], *map(array, rows), **options)
            return [nested(answer) for answer in answers]

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
