"""The formulas and conventions of the network, written once for any arithmetic.

The sigmoid, the half squared error and plain gradient descent are implemented nowhere else:
reference values, error bounds and derivatives come from evaluating these formulas, each in its own
arithmetic. The names are the tutorial's; shapes are given for n rows.

Each convention is one small method of `Network`. `RIGHT` follows them all. A mistake
(`backproof.network.mistakes`) is a subclass that overrides one: a mutant of the network, as in
mutation testing.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import ClassVar, Generic, NamedTuple, Protocol, TypeVar

from backproof.network.formats import FORMATS, Format, Real

N = TypeVar("N")


class Arithmetic(Protocol[N]):
    """The operations that the formulas use."""

    def total(self, terms: Sequence[N]) -> N:
        """Add the terms, in any order."""

    def product(self, a: N, b: N) -> N:
        """Multiply a by b."""

    def difference(self, a: N, b: N) -> N:
        """Subtract b from a."""

    def half_square(self, d: N) -> N:
        """Return ½ d²."""

    def sigmoid(self, z: N) -> N:
        """Return σ(z) = 1 / (1 + e^(−z))."""

    def sigmoid_slope(self, s: N) -> N:
        """Return σ′(z) = s (1 − s), given s = σ(z)."""

    # Only mistakes use the following; the correct network does not.

    def constant(self, x: Real) -> N:
        """Return a constant of the program, rounded to the format."""

    def nondecreasing(self, f: Callable[[Real], Real], x: N) -> N:
        """Apply a nondecreasing function, such as rounding or clipping; NaN stays NaN."""


class Parameters(NamedTuple, Generic[N]):
    """Parameters, or one number for each of them; shapes as in `backproof.Params`."""

    W1: list[list[N]]
    b1: N
    W2: list[list[N]]
    b2: N

    def listed(self) -> list[N]:
        """Return the ten numbers in the order w1…w4, b1, w5…w8, b2."""
        return [*chain(*self.W1), self.b1, *chain(*self.W2), self.b2]


def parameters(ten: Sequence[N]) -> Parameters[N]:
    """Rebuild parameters from the ten numbers that `Parameters.listed` returns."""
    w1, w2, w3, w4, b1, w5, w6, w7, w8, b2 = ten
    return Parameters([[w1, w2], [w3, w4]], b1, [[w5, w6], [w7, w8]], b2)


class Activations(NamedTuple, Generic[N]):
    """The results of the forward pass, each (n, 2)."""

    h: list[list[N]]
    out_h: list[list[N]]
    y: list[list[N]]
    out_y: list[list[N]]


class Errors(NamedTuple, Generic[N]):
    """The loss ½ (T − out_y)²: per output (n, 2), and summed over the outputs of a row (n,)."""

    per_output: list[list[N]]
    total: list[N]


class Deltas(NamedTuple, Generic[N]):
    """The intermediate results of backpropagation, in order; each (n, 2) unless stated."""

    dE_dout_y: list[list[N]]  # out_y − T
    dout_dy: list[list[N]]  # σ′(y)
    delta_y: list[list[N]]  # dE/dy
    dE_k_dout_h: list[list[list[N]]]  # (n, 2, 2): row, output k, hidden unit i
    dE_dout_h: list[list[N]]  # the sum over k
    dout_dh: list[list[N]]  # σ′(h)
    delta_h: list[list[N]]  # dE/dh


class Past(NamedTuple, Generic[N]):
    """The history of a training run. Only mistakes read it; the correct network does not."""

    start: Parameters[N]  # before the first step
    epoch_start: Parameters[N]  # before the first step of this epoch
    before: Parameters[N]  # before the last step
    epoch: int  # counted from 0
    learning_rate: N
    first_row: list[N]  # the first row of X (2,)


class Plan(NamedTuple, Generic[N]):
    """The hyperparameters of a training run, with the learning rate in some arithmetic."""

    learning_rate: N
    epochs: int
    batch_size: int
    train_biases: bool


class Pass(NamedTuple, Generic[N]):
    """One mini-batch after its forward and backward pass."""

    params: Parameters[N]
    X: list[list[N]]
    seen: Activations[N]
    carried: Deltas[N]
    past: Past[N] | None


class Network:
    """The formulas, with a method for each convention that an implementation can get wrong.

    Rows are lists of two numbers. `past` is passed only during a training run.
    """

    precision: ClassVar[str | None] = None  # the format computed in, if it is always the same

    def __init__(self, fmt: Format = FORMATS["float64"]) -> None:
        self.format = fmt  # of the implementation; tells where a mistake overflows

    # Forward

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        """Compute h = X W1ᵀ + b1, out_h = σ(h), y = out_h W2ᵀ + b2, out_y = σ(y)."""
        h = [self.hidden_layer(a, params, x) for x in X]
        out_h = [[self.hidden_activation(a, z) for z in row] for row in h]
        y = [self.output_layer(a, params, row) for row in out_h]
        out_y = [self.output_activations(a, row) for row in y]
        return Activations(h, out_h, y, out_y)

    def hidden_layer(self, a: Arithmetic[N], params: Parameters[N], x: list[N]) -> list[N]:
        return self.layer(a, params.W1, params.b1, x)

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        return self.layer(a, params.W2, params.b2, out_h)

    def layer(self, a: Arithmetic[N], W: list[list[N]], bias: N, x: list[N]) -> list[N]:
        return [self.affine(a, weights, bias, x) for weights in W]

    def affine(self, a: Arithmetic[N], weights: list[N], bias: N, x: list[N]) -> N:
        return a.total([*(a.product(v, w) for v, w in zip(x, weights, strict=True)), bias])

    def hidden_activation(self, a: Arithmetic[N], z: N) -> N:
        return self.activation(a, z)

    def output_activations(self, a: Arithmetic[N], y: list[N]) -> list[N]:
        return [self.activation(a, z) for z in y]

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.sigmoid(z)

    # Loss

    def loss(self, a: Arithmetic[N], out_y: list[list[N]], T: list[list[N]]) -> Errors[N]:
        """Compute ½ (T − out_y)² and its sum over the two outputs of each row."""
        per_output = [
            [self.error(a, t, o) for t, o in zip(targets, outputs, strict=True)]
            for targets, outputs in zip(T, out_y, strict=True)
        ]
        return Errors(per_output, self.totals(a, per_output))

    def error(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.half_square(a.difference(t, o))

    def totals(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return [a.total(row) for row in per_output]

    # Gradients

    def deltas(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        seen: Activations[N],
        T: list[list[N]],
        past: Past[N] | None = None,
    ) -> Deltas[N]:
        """Backpropagate the loss through both layers by the chain rule."""
        dE_dout_y = [
            [self.error_slope(a, o, t) for o, t in zip(outputs, targets, strict=True)]
            for outputs, targets in zip(seen.out_y, T, strict=True)
        ]
        dout_dy = pairwise(lambda z, s: self.output_slope(a, z, s), seen.y, seen.out_y)
        delta_y = pairwise(a.product, dE_dout_y, dout_dy)
        W2 = self.weights_back(a, params, past)
        dE_k_dout_h = [
            [[a.product(w, d) for w in weights] for weights, d in zip(W2, row, strict=True)]
            for row in delta_y
        ]
        dE_dout_h = [
            [self.gathered(a, list(p)) for p in zip(*row, strict=True)] for row in dE_k_dout_h
        ]
        dout_dh = pairwise(lambda z, s: self.hidden_slope(a, z, s), seen.h, seen.out_h)
        delta_h = pairwise(a.product, dE_dout_h, dout_dh)
        return Deltas(dE_dout_y, dout_dy, delta_y, dE_k_dout_h, dE_dout_h, dout_dh, delta_h)

    def error_slope(self, a: Arithmetic[N], o: N, t: N) -> N:
        return a.difference(o, t)

    def output_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return self.slope(a, z, s)

    def hidden_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return self.slope(a, z, s)

    def slope(self, a: Arithmetic[N], z: N, s: N) -> N:  # noqa: ARG002  # mistakes use z
        return a.sigmoid_slope(s)

    def weights_back(
        self,
        a: Arithmetic[N],  # noqa: ARG002  # mistakes may use it, …
        params: Parameters[N],
        past: Past[N] | None,  # noqa: ARG002  # … and this
    ) -> list[list[N]]:
        """Return the output weights that backpropagation multiplies by."""
        return params.W2

    def gathered(self, a: Arithmetic[N], parts: list[N]) -> N:
        """Sum the contributions of both outputs to dE/dout_h of one hidden unit."""
        return a.total(parts)

    def gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: Past[N] | None = None,
    ) -> Parameters[N]:
        """Differentiate the loss, summed over all rows and outputs, by each parameter."""
        seen = self.step_activations(a, params, X, past)
        carried = self.deltas(a, params, seen, T, past)
        return self.collected(a, Pass(params, X, seen, carried, past))

    def step_activations(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        past: Past[N] | None,  # noqa: ARG002  # mistakes may use it
    ) -> Activations[N]:
        """Return the activations at which the gradients are taken."""
        return self.forward(a, params, X)

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        """Compute the gradient of each parameter from the deltas of all rows."""
        return Parameters(
            W1=self.outer_sum(a, self.hidden_weights_deltas(a, done.carried), done.X),
            b1=self.bias_gradient(a, done.carried.delta_h),
            W2=self.outer_sum(a, self.output_weights_deltas(a, done.carried), done.seen.out_h),
            b2=self.bias_gradient(a, done.carried.delta_y),
        )

    def hidden_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:  # noqa: ARG002
        """Return the deltas used for the gradients of the hidden weights."""
        return carried.delta_h

    def output_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:  # noqa: ARG002
        """Return the deltas used for the gradients of the output weights."""
        return carried.delta_y

    def bias_gradient(self, a: Arithmetic[N], deltas: list[list[N]]) -> N:
        """Sum the deltas (n, 2) of a layer over rows, and over the units that share its bias."""
        return a.total(list(chain(*deltas)))

    def outer_sum(
        self, a: Arithmetic[N], deltas: list[list[N]], fed: list[list[N]]
    ) -> list[list[N]]:
        """Sum outer products of a layer's deltas and inputs (n, 2) over rows; returns (2, 2)."""
        return [
            [
                a.total([self.row_gradient(a, d, x) for d, x in zip(ds, xs, strict=True)])
                for xs in zip(*fed, strict=True)
            ]
            for ds in zip(*deltas, strict=True)
        ]

    def row_gradient(self, a: Arithmetic[N], delta: N, x: N) -> N:
        """Return one row's contribution to the gradient of the weight that multiplies x."""
        return a.product(delta, x)

    # Training

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        plan: Plan[N],
    ) -> Iterator[Parameters[N]]:
        """Yield the parameters before the first step and after each step."""
        X, T = self.ordered(X), self.ordered(T)
        yield params
        start = before = params
        for epoch, steps in enumerate(self.epochs(len(X), plan.epochs, plan.batch_size)):
            epoch_start = params
            for rows in steps:
                past = Past(start, epoch_start, before, epoch, plan.learning_rate, X[0])
                before, params = (
                    params,
                    self.step(
                        a,
                        params,
                        X[rows],
                        T[rows],
                        plan.learning_rate,
                        train_biases=plan.train_biases,
                        past=past,
                    ),
                )
                yield params

    def ordered(self, rows: list[list[N]]) -> list[list[N]]:
        """Return the rows of X or T in the order of training."""
        return rows

    def epochs(self, rows: int, epochs: int, batch_size: int) -> list[list[slice]]:
        """Return, for each epoch, the rows of each of its steps."""
        return [self.epoch(rows, batch_size)] * epochs

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        """Return the rows of each step of one epoch."""
        return [slice(start, start + batch_size) for start in range(0, rows, batch_size)]

    def step(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        learning_rate: N,
        *,
        train_biases: bool,
        past: Past[N] | None = None,
    ) -> Parameters[N]:
        """Take one step on one mini-batch: p ← p − learning_rate · gradient."""
        rate = self.rate(a, learning_rate, len(X), past)
        g = self.step_gradients(a, params, X, T, past)

        def moved(p: N, gradient: N) -> N:
            return a.difference(p, a.product(rate, gradient))

        return Parameters(
            W1=pairwise(moved, params.W1, g.W1),
            b1=moved(params.b1, g.b1) if train_biases else params.b1,
            W2=pairwise(moved, params.W2, g.W2),
            b2=moved(params.b2, g.b2) if train_biases else params.b2,
        )

    def rate(
        self,
        a: Arithmetic[N],  # noqa: ARG002  # mistakes may use it, …
        learning_rate: N,
        rows: int,  # noqa: ARG002  # … this, …
        past: Past[N] | None,  # noqa: ARG002  # … and this
    ) -> N:
        """Return the learning rate of one step on a mini-batch of `rows` rows."""
        return learning_rate

    def step_gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: Past[N] | None,
    ) -> Parameters[N]:
        """Return the gradients used in one step."""
        return self.gradients(a, params, X, T, past)

    # Parameters as a list

    def listed(self, params: Parameters[N]) -> list[N]:
        """Return every parameter that can change independently of the others."""
        return params.listed()

    def rebuilt(self, numbers: list[N]) -> Parameters[N]:
        """Rebuild the parameters from the numbers that `listed` returns."""
        return parameters(numbers)


RIGHT = Network()
forward, loss, deltas = RIGHT.forward, RIGHT.loss, RIGHT.deltas
gradients, step = RIGHT.gradients, RIGHT.step


def batches(rows: int, epochs: int, batch_size: int) -> list[slice]:
    """Return the rows of each step of a whole training run."""
    return RIGHT.epoch(rows, batch_size) * epochs


def pairwise(op: Callable[[N, N], N], A: list[list[N]], B: list[list[N]]) -> list[list[N]]:
    return [[op(p, q) for p, q in zip(r, s, strict=True)] for r, s in zip(A, B, strict=True)]
