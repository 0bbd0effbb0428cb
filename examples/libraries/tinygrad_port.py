"""Backpropagation in tinygrad: its `Linear`, `sigmoid`, `backward`, `SGD` and `TinyJit`.

`Linear` has one bias for each unit. Here it gets a bias of one element instead, which tinygrad
broadcasts over the units, and whose gradient it sums. It runs on tinygrad's device PYTHON, which
needs no compiler.
"""

import os
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

os.environ["DEV"] = "PYTHON"  # read when tinygrad is imported

from tinygrad import Context, Tensor, TinyJit
from tinygrad.nn import Linear
from tinygrad.nn.optim import SGD

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix


class Network:
    """Two layers of tinygrad, each followed by its sigmoid."""

    def __init__(self) -> None:
        self.layers = [Linear(2, 2), Linear(2, 2)]
        for layer in self.layers:
            layer.bias = Tensor([0.0])
        self.parameters = [p for layer in self.layers for p in (layer.weight, layer.bias)]
        Tensor.realize(*self.parameters)

    def forward(self, X: Any) -> tuple[Any, ...]:
        """Return h, out_h, y and out_y, all (n, 2), for X (n, 2)."""
        seen: tuple[Any, ...] = ()
        for layer in self.layers:
            z = layer(X)
            X = z.sigmoid()
            seen += (z, X)
        return seen

    def loss(self, X: Any, T: Any) -> tuple[Any, Any]:
        """Return ½ (T − out_y)² (n, 2) and its sum over the outputs (n,)."""
        *_, out_y = self.forward(X)
        per_output = 0.5 * (T - out_y).square()
        return per_output, per_output.sum(axis=1)

    def gradients(self, X: Any, T: Any) -> tuple[Any, ...]:
        """Leave the gradient of the summed loss in each parameter, and return all four."""
        for p in self.parameters:
            p.grad = None
        _, total = self.loss(X, T)
        total.sum().backward()
        return tuple(p.grad for p in self.parameters)


def as_params(W1: Any, b1: Any, W2: Any, b2: Any) -> Params:
    return Params(W1.tolist(), b1.tolist()[0], W2.tolist(), b2.tolist()[0])


class Tinygrad(Backend):
    """tinygrad's layers, automatic differentiation and optimizer."""

    name = "tinygrad"
    version = version("tinygrad")
    dtypes = ("float64", "float32")

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if dtype not in self.dtypes or device != "cpu":
            raise ValueError(f"{self.name} has no {dtype} on {device}")
        self.context = {"DEFAULT_FLOAT": dtype, "TRAINING": 1}
        self.recorded: dict[tuple[object, int], Any] = {}
        with Context(**self.context):  # the default is also the dtype of the learning rate
            self.network = Network()
            W1, _, W2, _ = self.network.parameters
            self.optimizers = {
                True: SGD(self.network.parameters, lr=0.0),
                False: SGD([W1, W2], lr=0.0),
            }

    def start_at(self, params: Params) -> None:
        for mine, given in zip(self.network.parameters, params, strict=True):
            mine.assign(Tensor(given).reshape(mine.shape)).realize()

    def run(self, function: Callable[..., Any], name: object, *rows: Matrix) -> Any:
        """Call a function that tinygrad records for each number of rows, and then replays."""

        def realized(*tensors: Any) -> Any:
            results = function(*tensors)
            Tensor.realize(*results)
            return results

        call = self.recorded.setdefault((name, len(rows[0])), TinyJit(realized))
        return call(*(Tensor(matrix).realize() for matrix in rows))

    def forward(self, params: Params, X: Matrix) -> Forward:
        with Context(**self.context):
            self.start_at(params)
            seen = self.run(self.network.forward, "forward", X)
            return Forward(*(tensor.tolist() for tensor in seen))

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        with Context(**self.context):
            self.start_at(params)
            return Loss(*(tensor.tolist() for tensor in self.run(self.network.loss, "loss", X, T)))

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        with Context(**self.context):
            self.start_at(params)
            return as_params(*self.run(self.network.gradients, "gradients", X, T))

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
        with Context(**self.context):
            self.start_at(params)
            optimizer = self.optimizers[train_biases]
            optimizer.lr.assign(Tensor([learning_rate])).realize()

            def step(x: Any, t: Any) -> list[Any]:
                self.network.gradients(x, t)
                steps: list[Any] = optimizer.schedule_step()
                return steps

            for _ in range(epochs):
                for start in range(0, len(X), batch_size):
                    batch = slice(start, start + batch_size)
                    self.run(step, train_biases, X[batch], T[batch])
            return as_params(*self.network.parameters)
