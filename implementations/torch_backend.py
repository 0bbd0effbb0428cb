"""Backpropagation in PyTorch: the forward pass is written out, and autograd differentiates it.

After `requires_grad_`, operations on a tensor are recorded, and `torch.autograd.grad` traverses the
record backwards. Needs PyTorch ≥ 2.13, and no NumPy.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix


def forward(params: Sequence[Tensor], X: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return h, out_h, y and out_y, all (n, 2), for X (n, 2)."""
    W1, b1, W2, b2 = params
    h = X @ W1.T + b1
    out_h = torch.sigmoid(h)
    y = out_h @ W2.T + b2
    return h, out_h, y, torch.sigmoid(y)


def half_squared_error(params: Sequence[Tensor], X: Tensor, T: Tensor) -> Tensor:
    """Return ½ (T − out_y)² (n, 2) for X and T (n, 2)."""
    _, _, _, out_y = forward(params, X)
    return 0.5 * (T - out_y) * (T - out_y)


def lists(tensors: Iterable[Tensor]) -> list[Any]:
    """Convert tensors to nested lists of floats, or to floats if they have no dimensions."""
    return [tensor.tolist() for tensor in tensors]


class Torch(Backend):
    """Eager PyTorch, with gradients from autograd."""

    name = "torch"
    version = str(torch.__version__)
    dtypes = ("float64", "float32", "bfloat16", "float16")

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if dtype not in self.dtypes:
            raise ValueError(f"{self.name} has no dtype {dtype!r}, only {', '.join(self.dtypes)}")
        self.dtype: torch.dtype = getattr(torch, dtype)
        self.device = torch.device(device)

    def tensors(self, *values: Matrix | float) -> list[Tensor]:
        """Convert matrices and numbers to tensors of this dtype on this device."""
        return [torch.tensor(value, dtype=self.dtype, device=self.device) for value in values]

    def forward(self, params: Params, X: Matrix) -> Forward:
        *p, x = self.tensors(*params, X)
        return Forward(*lists(forward(p, x)))

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        *p, x, t = self.tensors(*params, X, T)
        per_output = half_squared_error(p, x, t)
        return Loss(*lists((per_output, per_output.sum(dim=1))))

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        *p, x, t = self.tensors(*params, X, T)
        for w in p:
            w.requires_grad_()
        error = half_squared_error(p, x, t).sum()
        return Params(*lists(torch.autograd.grad(error, p)))

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
        W1, b1, W2, b2, x, t = self.tensors(*params, X, T)
        p = [W1, b1, W2, b2]
        trained = p if train_biases else [W1, W2]
        for w in trained:
            w.requires_grad_()
        batches = list(zip(torch.split(x, batch_size), torch.split(t, batch_size), strict=True))
        for _ in range(epochs):
            for x_batch, t_batch in batches:
                error = half_squared_error(p, x_batch, t_batch).sum()
                gradients = torch.autograd.grad(error, trained)
                # torch.optim.SGD would do the same, but takes a second to load torch.compile.
                with torch.no_grad():
                    for w, dE_dw in zip(trained, gradients, strict=True):
                        w.sub_(learning_rate * dE_dw)
        return Params(*lists(p))
