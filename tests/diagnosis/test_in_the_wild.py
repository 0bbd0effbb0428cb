"""Mistakes that people made in public, in code written by hand: each is named or described.

Of each kind of mistake there is a backend here whose arithmetic is its own. It goes the way of
every backend: it is checked, and diagnosed from its results.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from diagnosed import diagnose_backend
from handwritten import BIASES, HandWritten, Numbers, Rows

from backproof import UNSUPPORTED, Forward, Loss, Params
from backproof.interface import Matrix
from backproof.judging.results import Run
from backproof.network.float_formats import FORMATS

pytestmark = pytest.mark.proof

Parts = dict[str, Any]  # by the name of what they replace
Change = Callable[[HandWritten, Numbers, Numbers], Numbers]  # of gradients, given the parameters


def diagnosed(parts: Parts) -> Run:
    """Check and diagnose a backend of which some parts are replaced."""
    return diagnose_backend(type("Wrong", (HandWritten,), parts))


def clip(x: float, limit: float) -> float:
    return min(max(x, -limit), limit)


def gradients(change: Change) -> Parts:
    """Change the gradients of every op."""

    def batch_gradients(self: HandWritten, p: Numbers, X: Rows, T: Rows) -> Numbers:
        return change(self, p, HandWritten.batch_gradients(self, p, X, T))

    return {"batch_gradients": batch_gradients}


def steps(change: Change, *, rate: Callable[[float], float] = lambda rate: rate) -> Parts:
    """Change the gradients, or the learning rate, of each step of training alone."""

    def step(
        self: HandWritten, p: Numbers, X: Rows, T: Rows, given: float, *, biases: bool
    ) -> Numbers:
        g = change(self, p, self.batch_gradients(p, X, T))
        return self.move(p, g, rate(given), biases=biases)

    return {"step": step}


def unchanged(_: HandWritten, __: Numbers, g: Numbers) -> Numbers:
    return g


def decayed(factor: float, *, biases: bool = True) -> Change:
    return lambda _, p, g: [
        d + factor * x if biases or i not in BIASES else d
        for i, (x, d) in enumerate(zip(p, g, strict=True))
    ]


def with_momentum(share: float, *, new: float = 1.0, nesterov: bool = False) -> Change:
    def change(self: HandWritten, _: Numbers, g: Numbers) -> Numbers:
        before = self.memory.get("v", [0.0] * 10)
        v = self.memory["v"] = [share * a + new * b for a, b in zip(before, g, strict=True)]
        return [b + share * a for a, b in zip(v, g, strict=True)] if nesterov else v

    return change


def norm_clipped(_: HandWritten, __: Numbers, g: Numbers) -> Numbers:
    norm = math.sqrt(sum(x * x for x in g))
    return [x * (1 / (norm + 1e-6)) for x in g] if norm > 1 else g


def twice(indices: Sequence[int]) -> Change:
    return lambda _, __, g: [2 * x if i in indices else x for i, x in enumerate(g)]


def float32(x: float) -> float:
    return FORMATS["float32"].round_float(x)


def tf32(x: float) -> float:
    """Round to 11 significant bits."""
    if x == 0 or not math.isfinite(x):
        return x
    fraction, exponent = math.frexp(x)
    return math.ldexp(round(fraction * 2**11), exponent - 11)


def short_batch_as_full(
    self: HandWritten, p: Numbers, X: Rows, T: Rows, rate: float, *, biases: bool
) -> Numbers:
    g = [x * (self.full_batch / len(X)) for x in self.batch_gradients(p, X, T)]
    return self.move(p, g, rate, biases=biases)


def transposed_and_fixed(
    self: HandWritten, p: Numbers, X: Rows, T: Rows, rate: float, *, biases: bool
) -> Numbers:
    del biases
    return self.move(p, self.batch_gradients(p, X, T), rate, biases=False)


def transposed_deltas(
    self: HandWritten, p: Numbers, x: Sequence[float], t: Sequence[float]
) -> tuple[Numbers, ...]:
    out_h, d, _ = HandWritten.deltas(self, p, x, t)
    swapped = [*p[:6], p[7], p[6], *p[8:]]
    h, out, *_ = self.activations(p, x)
    back = [d[0] * swapped[5 + i] + d[1] * swapped[7 + i] for i in (0, 1)]
    return out_h, d, [b * self.slope_at_hidden(z, o) for b, z, o in zip(back, h, out, strict=True)]


def averaged(self: HandWritten, p: Numbers, X: Rows, T: Rows) -> Numbers:
    return [x / len(X) for x in HandWritten.batch_gradients(self, p, X, T)]


def sum_clipped(
    self: HandWritten, bias: float, weights: Sequence[float], inputs: Sequence[float]
) -> float:
    return clip(HandWritten.weighted_sum(self, bias, weights, inputs), 300)


def first_path_twice(
    self: HandWritten, p: Numbers, x: Sequence[float], t: Sequence[float]
) -> tuple[Numbers, ...]:
    out_h, d, _ = HandWritten.deltas(self, p, x, t)
    h, out, *_ = self.activations(p, x)
    back = [2 * d[0] * p[5 + i] + d[1] * p[7 + i] for i in (0, 1)]
    return out_h, d, [b * self.slope_at_hidden(z, o) for b, z, o in zip(back, h, out, strict=True)]


def of_kept(slope: Callable[[float], float]) -> Parts:
    """Replace the derivative of the activation in both layers."""
    both = lambda _, __, out: slope(out)  # noqa: E731
    return {"slope_at_output": both, "slope_at_hidden": both}


def reciprocal_slope(self: HandWritten, z: float, out: float) -> float:
    del self, out
    try:
        small = math.exp(-z)
    except OverflowError:
        small = math.inf
    square = (1 + small) * (1 + small)
    return small / square if small < math.inf else math.nan


OUTPUT = {"slope_at_output": lambda _, y, __: y - y * y}
MISSING = {"slope_at_output": lambda *_: 1.0}
NAMED: dict[str, tuple[Parts, tuple[str, ...]]] = {
    "output-slope-of-the-sum": (OUTPUT, ("output-slope-of-pre-activation",)),
    "output-slope-missing": (MISSING, ("output-slope-missing",)),
    "slopes-of-tanh": (of_kept(lambda s: 1 - s * s), ("slopes-of-tanh",)),
    "slope-of-clipped-activation": (
        of_kept(lambda s: min(max(s, 0.01), 0.99) - min(max(s, 0.01), 0.99) ** 2),
        ("slope-of-clipped-activation: ε = 0.01.",),
    ),
    "slope-by-the-reciprocal": (
        {"slope_at_output": reciprocal_slope, "slope_at_hidden": reciprocal_slope},
        ("slope-by-reciprocal",),
    ),
    "sign-of-the-error": ({"error": lambda _, o, t: t - o}, ("gradient-negated",)),
    "first-path-counted-twice": ({"deltas": first_path_twice}, ("first-path-counted-twice",)),
    "bias-gradients-summed-twice": (
        gradients(twice(BIASES)),
        ("bias-gradients-counted-twice",),
    ),
    "momentum-of-a-half": (steps(with_momentum(0.5)), ("momentum: 0.5 times",)),
    "nesterov-momentum": (
        steps(with_momentum(0.9, nesterov=True)),
        ("nesterov-momentum: of 0.9.",),
    ),
    "dampened-momentum": (
        steps(with_momentum(0.9, new=0.1)),
        ("dampened-momentum: 0.9 of the previous",),
    ),
    "rate-applied-twice": (
        steps(unchanged, rate=lambda rate: rate * rate),
        ("learning-rate-applied-twice",),
    ),
    "rate-in-float32": (steps(unchanged, rate=float32), ("learning-rate-in-float32",)),
    "weight-decay": (steps(decayed(0.001)), ("weight-decay: times 0.001 is",)),
    "weight-decay-of-weights": (
        steps(decayed(5e-4, biases=False)),
        ("weight-decay-without-biases: times 0.0005 is",),
    ),
    "constant-decay": (
        steps(lambda _, __, g: [x + 0.01 for x in g]),
        ("decay-is-constant: constant 0.01 is",),
    ),
    "clipped-by-value": (
        steps(lambda _, __, g: [clip(x, 0.1) for x in g]),
        ("step-gradients-clipped: −0.1 … 0.1.",),
    ),
    "clipped-by-norm": (steps(norm_clipped), ("gradient-norm-clipped: exceeds 1.",)),
    "argument-clipped": (
        {"sigmoid": lambda self, z: HandWritten.sigmoid(self, clip(z, 50))},
        ("sigmoid-argument-clipped: −50 … 50.",),
    ),
    "sums-clipped": ({"weighted_sum": sum_clipped}, ("sums-clipped: −300 … 300.",)),
    "short-batch-as-full": ({"step": short_batch_as_full}, ("short-batch-counts-as-full",)),
    "biases-moved-by-their-values": (
        steps(lambda _, p, g: [p[i] if i in BIASES else x for i, x in enumerate(g)]),
        ("biases-moved-by-their-values",),
    ),
    "biases-moved-twice": (steps(twice(BIASES)), ("biases-updated-twice",)),
    "products-in-tf32": (
        {"dtypes": ("float32",), "product": lambda self, a, b: self.rounded(tf32(a) * tf32(b))},
        ("products-in-tf-32",),
    ),
    "averaged-and-decayed": (
        {"batch_gradients": averaged} | steps(decayed(5e-4)),
        ("gradients-averaged-over-rows", "weight-decay: times 0.0005 is"),
    ),
    "transposed-and-biases-fixed": (
        {"deltas": transposed_deltas, "step": transposed_and_fixed},
        ("hidden-delta-uses-transposed-weights", "biases-never-trained"),
    ),
}


@pytest.mark.parametrize(("parts", "named"), NAMED.values(), ids=NAMED)
def test_a_mistake_is_named_with_its_constant(parts: Parts, named: tuple[str, ...]) -> None:
    run = diagnosed(parts)
    assert run.diagnosis
    best = run.diagnosis[0]
    assert best.mistakes == tuple(name.partition(":")[0] for name in named)
    for name, description in zip(named, best.descriptions, strict=True):
        assert name.partition(": ")[2] in description
    assert not run.unexplained


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_a_mistake_is_named_beside_a_fault_with_nan(dtype: str) -> None:
    def nan_read(self: HandWritten, p: Numbers, x: Sequence[float]) -> tuple[Numbers, ...]:
        return HandWritten.activations(self, p, [0.0 if math.isnan(v) else v for v in x])

    run = diagnosed(MISSING | {"activations": nan_read, "dtypes": (dtype,)})
    assert run.diagnosis
    assert run.diagnosis[0].mistakes == ("output-slope-missing",)
    assert "hard/non-finite/nan-input/forward" in run.unexplained


def test_a_fast_exp_is_told_by_the_growth_of_its_errors() -> None:
    def exp(self: HandWritten, z: float) -> float:
        return self.rounded(2.0 ** self.rounded(z * float32(math.log2(math.e))))

    clues = diagnosed({"dtypes": ("float32",), "exp": exp}).clues
    assert any("a fast exp, or e^z computed as 2^(z·log₂ e), has such errors" in c for c in clues)


def test_nan_replaced_by_0_is_told_by_the_inputs() -> None:
    run = diagnosed(steps(lambda _, __, g: [0.0 if x - x != 0 else x for x in g]))
    condition = "Numbers are wrong only with NaN or infinities among the inputs"
    assert any(clue.startswith(condition) for clue in run.clues)
    replaced = "is finite, as if NaN and infinities on the way to it were replaced"
    assert any(replaced in clue for clue in run.clues)


def test_slopes_read_in_the_order_of_memory_are_named() -> None:
    """The first row alone is right: the others take derivatives of other rows and units."""

    def batch_gradients(self: HandWritten, p: Numbers, X: Rows, T: Rows) -> Numbers:
        rows = [self.activations(p, x) for x in X]
        flat_h = [row[1][i] for i in (0, 1) for row in rows]
        flat_y = [row[3][i] for i in (0, 1) for row in rows]
        found = []
        for n, (x, t, row) in enumerate(zip(X, T, rows, strict=True)):
            s_h, s_y = flat_h[2 * n : 2 * n + 2], flat_y[2 * n : 2 * n + 2]
            d = [(row[3][k] - t[k]) * (s_y[k] - s_y[k] ** 2) for k in (0, 1)]
            e = [(d[0] * p[5 + i] + d[1] * p[7 + i]) * (s_h[i] - s_h[i] ** 2) for i in (0, 1)]
            hidden = [e[i] * v for i in (0, 1) for v in x]
            output = [d[k] * v for k in (0, 1) for v in row[1]]
            found.append([*hidden, sum(e), *output, sum(d)])
        return self.sums(found)

    run = diagnosed({"batch_gradients": batch_gradients})
    assert run.diagnosis
    assert run.diagnosis[0].mistakes == ("slopes-read-in-memory-order",)


def cubed_loss(self: HandWritten, params: Params, X: Matrix, T: Matrix) -> Loss:
    each = [[abs(e) ** 3 for e in row] for row in HandWritten.loss(self, params, X, T).per_output]
    return Loss(each, [a + b for a, b in each])


def strange_gradients(self: HandWritten, p: Numbers, X: Rows, T: Rows) -> Numbers:
    g = HandWritten.batch_gradients(self, p, X, T)
    return [x + 0.01 * math.sin(7 * w + i) for i, (x, w) in enumerate(zip(g, p, strict=True))]


UNKNOWN: dict[str, tuple[Parts, str, str, str]] = {
    "in-the-forward-pass": (
        {"sigmoid": lambda _, z: 0.5 + math.atan(z) / math.pi} | MISSING,
        "forward",
        "output-slope-missing",
        "gradients",
    ),
    "in-the-loss": (
        {"loss": cubed_loss} | MISSING,
        "loss",
        "output-slope-missing",
        "gradients",
    ),
    "in-the-gradients": (
        {"batch_gradients": strange_gradients} | steps(decayed(0.01)),
        "gradients",
        "weight-decay",
        "step",
    ),
}


@pytest.mark.parametrize(("parts", "op", "named", "later"), UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_fault_does_not_hide_a_mistake_in_what_follows(
    parts: Parts, op: str, named: str, later: str
) -> None:
    """What follows is judged from the backend's own numbers."""
    run = diagnosed(parts)
    assert run.diagnosis
    assert run.diagnosis[0].mistakes == (named,)
    assert f"tutorial/row-1/{op}" in run.unexplained
    assert f"tutorial/row-1/{later}" not in run.unexplained


