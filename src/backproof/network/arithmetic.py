"""The operations that the network's formulas are written in, over numbers of any kind."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from backproof.network.float_formats import Real

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

    def sigmoid_derivative(self, s: N) -> N:
        """Return σ′(z) = s (1 − s), given s = σ(z)."""

    # Only mistakes use the following; the correct network does not.

    def constant(self, x: Real) -> N:
        """Return a constant of the program, rounded to the format."""

    def apply_monotone(self, f: Callable[[Real], Real], x: N) -> N:
        """Apply a monotone function, such as rounding or clipping; NaN stays NaN."""
