"""Backpropagation in NumPy: the calculation of plain_python.py as matrix operations.

Activations and deltas have one row per row of the data, so a product with a transpose sums over the
data: `delta_y.T @ out_h` is ∂E/∂W2. Needs NumPy ≥ 2.0, whose promotion rules keep `1 - out_y` in
the dtype of `out_y`, even float16.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix

Array: TypeAlias = npt.NDArray[np.floating[Any]]

# IEEE 754 gives the right results: if e⁻ᶻ overflows, σ(z) is 1 / (1 + inf) = 0; inf − inf is NaN.
ieee_answers = np.errstate(over="ignore", under="ignore", invalid="ignore")


def sigmoid(z: Array) -> Array:
    """σ(z) = 1 / (1 + e⁻ᶻ), element by element."""
    return 1 / (1 + np.exp(-z))


def forward(params: Sequence[Array], X: Array) -> tuple[Array, Array, Array, Array]:
    """Return h, out_h, y and out_y, all (n, 2), for X (n, 2)."""
    W1, b1, W2, b2 = params
    h = X @ W1.T + b1
    out_h = sigmoid(h)
    y = out_h @ W2.T + b2
    return h, out_h, y, sigmoid(y)


def gradients(params: Sequence[Array], X: Array, T: Array) -> tuple[Array, Array, Array, Array]:
    """Return ∂E/∂W1 (2, 2), ∂E/∂b1 (), ∂E/∂W2 (2, 2) and ∂E/∂b2 () for X and T (n, 2)."""
    _, out_h, _, out_y = forward(params, X)
    _, _, W2, _ = params
    delta_y = (out_y - T) * (out_y * (1 - out_y))  # ∂E/∂y (n, 2)
    delta_h = (delta_y @ W2) * (out_h * (1 - out_h))  # ∂E/∂h (n, 2)
    return delta_h.T @ X, delta_h.sum(), delta_y.T @ out_h, delta_y.sum()


class NumPy(Backend):
    """Matrix operations with hand-derived gradients."""

    name = "numpy"
    version = np.__version__
    dtypes = ("float64", "float32", "float16")

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if dtype not in self.dtypes:
            raise ValueError(f"{self.name} has no dtype {dtype!r}, only {', '.join(self.dtypes)}")
        if device != "cpu":
            raise ValueError(f"{self.name} has no device {device!r}, only cpu")
        self.dtype = np.dtype(dtype)

    def arrays(self, *values: Matrix | float) -> list[Array]:
        """Convert matrices and numbers to arrays of this dtype."""
        return [np.asarray(value, self.dtype) for value in values]

    @ieee_answers
    def forward(self, params: Params, X: Matrix) -> Forward:
        *p, x = self.arrays(*params, X)
        return Forward(*(a.tolist() for a in forward(p, x)))

    @ieee_answers
    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        *p, x, t = self.arrays(*params, X, T)
        _, _, _, out_y = forward(p, x)
        per_output = 0.5 * (t - out_y) * (t - out_y)
        return Loss(per_output.tolist(), per_output.sum(axis=1).tolist())

    @ieee_answers
    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        *p, x, t = self.arrays(*params, X, T)
        return Params(*(a.tolist() for a in gradients(p, x, t)))

    @ieee_answers
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
        W1, b1, W2, b2, x, t = self.arrays(*params, X, T)
        for _ in range(epochs):
            for start in range(0, len(x), batch_size):
                batch = slice(start, start + batch_size)
                dE_dW1, dE_db1, dE_dW2, dE_db2 = gradients((W1, b1, W2, b2), x[batch], t[batch])
                W1 = W1 - learning_rate * dE_dW1
                W2 = W2 - learning_rate * dE_dW2
                if train_biases:
                    b1 = b1 - learning_rate * dE_db1
                    b2 = b2 - learning_rate * dE_db2
        return Params(*(a.tolist() for a in (W1, b1, W2, b2)))
