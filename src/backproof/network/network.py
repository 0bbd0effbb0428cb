"""The network's formulas and conventions, once, over any arithmetic.

Nothing else in the checker knows the sigmoid, the half squared error or plain gradient descent:
truth, error bounds and derivatives all come from evaluating these formulas, each in an
arithmetic of its own. The names are the tutorial's; shapes are written for n rows.

Each convention is one small method of `Network`. `CORRECT_NETWORK` follows them all; a mistake
(`backproof.network.mistakes`) is a subclass that overrides one.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import ClassVar, Generic, NamedTuple

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.float_formats import FORMATS, Format


class Parameters(NamedTuple, Generic[N]):
    """Parameters, or one number for each of them; shapes as in `backproof.Params`."""

    W1: list[list[N]]
    b1: N
    W2: list[list[N]]
    b2: N

    def flatten(self) -> list[N]:
        """Return the ten numbers in the order w1…w4, b1, w5…w8, b2."""
        return [*chain(*self.W1), self.b1, *chain(*self.W2), self.b2]


def unflatten_parameters(numbers: Sequence[N]) -> Parameters[N]:
    """Rebuild what `Parameters.flatten` took apart."""
    w1, w2, w3, w4, b1, w5, w6, w7, w8, b2 = numbers
    return Parameters([[w1, w2], [w3, w4]], b1, [[w5, w6], [w7, w8]], b2)


class Activations(NamedTuple, Generic[N]):
    """What the forward pass computes, each (n, 2)."""

    h: list[list[N]]
    out_h: list[list[N]]
    y: list[list[N]]
    out_y: list[list[N]]


class Losses(NamedTuple, Generic[N]):
    """Half squared errors: per output (n, 2), and their sum over the outputs of a row (n,)."""

    per_output: list[list[N]]
    total: list[N]


class Deltas(NamedTuple, Generic[N]):
    """What back-propagation computes on its way, in order; each (n, 2) but where it says more."""

    dE_dout_y: list[list[N]]  # out_y − T
    dout_dy: list[list[N]]  # σ′(y)
    delta_y: list[list[N]]  # dE/dy
    dE_k_dout_h: list[list[list[N]]]  # (n, 2, 2): row, output k, hidden unit i
    dE_dout_h: list[list[N]]  # the sum over k
    dout_dh: list[list[N]]  # σ′(h)
    delta_h: list[list[N]]  # dE/dh


class TrainingHistory(NamedTuple, Generic[N]):
    """Where a training comes from. The right network looks at none of it."""

    start: Parameters[N]  # before the first step
    epoch_start: Parameters[N]  # before the first step of this epoch
    previous: Parameters[N]  # before the last step
    epoch: int  # counted from 0
    step: int  # counted from 0, over all epochs
    learning_rate: N
    first_row: list[N]  # of all inputs (2,)


class Plan(NamedTuple, Generic[N]):
    """How to train."""

    learning_rate: N
    epochs: int
    batch_size: int
    train_biases: bool


class BatchPass(NamedTuple, Generic[N]):
    """One mini-batch, gone through forwards and back."""

    params: Parameters[N]
    X: list[list[N]]
    activations: Activations[N]
    deltas: Deltas[N]
    past: TrainingHistory[N] | None


class Network:
    """The formulas, and each convention that can be got wrong, as a method of its own.

    Rows are lists of two numbers. `past` is given by a training, and by nothing else.
    """

    precision: ClassVar[str | None] = None  # the only format that is computed in, if there is one

    def __init__(self, fmt: Format = FORMATS["float64"]) -> None:
        self.format = fmt  # that of the implementation: says where a mistake overflows

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

    def loss(self, a: Arithmetic[N], out_y: list[list[N]], T: list[list[N]]) -> Losses[N]:
        """Compute ½ (T − out_y)² and its sum over the two outputs."""
        per_output = [
            [self.output_loss(a, t, o) for t, o in zip(targets, outputs, strict=True)]
            for targets, outputs in zip(T, out_y, strict=True)
        ]
        return Losses(per_output, self.row_losses(a, per_output))

    def output_loss(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.half_square(a.difference(t, o))

    def row_losses(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return [a.total(row) for row in per_output]

    # Gradients

    def deltas(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        activations: Activations[N],
        T: list[list[N]],
        past: TrainingHistory[N] | None = None,
    ) -> Deltas[N]:
        """Carry the error back through both layers, by the chain rule."""
        dE_dout_y = [
            [self.loss_derivative(a, o, t) for o, t in zip(outputs, targets, strict=True)]
            for outputs, targets in zip(activations.out_y, T, strict=True)
        ]
        dout_dy = self.output_slopes(a, activations)
        delta_y = elementwise(a.product, dE_dout_y, dout_dy)
        W2 = self.backward_weights(a, params, past)
        dE_k_dout_h = [
            [[self.path(a, w, d) for w in weights] for weights, d in zip(W2, row, strict=True)]
            for row in delta_y
        ]
        dE_dout_h = [
            [self.sum_paths(a, list(p)) for p in zip(*row, strict=True)] for row in dE_k_dout_h
        ]
        dout_dh = self.hidden_slopes(a, activations)
        delta_h = elementwise(a.product, dE_dout_h, dout_dh)
        return Deltas(dE_dout_y, dout_dy, delta_y, dE_k_dout_h, dE_dout_h, dout_dh, delta_h)

    def loss_derivative(self, a: Arithmetic[N], o: N, t: N) -> N:
        return a.difference(o, t)

    def output_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return self.activation_derivative(a, z, s)

    def hidden_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return self.activation_derivative(a, z, s)

    def activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:  # noqa: ARG002  # z is what a mistake takes
        return a.sigmoid_derivative(s)

    def output_slopes(self, a: Arithmetic[N], done: Activations[N]) -> list[list[N]]:
        """Return σ′(y), (n, 2)."""
        slope = partial(self.output_activation_derivative, a)
        return elementwise(slope, done.y, done.out_y)

    def hidden_slopes(self, a: Arithmetic[N], done: Activations[N]) -> list[list[N]]:
        """Return σ′(h), (n, 2)."""
        slope = partial(self.hidden_activation_derivative, a)
        return elementwise(slope, done.h, done.out_h)

    def backward_weights(
        self,
        a: Arithmetic[N],  # noqa: ARG002  # a mistake may look at it, …
        params: Parameters[N],
        past: TrainingHistory[N] | None,  # noqa: ARG002  # … and at this
    ) -> list[list[N]]:
        """Return the output weights through which the error goes back."""
        return params.W2

    def path(self, a: Arithmetic[N], weight: N, delta: N) -> N:
        """Return what one output sends back to a hidden unit, through their weight."""
        return a.product(weight, delta)

    def sum_paths(self, a: Arithmetic[N], parts: list[N]) -> N:
        """Sum what the outputs send back to one hidden unit."""
        return a.total(parts)

    def gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None = None,
    ) -> Parameters[N]:
        """Differentiate the error, summed over all rows and outputs, by each parameter."""
        seen = self.step_activations(a, params, X, past)
        carried = self.deltas(a, params, seen, T, past)
        return self.collect_gradients(a, BatchPass(params, X, seen, carried, past))

    def step_activations(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        past: TrainingHistory[N] | None,  # noqa: ARG002  # a mistake may look at it
    ) -> Activations[N]:
        """Return the activations that the gradients are taken at."""
        return self.forward(a, params, X)

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        """Collect each parameter's gradient from the deltas of all rows."""
        return Parameters(
            W1=self.outer_sum(a, self.hidden_weights_deltas(a, batch_pass.deltas), batch_pass.X),
            b1=self.bias_gradient(a, batch_pass.deltas.delta_h),
            W2=self.outer_sum(
                a, self.output_weights_deltas(a, batch_pass.deltas), batch_pass.activations.out_h
            ),
            b2=self.bias_gradient(a, batch_pass.deltas.delta_y),
        )

    def hidden_weights_deltas(self, a: Arithmetic[N], deltas: Deltas[N]) -> list[list[N]]:  # noqa: ARG002
        """Return the deltas that move the hidden weights."""
        return deltas.delta_h

    def output_weights_deltas(self, a: Arithmetic[N], deltas: Deltas[N]) -> list[list[N]]:  # noqa: ARG002
        """Return the deltas that move the output weights."""
        return deltas.delta_y

    def bias_gradient(self, a: Arithmetic[N], deltas: list[list[N]]) -> N:
        """Sum the deltas (n, 2) of a layer over rows, and over the units that share its bias."""
        return a.total(list(chain(*deltas)))

    def outer_sum(
        self, a: Arithmetic[N], deltas: list[list[N]], inputs: list[list[N]]
    ) -> list[list[N]]:
        """Compute deltasᵀ inputs, both (n, 2): the (2, 2) sum of outer products over rows."""
        return [
            [
                a.total([self.row_gradient(a, d, x) for d, x in zip(ds, xs, strict=True)])
                for xs in zip(*inputs, strict=True)
            ]
            for ds in zip(*deltas, strict=True)
        ]

    def row_gradient(self, a: Arithmetic[N], delta: N, x: N) -> N:
        """Return what one row adds to the gradient of a weight that x is fed to."""
        return a.product(delta, x)

    # Training

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        schedule: Plan[N],
    ) -> Iterator[Parameters[N]]:
        """Yield the parameters before the first step, and after each one."""
        X, T = self.order_rows(X), self.order_rows(T)
        yield params
        start = before = params
        step = 0
        for epoch, steps in enumerate(self.epochs(len(X), schedule.epochs, schedule.batch_size)):
            epoch_start = params
            for rows in steps:
                past = TrainingHistory(
                    start, epoch_start, before, epoch, step, schedule.learning_rate, X[0]
                )
                before, params = (
                    params,
                    self.step(
                        a,
                        params,
                        X[rows],
                        T[rows],
                        schedule.learning_rate,
                        train_biases=schedule.train_biases,
                        past=past,
                    ),
                )
                step += 1
                yield params

    def order_rows(self, rows: list[list[N]]) -> list[list[N]]:
        """Return the rows, inputs or targets, in the order in which they are trained."""
        return rows

    def epochs(self, rows: int, epochs: int, batch_size: int) -> list[list[slice]]:
        """List the rows of each step of each epoch, in order."""
        return [self.epoch(rows, batch_size)] * epochs

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        """List the rows of each step of an epoch, in order."""
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
        past: TrainingHistory[N] | None = None,
    ) -> Parameters[N]:
        """Take one step, p ← p − learning_rate · gradient, for one mini-batch."""
        rate = self.step_learning_rate(a, learning_rate, len(X), past)
        g = self.step_gradients(a, params, X, T, past)

        def moved(p: N, gradient: N) -> N:
            return a.difference(p, a.product(rate, gradient))

        return Parameters(
            W1=elementwise(moved, params.W1, g.W1),
            b1=moved(params.b1, g.b1) if train_biases else params.b1,
            W2=elementwise(moved, params.W2, g.W2),
            b2=moved(params.b2, g.b2) if train_biases else params.b2,
        )

    def step_learning_rate(
        self,
        a: Arithmetic[N],  # noqa: ARG002  # a mistake may look at it, …
        learning_rate: N,
        rows: int,  # noqa: ARG002  # … at this, …
        past: TrainingHistory[N] | None,  # noqa: ARG002  # … and at this
    ) -> N:
        """Return the learning rate of one step, for a mini-batch of so many rows."""
        return learning_rate

    def step_gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None,
    ) -> Parameters[N]:
        """Return the gradients that one step moves by."""
        return self.gradients(a, params, X, T, past)

    # Parameters as a list

    def flatten(self, params: Parameters[N]) -> list[N]:
        """Return every number that can be moved by itself."""
        return params.flatten()

    def unflatten(self, numbers: list[N]) -> Parameters[N]:
        """Rebuild what `flatten` took apart."""
        return unflatten_parameters(numbers)


CORRECT_NETWORK = Network()


def batches(rows: int, epochs: int, batch_size: int) -> list[slice]:
    """List the rows of every step of the training, in order."""
    return CORRECT_NETWORK.epoch(rows, batch_size) * epochs


def elementwise(op: Callable[[N, N], N], A: list[list[N]], B: list[list[N]]) -> list[list[N]]:
    return [[op(p, q) for p, q in zip(r, s, strict=True)] for r, s in zip(A, B, strict=True)]
