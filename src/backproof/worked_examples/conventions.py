"""Networks for conventions that differ from backproof's own but are not mistakes.

A layer may have a bias for each of its units. A `PerUnit` pair then stands for the bias, and the
arithmetic `ElementwiseArithmetic` applies each operation to both numbers of a pair.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Literal, NamedTuple, cast

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.exercises import Loss
from backproof.network.float_formats import Real
from backproof.network.mistakes import CATALOGUE, Mistake
from backproof.network.network import Network, Parameters

Biases = Literal["fixed", "shared", "per-unit"]
Updates = Literal["simultaneous", "sequential"]
SEQUENTIAL = CATALOGUE["hidden-delta-uses-updated-weights"]


@dataclass(frozen=True)
class Conventions:
    """The conventions that a worked example declares."""

    biases: Biases = "fixed"  # constant; trained, one per layer; or trained, one per unit
    updates: Updates = "simultaneous"  # or the output layer is updated before backpropagating
    loss: Loss = "half-sum"  # ½ Σ (T − Out y)²; Σ (T − Out y)²; or the mean over both outputs
    biases_differ: bool = False  # constant, but not the same for both units of a layer
    one_output: bool = False  # 2-2-1: the second output has weights of 0 and no error

    @property
    def train_biases(self) -> bool:
        return self.biases != "fixed"

    @property
    def biases_per_unit(self) -> bool:
        return self.biases == "per-unit" or self.biases_differ


class PerUnit(NamedTuple):
    """One number for each of the two units of a layer."""

    first: Any
    second: Any


class ElementwiseArithmetic:
    """An arithmetic that applies each operation to pairs, unit by unit."""

    def __init__(self, of_numbers: Arithmetic[Any]) -> None:
        self._a = of_numbers

    def total(self, terms: Sequence[Any]) -> Any:
        return _map_units(lambda *units: self._a.total(units), *terms)

    def product(self, a: Any, b: Any) -> Any:
        return _map_units(self._a.product, a, b)

    def difference(self, a: Any, b: Any) -> Any:
        return _map_units(self._a.difference, a, b)

    def half_square(self, d: Any) -> Any:
        return _map_units(self._a.half_square, d)

    def sigmoid(self, z: Any) -> Any:
        return _map_units(self._a.sigmoid, z)

    def sigmoid_derivative(self, s: Any) -> Any:
        return _map_units(self._a.sigmoid_derivative, s)

    def constant(self, x: Real) -> Any:
        return self._a.constant(x)

    def apply_monotone(self, f: Callable[[Real], Real], x: Any) -> Any:
        return _map_units(lambda unit: self._a.apply_monotone(f, unit), x)


def _map_units(operation: Callable[..., Any], *operands: Any) -> Any:
    if not any(isinstance(x, PerUnit) for x in operands):
        return operation(*operands)
    pairs = [x if isinstance(x, PerUnit) else PerUnit(x, x) for x in operands]
    return PerUnit(*(_map_units(operation, *units) for units in zip(*pairs, strict=True)))


class BiasPerUnit(Network):
    """A network with a bias for each unit; b1 and b2 are pairs."""

    def layer(self, a: Arithmetic[N], W: list[list[N]], bias: N, x: list[N]) -> list[N]:
        own = cast("Sequence[N]", bias) if isinstance(bias, PerUnit) else (bias, bias)
        return [self.affine(a, weights, b, x) for weights, b in zip(W, own, strict=True)]

    def bias_gradient(self, a: Arithmetic[N], deltas: list[list[N]]) -> N:
        return cast(
            "N", PerUnit(*cast("Any", [a.total(list(d)) for d in zip(*deltas, strict=True)]))
        )

    def flatten(self, params: Parameters[N]) -> list[N]:
        w1, w2, w3, w4, b1, w5, w6, w7, w8, b2 = params.flatten()
        return [w1, w2, w3, w4, *cast("Any", b1), w5, w6, w7, w8, *cast("Any", b2)]

    def unflatten(self, numbers: list[N]) -> Parameters[N]:
        w1, w2, w3, w4, b11, b12, w5, w6, w7, w8, b21, b22 = cast("Any", numbers)
        return Parameters(
            [[w1, w2], [w3, w4]], PerUnit(b11, b12), [[w5, w6], [w7, w8]], PerUnit(b21, b22)
        )


class SumOfSquares(Network):
    """A network whose loss is Σ (T − Out y)²."""

    def output_loss(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.product(a.constant(Fraction(2)), super().output_loss(a, t, o))

    def loss_derivative(self, a: Arithmetic[N], o: N, t: N) -> N:
        return a.product(a.constant(Fraction(2)), super().loss_derivative(a, o, t))


class MeanOfSquares(Network):
    """A network whose loss is the mean of (T − Out y)² over both outputs."""

    def output_loss(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.product(a.constant(Fraction(2)), super().output_loss(a, t, o))

    def row_losses(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        half = a.constant(Fraction(1, 2))
        return [a.product(half, total) for total in super().row_losses(a, per_output)]


LOSSES: dict[Loss, list[type[Network]]] = {
    "half-sum": [],
    "sum": [SumOfSquares],
    "mean": [MeanOfSquares],
}


@cache
def build_network(
    conventions: Conventions, mistakes: tuple[type[Mistake], ...] = ()
) -> type[Network]:
    """Return the network with these conventions and mistakes."""
    bases: list[type[Network]] = [*reversed(mistakes)]
    if conventions.updates == "sequential" and SEQUENTIAL not in bases:
        bases.append(SEQUENTIAL)
    if conventions.biases_per_unit:
        bases.append(BiasPerUnit)
    bases += LOSSES[conventions.loss]
    return type("Declared", (*bases, Network), {})