def forward_without(*fields: str) -> Parts:
    def forward(self: HandWritten, params: Params, X: Matrix) -> Forward:
        found = HandWritten.forward(self, params, X)
        return found._replace(**dict.fromkeys(fields, UNSUPPORTED))

    return {"forward": forward}


def gradients_without(*fields: str) -> Parts:
    def gradients(self: HandWritten, params: Params, X: Matrix, T: Matrix) -> Params:
        found = HandWritten.gradients(self, params, X, T)
        return found._replace(**dict.fromkeys(fields, UNSUPPORTED))

    return {"gradients": gradients}


@pytest.mark.parametrize(
    "parts",
    [
        {"sigmoid": lambda _, z: 0.5 + math.atan(z) / math.pi} | forward_without("h"),
        {"sigmoid": lambda _, z: 0.5 + math.atan(z) / math.pi} | forward_without("h", "out_h", "y"),
        {"batch_gradients": strange_gradients} | gradients_without("b1", "b2"),
    ],
    ids=["weighted-sums", "all-but-the-outputs", "gradients-of-the-biases"],
)
def test_an_unknown_fault_beside_unsupported_fields_is_no_obstacle(parts: Parts) -> None:
    run = diagnosed(parts)
    assert run.unexplained


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_with_no_part_replaced_it_conforms(dtype: str) -> None:
    run = diagnosed({"dtypes": (dtype,)})
    assert run.conforms
    assert not run.diagnosis
