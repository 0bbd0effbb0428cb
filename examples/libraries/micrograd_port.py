"""Backpropagation in micrograd: its `Layer`, its `Value` and its `backward`.

micrograd has no sigmoid and no optimizer. The sigmoid here is an operation of `Value`, written the
way micrograd writes its own; the step is the loop of its README. Both neurons of a layer hold the
same `Value` as bias, so that `backward` sums its gradient.
"""

import math
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from micrograd.engine import Value
from micrograd.nn import Layer, Module

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix


def sigmoid(z: Any) -> Any:
    """σ(z) = 1 / (1 + e⁻ᶻ) as an operation of micrograd."""
    e = math.exp(-abs(z.data))  # math.exp(-z) raises if it overflows
    out = Value(1 / (1 + e) if z.data >= 0 else e / (1 + e), (z,), "sigmoid")

    def backward() -> None:
        z.grad += out.data * (1 - out.data) * out.grad

    out._backward = backward  # noqa: SLF001  micrograd's operations are made so
    return out


class Network(Module):  # type: ignore[misc]  # micrograd has no types
    """Two linear layers of micrograd, each followed by the sigmoid."""

    def __init__(self, params: Params) -> None:
        self.layers = [Layer(2, 2, nonlin=False) for _ in range(2)]
        for layer, W, b in zip(self.layers, params[::2], params[1::2], strict=True):
            shared = Value(b)
            for neuron, row in zip(layer.neurons, W, strict=True):
                neuron.w, neuron.b = [Value(w) for w in row], shared

    def __call__(self, x: Sequence[float]) -> list[list[Any]]:
        """Return h, out_h, y and out_y of one row."""
        seen: list[list[Any]] = []
        inputs: Sequence[Any] = x
        for layer in self.layers:
            z = layer(inputs)
            inputs = [sigmoid(unit) for unit in z]
            seen += [z, inputs]
        return seen

    def per_output(self, x: Sequence[float], t: Sequence[float]) -> list[Any]:
        """Return ½ (T − out_y)² of one row."""
        *_, out_y = self(x)
        return [0.5 * (wanted - out) ** 2 for wanted, out in zip(t, out_y, strict=True)]

    def backward(self, X: Matrix, T: Matrix) -> None:
        """Leave the gradient of the summed loss in each parameter."""
        self.zero_grad()
        rows = zip(X, T, strict=True)
        sum((E for x, t in rows for E in self.per_output(x, t)), Value(0.0)).backward()

    def parameters(self) -> list[Any]:
        return [p for layer in self.layers for n in layer.neurons for p in n.w] + self.biases()

    def biases(self) -> list[Any]:
        return [layer.neurons[0].b for layer in self.layers]

    def read(self, key: str) -> Params:
        """Return `data` or `grad` of all parameters."""
        W1, W2 = (
            [[float(getattr(w, key)) for w in neuron.w] for neuron in layer.neurons]
            for layer in self.layers
        )
        b1, b2 = (float(getattr(b, key)) for b in self.biases())
        return Params(W1, b1, W2, b2)


class Micrograd(Backend):
    """Python floats, a graph node for each operation."""

    name = "micrograd"
    version = version("micrograd")
    dtypes = ("float64",)

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if (dtype, device) != ("float64", "cpu"):
            raise ValueError(f"{self.name} computes in float64 on cpu, not in {dtype} on {device}")

    def forward(self, params: Params, X: Matrix) -> Forward:
        network = Network(params)
        rows = [[[v.data for v in values] for values in network(x)] for x in X]
        return Forward(*map(list, zip(*rows, strict=True)))

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        network = Network(params)
        rows = [network.per_output(x, t) for x, t in zip(X, T, strict=True)]
        total = [E1 + E2 for E1, E2 in rows]
        return Loss([[E.data for E in row] for row in rows], [E.data for E in total])

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        network = Network(params)
        network.backward(X, T)
        return network.read("grad")

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
        network = Network(params)
        fixed = () if train_biases else network.biases()
        trained = [p for p in network.parameters() if p not in fixed]
        for _ in range(epochs):
            for start in range(0, len(X), batch_size):
                rows = slice(start, start + batch_size)
                network.backward(X[rows], T[rows])
                for p in trained:
                    p.data -= learning_rate * p.grad
        return network.read("data")
