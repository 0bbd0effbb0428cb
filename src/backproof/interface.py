"""The public interface: the base class of backends and the types of their arguments and results.

A backend receives and returns nested sequences of Python floats; internally it may use any array
type. Shapes are given for `n` rows of two inputs and two targets. The weights' names in the
tutorial are given beside each matrix.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

Matrix: TypeAlias = Sequence[Sequence[float]]

# Stands for a field of a result that the backend does not support: Forward(h=UNSUPPORTED, …). It is
# None, for type checkers of any type.
UNSUPPORTED: Any = None


class Params(NamedTuple):
    """The network's ten parameters, or the gradient of the loss with respect to each."""

    W1: Matrix  # (2, 2): [[w1, w2], [w3, w4]]; row i feeds hidden unit i, column j takes input j
    b1: float  # the bias shared by both hidden units
    W2: Matrix  # (2, 2): [[w5, w6], [w7, w8]]; row k feeds output k, column i takes hidden unit i
    b2: float  # the bias shared by both outputs


class Forward(NamedTuple):
    """The result of the forward pass, for each row."""

    h: Matrix  # (n, 2): hidden pre-activations, X W1ᵀ + b1
    out_h: Matrix  # (n, 2): hidden activations, σ(h)
    y: Matrix  # (n, 2): output pre-activations, out_h W2ᵀ + b2
    out_y: Matrix  # (n, 2): outputs, σ(y)


class Loss(NamedTuple):
    """The loss ½ (T − out_y)². Sum over outputs; do not average over outputs or rows."""

    per_output: Matrix  # (n, 2): the loss of each output, the tutorial's E1 and E2
    total: Sequence[float]  # (n,): the sum over a row's outputs, the tutorial's E_total


class Backend(Protocol):
    """An implementation under test. Subclass it, or write a class with the same attributes.

    A subclass may leave out an operation that it does not support. The method inherited raises
    `NotImplementedError`, which is reported as *unsupported* and does not count as a pass. So is a
    field of a result that is `UNSUPPORTED`; its other numbers are checked. Do not modify the
    arguments. Every number returned must be exactly representable in the dtype.
    """

    name: str  # "numpy"
    version: str = "unknown"  # of the underlying framework: "2.4.6"
    dtypes: tuple[str, ...]  # the supported dtypes: ("float64", "float32")

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        """Create a backend that computes in `dtype`, one of `dtypes`, on `device`."""

    def forward(self, params: Params, X: Matrix) -> Forward:
        """Run the forward pass on the rows of `X` (n, 2)."""
        raise NotImplementedError("forward")

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        """Compute the loss of the outputs for `X` (n, 2) against the targets `T` (n, 2)."""
        raise NotImplementedError("loss")

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        """Differentiate the sum of `Loss.total` over all rows with respect to each parameter.

        The gradient of a shared bias is the sum of the deltas of its two units.
        """
        raise NotImplementedError("gradients")

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
        """Apply `p ← p − learning_rate · gradient` for every mini-batch of every epoch.

        An epoch is one pass over the rows in the given order, in mini-batches of `batch_size`
        consecutive rows; the last mini-batch may be smaller. In each step, compute all gradients
        at the same parameters and sum them over the rows; do not average. If `train_biases` is
        false, the biases must stay bit-identical. Return the parameters after the last step.
        """
        raise NotImplementedError("train")
