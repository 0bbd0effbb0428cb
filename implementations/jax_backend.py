"""Backpropagation in JAX: the loss is written out, and `jax.grad` differentiates it.

Training is a pure function: `lax.scan` carries the parameters from batch to batch and
`lax.fori_loop` from epoch to epoch, and `jax.jit` compiles the whole. Needs JAX ≥ 0.8, the first
version with `jax.enable_x64`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jax import Array, lax

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix

Arrays: TypeAlias = tuple[Array, ...]


@jax.jit
def forward(params: Arrays, X: Array) -> Arrays:
    """Return h, out_h, y and out_y, all (n, 2), for X (n, 2)."""
    W1, b1, W2, b2 = params
    # By default, accelerators reduce the precision of the factors in a float32 product.
    matmul = partial(jnp.matmul, precision="highest")
    h = matmul(X, W1.T) + b1
    out_h = jax.nn.sigmoid(h)
    y = matmul(out_h, W2.T) + b2
    return h, out_h, y, jax.nn.sigmoid(y)


@jax.jit
def loss(params: Arrays, X: Array, T: Array) -> Arrays:
    """Return ½ (T − out_y)² (n, 2) and its sum over the outputs (n,), for X and T (n, 2)."""
    _, _, _, out_y = forward(params, X)
    per_output = 0.5 * (T - out_y) * (T - out_y)
    return per_output, per_output.sum(axis=1)


def error(params: Arrays, X: Array, T: Array) -> Array:
    """Return E (), the sum of the losses of all rows, for X and T (n, 2)."""
    _, total = loss(params, X, T)
    return jnp.sum(total)


gradients = jax.jit(jax.grad(error))  # ∂E/∂W1 (2, 2), ∂E/∂b1 (), ∂E/∂W2 (2, 2), ∂E/∂b2 ()


@partial(jax.jit, static_argnames=("batch_size", "train_biases"))
def train(
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

    def step(params: Arrays, batch: Arrays) -> tuple[Arrays, None]:
        dE = gradients(params, *batch)
        W1, b1, W2, b2 = (p - learning_rate * dE_dp for p, dE_dp in zip(params, dE, strict=True))
        if not train_biases:
            _, b1, _, b2 = params
        return (W1, b1, W2, b2), None

    full = len(X) - len(X) % batch_size  # rows in full batches
    batches = tuple(rows[:full].reshape(full // batch_size, batch_size, 2) for rows in (X, T))

    def epoch(_number: Array, params: Arrays) -> Arrays:
        if full:
            params, _ = lax.scan(step, params, batches)
        if full < len(X):  # the short last batch has another shape, which a scan does not allow
            params, _ = step(params, (X[full:], T[full:]))
        return params

    # Not a scan, which would be recompiled for every number of epochs.
    trained: Arrays = lax.fori_loop(0, epochs, epoch, params)
    return trained


class Jax(Backend):
    """Functions compiled by XLA, with gradients from `jax.grad`."""

    name = "jax"
    version = jax.__version__
    dtypes = ("float64", "float32", "bfloat16", "float16")

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if dtype not in self.dtypes:
            raise ValueError(f"{self.name} has no dtype {dtype!r}, only {', '.join(self.dtypes)}")
        self.dtype = jnp.dtype(dtype)
        self.device = jax.devices(device)[0]

    def call(
        self, function: Callable[..., Arrays], params: Params, *rows: Matrix, **options: Any
    ) -> list[Any]:
        """Call `function` with arrays of this dtype on this device; return its results as lists."""
        # Without this, JAX silently converts float64 to float32. It applies only to this call, so
        # the setting of the rest of the process is unchanged.
        with jax.enable_x64(True):
            array = partial(jnp.asarray, dtype=self.dtype, device=self.device)
            answers = function(tuple(map(array, params)), *map(array, rows), **options)
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
