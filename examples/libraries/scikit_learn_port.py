"""Backpropagation in scikit-learn's `MLPRegressor`: its forward pass, backpropagation and SGD.

The output layer of an `MLPRegressor` is linear. So the two sigmoid layers are hidden layers here,
and the output layer passes their result on: its weights are the identity and never change.

`MLPRegressor` has one bias for each unit, and divides gradients by the number of rows. `Tied`
overrides the method that it computes the gradients of a layer with: both units get the sum of
their biases' gradients, and the divisor is 1. Pre-activations are overwritten by activations, so
they are unsupported.
"""

from typing import Any

import numpy as np
import sklearn
from sklearn.neural_network import MLPRegressor

from backproof import UNSUPPORTED, Backend, Forward, Loss, Params
from backproof.interface import Matrix

LAYERS = 3
PASSED_ON = 2  # the layer that passes the second sigmoid layer's activations on


class Tied(MLPRegressor):  # type: ignore[misc]  # scikit-learn has no types
    """An `MLPRegressor` whose units share one bias in each of two logistic layers."""

    train_biases = True

    def start_at(self, params: Params) -> None:
        """Make the arrays, and take these parameters instead of random ones."""
        row = np.zeros((self.batch_size, 2))
        self.partial_fit(row, row)
        W1, b1, W2, b2 = map(np.asarray, params)
        for mine, given in zip(self.coefs_, (W1.T, W2.T, np.eye(2)), strict=True):
            mine[...] = given
        for mine, given in zip(self.intercepts_, (b1, b2, np.zeros(2)), strict=True):
            mine[...] = given

    def _compute_loss_grad(
        self, layer: int, _rows: float, activations: Any, deltas: Any, dW: Any, db: Any
    ) -> None:
        super()._compute_loss_grad(layer, 1, activations, deltas, dW, db)
        db[layer][...] = db[layer].sum() if self.train_biases else 0.0
        if layer == PASSED_ON:
            dW[layer][...] = db[layer][...] = 0.0

    def activations(self, X: Matrix) -> tuple[Any, Any]:
        """Return the activations of the two sigmoid layers."""
        _, out_h, out_y, _ = self._forward_pass([np.asarray(X)] + [None] * LAYERS)
        return out_h, out_y

    def gradients(self, X: Matrix, T: Matrix) -> tuple[Any, Any]:
        """Return the gradients of all weights and of all biases."""
        dW, db = [np.empty((2, 2))] * LAYERS, [np.empty(2)] * LAYERS
        x = np.asarray(X)
        self._backprop(x, np.asarray(T), None, [x] + [None] * LAYERS, [None] * LAYERS, dW, db)
        return dW, db


def make(params: Params, *, learning_rate: float = 1.0, batch_size: int = 1) -> Tied:
    """Return the network with these parameters, and plain gradient descent."""
    network = Tied(
        hidden_layer_sizes=(2, 2),
        activation="logistic",
        solver="sgd",
        alpha=0.0,  # no weight decay
        batch_size=batch_size,
        learning_rate_init=learning_rate,
        momentum=0.0,
        nesterovs_momentum=False,
        shuffle=False,
        random_state=0,  # of the initial weights, which are replaced
    )
    network.start_at(params)
    return network


def as_params(weights: Any, biases: Any) -> Params:
    """Convert scikit-learn's arrays, whose weights are (inputs, units)."""
    (W1, W2, _), (b1, b2, _) = weights, biases
    return Params(W1.T.tolist(), float(b1[0]), W2.T.tolist(), float(b2[0]))


class ScikitLearn(Backend):
    """scikit-learn's multilayer perceptron."""

    name = "scikit-learn"
    version = str(sklearn.__version__)
    dtypes = ("float64",)

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if (dtype, device) != ("float64", "cpu"):
            raise ValueError(f"{self.name} computes in float64 on cpu, not in {dtype} on {device}")

    @np.errstate(all="ignore")
    def forward(self, params: Params, X: Matrix) -> Forward:
        out_h, out_y = make(params).activations(X)
        return Forward(UNSUPPORTED, out_h.tolist(), UNSUPPORTED, out_y.tolist())

    @np.errstate(all="ignore")
    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        with sklearn.config_context(assume_finite=True):  # else it refuses NaN and infinities
            out_y = make(params).predict(np.asarray(X))
        per_output = 0.5 * (np.asarray(T) - out_y) ** 2
        return Loss(per_output.tolist(), per_output.sum(axis=1).tolist())

    @np.errstate(all="ignore")
    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        return as_params(*make(params).gradients(X, T))

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
        network = make(params, learning_rate=learning_rate, batch_size=min(batch_size, len(X)))
        network.train_biases = train_biases
        with sklearn.config_context(assume_finite=True):
            for _ in range(epochs):
                network.partial_fit(np.asarray(X), np.asarray(T))
        return as_params(network.coefs_, network.intercepts_)
