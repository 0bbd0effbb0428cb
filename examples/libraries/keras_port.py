"""Backpropagation in Keras 3, on JAX: its `Dense`, its `MeanSquaredError`, its `SGD` and its `fit`.

`Dense` has one bias for each unit. `SharedBias` gives it a bias of one element instead, which is
broadcast over the units, and whose gradient is summed. The mean squared error of two outputs is
their half squared error, and `reduction="sum"` sums it over the rows of a batch.
"""

import os
from functools import cache
from importlib.metadata import version
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"  # read when Keras is imported
os.environ["JAX_ENABLE_X64"] = "1"  # otherwise JAX silently converts float64 to float32

import jax
import keras
import numpy as np

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix


class SharedBias(keras.layers.Dense):  # type: ignore[misc]  # Keras has no types
    """A dense layer of two units that share one bias."""

    bias: Any

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)
        self._untrack_variable(self.bias)
        self.bias = self.add_weight(name="bias", shape=(1,))


@cache  # `fit` compiles each model anew
def compiled(dtype: str, *, train_biases: bool) -> tuple[Any, list[Any]]:
    """Return a model with a `fit`, and its layers h, out_h, y and out_y."""
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)  # of the layers; set_floatx leaves it as it is
    layers = [
        SharedBias(2, name="hidden"),
        keras.layers.Activation("sigmoid"),
        SharedBias(2, name="output"),
        keras.layers.Activation("sigmoid"),
    ]
    model = keras.Sequential([keras.Input((2,)), *layers])
    for layer in layers[::2]:
        layer.bias.trainable = train_biases
    model.compile(
        optimizer=keras.optimizers.SGD(1.0), loss=keras.losses.MeanSquaredError(reduction="sum")
    )
    return model, layers


def read(W1: Any, b1: Any, W2: Any, b2: Any) -> Params:
    """Convert Keras's arrays, whose weights are (inputs, units)."""
    return Params(W1.T.tolist(), float(b1[0]), W2.T.tolist(), float(b2[0]))


class Keras(Backend):
    """Keras's layers, losses and training loop."""

    name = "keras"
    version = f"{version('keras')}, jax {version('jax')}"
    dtypes = ("float64", "float32")

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if dtype not in self.dtypes or device != "cpu":
            raise ValueError(f"{self.name} has no {dtype} on {device}")
        self.dtype = dtype

    def array(self, rows: object) -> Any:
        return np.asarray(rows, self.dtype)

    def model(self, params: Params, *, train_biases: bool = True) -> tuple[Any, list[Any]]:
        """Return the model with these parameters, and its layers."""
        model, layers = compiled(self.dtype, train_biases=train_biases)
        keras.config.set_floatx(self.dtype)  # of the loss and the optimizer
        W1, b1, W2, b2 = map(self.array, params)
        layers[0].kernel.assign(W1.T)
        layers[0].bias.assign(b1.reshape(1))
        layers[2].kernel.assign(W2.T)
        layers[2].bias.assign(b2.reshape(1))
        return model, layers

    def forward(self, params: Params, X: Matrix) -> Forward:
        _, layers = self.model(params)
        seen = [self.array(X)]
        for layer in layers:
            seen.append(layer(seen[-1]))
        return Forward(*(np.asarray(a).tolist() for a in seen[1:]))

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        model, _ = self.model(params)
        out_y, t = model(self.array(X)), self.array(T)
        squares = keras.losses.mean_squared_error(t[..., None], out_y[..., None])
        total = keras.losses.mean_squared_error(t, out_y)
        return Loss(np.asarray(0.5 * squares).tolist(), np.asarray(total).tolist())

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        model, _ = self.model(params)
        x, t = self.array(X), self.array(T)

        def error(weights: Any) -> Any:
            out_y, _ = model.stateless_call(weights, [], x)
            return model.loss(t, out_y)

        return read(*jax.grad(error)([v.value for v in model.trainable_variables]))

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
        model, layers = self.model(params, train_biases=train_biases)
        model.optimizer.learning_rate = learning_rate
        if epochs:
            model.fit(
                self.array(X),
                self.array(T),
                batch_size=batch_size,
                epochs=epochs,
                shuffle=False,
                verbose=0,
            )
        trained = [v for layer in layers[::2] for v in (layer.kernel, layer.bias)]
        return read(*(np.asarray(v.value) for v in trained))
