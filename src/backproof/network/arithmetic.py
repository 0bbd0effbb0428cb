"""The operations that the network's formulas are written in, over numbers of any kind."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from backproof.network.formats import Real

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

    # The right network has no need of the following; a mistake may.

    def constant(self, x: Real) -> N:
        """Return a number that stands in the program, rounded as its format rounds."""

    def nondecreasing(self, f: Callable[[Real], Real], x: N) -> N:
        """Apply a function that never decreases (a rounding, a clipping); NaN stays."""
