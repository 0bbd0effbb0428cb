"""The network's formulas, once, over any arithmetic.

Nothing else in the checker knows the sigmoid, the half squared error or plain gradient descent:
truth, error bounds and derivatives all come from evaluating these functions, each in an
arithmetic of its own. The names are the tutorial's; shapes are written for n rows.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Generic, NamedTuple, Protocol, TypeVar

N = TypeVar("N")


class Arithmetic(Protocol[N]):
    """The operations that the formulas are made of."""

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
    """Rebuild what `Parameters.listed` took apart."""
    w1, w2, w3, w4, b1, w5, w6, w7, w8, b2 = ten
    return Parameters([[w1, w2], [w3, w4]], b1, [[w5, w6], [w7, w8]], b2)


class Activations(NamedTuple, Generic[N]):
    """What the forward pass computes, each (n, 2)."""

    h: list[list[N]]
    out_h: list[list[N]]
    y: list[list[N]]
    out_y: list[list[N]]


class Errors(NamedTuple, Generic[N]):
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


def forward(a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
    """Compute h = X W1ᵀ + b1, out_h = σ(h), y = out_h W2ᵀ + b2, out_y = σ(y)."""
    h = [_affine(a, params.W1, params.b1, x) for x in X]
    out_h = [[a.sigmoid(z) for z in row] for row in h]
    y = [_affine(a, params.W2, params.b2, row) for row in out_h]
    out_y = [[a.sigmoid(z) for z in row] for row in y]
    return Activations(h, out_h, y, out_y)


def loss(a: Arithmetic[N], out_y: list[list[N]], T: list[list[N]]) -> Errors[N]:
    """Compute ½ (T − out_y)² and its sum over the two outputs."""
    per_output = [
        [a.half_square(a.difference(t, o)) for t, o in zip(targets, outputs, strict=True)]
        for targets, outputs in zip(T, out_y, strict=True)
    ]
    return Errors(per_output, [a.total(row) for row in per_output])


def deltas(
    a: Arithmetic[N], params: Parameters[N], seen: Activations[N], T: list[list[N]]
) -> Deltas[N]:
    """Carry the error back through both layers, by the chain rule."""
    dE_dout_y = _pairwise(a.difference, seen.out_y, T)
    dout_dy = [[a.sigmoid_slope(s) for s in row] for row in seen.out_y]
    delta_y = _pairwise(a.product, dE_dout_y, dout_dy)
    dE_k_dout_h = [
        [[a.product(w, d) for w in weights] for weights, d in zip(params.W2, row, strict=True)]
        for row in delta_y
    ]
    dE_dout_h = [[a.total(parts) for parts in zip(*row, strict=True)] for row in dE_k_dout_h]
    dout_dh = [[a.sigmoid_slope(s) for s in row] for row in seen.out_h]
    delta_h = _pairwise(a.product, dE_dout_h, dout_dh)
    return Deltas(dE_dout_y, dout_dy, delta_y, dE_k_dout_h, dE_dout_h, dout_dh, delta_h)


def gradients(
    a: Arithmetic[N], params: Parameters[N], X: list[list[N]], T: list[list[N]]
) -> Parameters[N]:
    """Differentiate the error, summed over all rows and outputs, by each parameter."""
    seen = forward(a, params, X)
    carried = deltas(a, params, seen, T)
    return Parameters(
        W1=_outer_sum(a, carried.delta_h, X),
        b1=a.total(list(chain(*carried.delta_h))),
        W2=_outer_sum(a, carried.delta_y, seen.out_h),
        b2=a.total(list(chain(*carried.delta_y))),
    )


def step(
    a: Arithmetic[N],
    params: Parameters[N],
    X: list[list[N]],
    T: list[list[N]],
    learning_rate: N,
    *,
    train_biases: bool,
) -> Parameters[N]:
    """Take one step, p ← p − learning_rate · gradient, for one mini-batch."""

    def moved(p: N, gradient: N) -> N:
        return a.difference(p, a.product(learning_rate, gradient))

    g = gradients(a, params, X, T)
    return Parameters(
        W1=_pairwise(moved, params.W1, g.W1),
        b1=moved(params.b1, g.b1) if train_biases else params.b1,
        W2=_pairwise(moved, params.W2, g.W2),
        b2=moved(params.b2, g.b2) if train_biases else params.b2,
    )


def batches(rows: int, epochs: int, batch_size: int) -> list[slice]:
    """List the rows of every step of the training, in order."""
    epoch = [slice(start, start + batch_size) for start in range(0, rows, batch_size)]
    return epoch * epochs


def _affine(a: Arithmetic[N], W: list[list[N]], b: N, x: Sequence[N]) -> list[N]:
    return [
        a.total([*(a.product(v, w) for v, w in zip(x, weights, strict=True)), b]) for weights in W
    ]


def _pairwise(op: Callable[[N, N], N], A: list[list[N]], B: list[list[N]]) -> list[list[N]]:
    return [[op(p, q) for p, q in zip(r, s, strict=True)] for r, s in zip(A, B, strict=True)]


def _outer_sum(a: Arithmetic[N], left: list[list[N]], right: list[list[N]]) -> list[list[N]]:
    """Compute leftᵀ right: for two (n, 2) matrices the (2, 2) sum of outer products over rows."""
    return [
        [
            a.total([a.product(p, q) for p, q in zip(ps, qs, strict=True)])
            for qs in zip(*right, strict=True)
        ]
        for ps in zip(*left, strict=True)
    ]
