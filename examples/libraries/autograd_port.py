"""Backpropagation in HIPS autograd: its NumPy, its `expit`, its `grad` and its `sgd`.

A scalar bias is broadcast over both units of its layer, and autograd sums its gradient. autograd
differentiates float64 only.
"""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import grad
from autograd.misc.optimizers import sgd
from autograd.scipy.special import expit

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix

BIASES = ("b1", "b2")


def arrays(params: Params) -> dict[str, Any]:
    return {name: np.asarray(value) for name, value in params._asdict().items()}


class Autograd(Backend):
    """autograd's own sigmoid, differentiation and optimizer."""

    name = "autograd"
    version = version("autograd")
    dtypes = ("float64",)
    sigmoid = staticmethod(expit)

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if (dtype, device) != ("float64", "cpu"):
            raise ValueError(f"{self.name} computes in float64 on cpu, not in {dtype} on {device}")

    def layers(self, p: Mapping[str, Any], X: Any) -> tuple[Any, Any, Any, Any]:
        """Return h, out_h, y and out_y, all (n, 2), for X (n, 2)."""
        h = anp.dot(X, p["W1"].T) + p["b1"]
        out_h = self.sigmoid(h)
        y = anp.dot(out_h, p["W2"].T) + p["b2"]
        return h, out_h, y, self.sigmoid(y)

    def half_squared_error(self, p: Mapping[str, Any], X: Any, T: Any) -> Any:
        """Return ½ (T − out_y)² (n, 2) for X and T (n, 2)."""
        *_, out_y = self.layers(p, X)
        return 0.5 * (T - out_y) ** 2

    @np.errstate(all="ignore")
    def forward(self, params: Params, X: Matrix) -> Forward:
        return Forward(*(a.tolist() for a in self.layers(arrays(params), np.asarray(X))))

    @np.errstate(all="ignore")
    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        per_output = self.half_squared_error(arrays(params), np.asarray(X), np.asarray(T))
        return Loss(per_output.tolist(), per_output.sum(axis=1).tolist())

    @np.errstate(all="ignore")
    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        x, t = np.asarray(X), np.asarray(T)
        dE = grad(lambda p: anp.sum(self.half_squared_error(p, x, t)))(arrays(params))
        return Params(**{name: gradient.tolist() for name, gradient in dE.items()})

    @np.errstate(all="ignore")
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
        x, t = np.asarray(X), np.asarray(T)
        batches = [slice(start, start + batch_size) for start in range(0, len(x), batch_size)]
        given = arrays(params)
        fixed = {} if train_biases else {name: given.pop(name) for name in BIASES}

        def error(trained: Mapping[str, Any], step: int) -> Any:
            rows = batches[step % len(batches)]
            return anp.sum(self.half_squared_error({**trained, **fixed}, x[rows], t[rows]))

        trained = sgd(
            grad(error),
            given,
            num_iters=epochs * len(batches),
            step_size=learning_rate,
            mass=0.0,  # no momentum
        )
        return Params(**{name: w.tolist() for name, w in {**trained, **fixed}.items()})
