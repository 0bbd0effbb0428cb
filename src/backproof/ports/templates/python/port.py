"""A backend for backproof. Complete the methods marked TODO.

Arguments and results are Python floats; in between, use any types.

For a field of a result that the library does not show, return `backproof.UNSUPPORTED`, such as
`h=UNSUPPORTED`. For a request that it cannot carry out, such as batches of several rows, raise
`NotImplementedError`. Both are reported as unsupported, which does not count as a pass.
"""

from backproof import Backend, Forward, Loss, Params
from backproof.interface import Matrix


class Port(Backend):
    """The network, in float64."""

    name = "port-name"
    version = "0.1.0"  # of the underlying library
    dtypes = ("float64",)

    def forward(self, params: Params, X: Matrix) -> Forward:
        # TODO: h = X W1ᵀ + b1, out_h = σ(h), y = out_h W2ᵀ + b2, out_y = σ(y),
        # with σ(z) = 1 / (1 + e⁻ᶻ).
        zeros = [[0.0, 0.0] for _ in X]
        return Forward(h=zeros, out_h=zeros, y=zeros, out_y=zeros)

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        # TODO: per_output[r][k] = ½ (T[r][k] − out_y[r][k])², total[r] = Σₖ per_output[r][k].
        return Loss(per_output=[[0.0, 0.0] for _ in X], total=[0.0 for _ in X])

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        # TODO: delta_y[r][k] = (out_y[r][k] − T[r][k]) · out_y[r][k] (1 − out_y[r][k]),
        # delta_h[r][i] = (Σₖ delta_y[r][k] W2[k][i]) · out_h[r][i] (1 − out_h[r][i]),
        # ∂E/∂W1[i][j] = Σᵣ delta_h[r][i] X[r][j],      ∂E/∂b1 = Σᵣ Σᵢ delta_h[r][i],
        # ∂E/∂W2[k][i] = Σᵣ delta_y[r][k] out_h[r][i],  ∂E/∂b2 = Σᵣ Σₖ delta_y[r][k].
        zeros = [[0.0, 0.0], [0.0, 0.0]]
        return Params(W1=zeros, b1=0.0, W2=zeros, b2=0.0)

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
        # TODO: in each epoch, for every batch_size rows in order (the last batch may be short):
        # p ← p − learning_rate · ∂E/∂p for W1 and W2, and for b1 and b2 if train_biases,
        # computing all gradients before updating any parameter.
        zeros = [[0.0, 0.0], [0.0, 0.0]]
        return Params(W1=zeros, b1=0.0, W2=zeros, b2=0.0)
