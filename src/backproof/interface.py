"""The public interface: what an implementation of the network subclasses and returns.

Plain data in, plain data out: nested sequences of Python floats at the boundary, the framework's
own arrays inside. Shapes are written for `n` rows of two inputs and two targets; the names of the
tutorial stand beside the matrices they make up.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

Vector: TypeAlias = Sequence[float]
Matrix: TypeAlias = Sequence[Sequence[float]]


class Params(NamedTuple):
    """The network's ten parameters, or one number for each of them (gradients)."""

    W1: Matrix  # (2, 2): [[w1, w2], [w3, w4]]; row i feeds hidden unit i, column j takes input j
    b1: float  # the bias that both hidden units share
    W2: Matrix  # (2, 2): [[w5, w6], [w7, w8]]; row k feeds output k, column i takes hidden unit i
    b2: float  # the bias that both outputs share


class Forward(NamedTuple):
    """What the forward pass computes for each row."""

    h: Matrix  # (n, 2): hidden pre-activations, X W1ᵀ + b1
    out_h: Matrix  # (n, 2): hidden activations, σ(h)
    y: Matrix  # (n, 2): output pre-activations, out_h W2ᵀ + b2
    out_y: Matrix  # (n, 2): outputs, σ(y)


class Loss(NamedTuple):
    """Half squared errors; neither field is a mean."""

    per_output: Matrix  # (n, 2): ½ (T − out_y)², the tutorial's E1 and E2
    total: Vector  # (n,): their sum over the outputs of a row, the tutorial's E_total


class Backend(Protocol):
    """What a port implements. Subclass it, or write a class of the same shape.

    A method that a port leaves out raises `NotImplementedError`, which is reported as
    *unsupported* and never as a pass. The arguments belong to the caller: a port must not change
    them. Every number it returns must be a number of its dtype.
    """

    name: str  # "numpy"
    version: str = "unknown"  # of the framework underneath: "2.4.6"
    dtypes: tuple[str, ...]  # the dtypes the port claims: ("float64", "float32")

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        """Make a port that computes in `dtype`, one of `dtypes`, on `device`."""

    def forward(self, params: Params, X: Matrix) -> Forward:
        """Run the rows of `X` (n, 2) through the network."""
        raise NotImplementedError("forward")

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        """Compare the outputs for `X` (n, 2) with the targets `T` (n, 2)."""
        raise NotImplementedError("loss")

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        """Differentiate the sum of `Loss.total` over all rows by each parameter.

        A shared bias's gradient is the sum of the deltas of its two units.
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
        """Take `p ← p − learning_rate · gradient` for every mini-batch of every epoch.

        An epoch is one pass over the rows in the order given, in mini-batches of `batch_size`
        consecutive rows; the last one may be short. All gradients of a step are taken at the same
        parameters and summed over its rows, never averaged. Biases stay as they are unless
        `train_biases`. Returns the parameters after the last step.
        """
        raise NotImplementedError("train")
