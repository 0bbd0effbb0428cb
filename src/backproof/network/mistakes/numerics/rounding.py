"""Mistakes in the precision: numbers that are rounded to another format or to decimals."""

from collections.abc import Callable
from fractions import Fraction
from math import floor

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.float_formats import Real, divide_half_even, floor_log2
from backproof.network.inputs import map_parameters
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import round_to_float32
from backproof.network.network import (
    Activations,
    BatchPass,
    Deltas,
    Parameters,
    TrainingHistory,
    elementwise,
)


class ComputedInFloat32(Mistake):
    """Everything is computed in float32."""

    origin = "It is the framework's default dtype; JAX silently converts float64 arrays to float32."
    precision = "float32"


class ComputedInFloat16(Mistake):
    """Everything is computed in float16."""

    origin = "Mixed precision is switched on for the whole process."
    precision = "float16"


class ComputedInBfloat16(Mistake):
    """Everything is computed in bfloat16."""

    origin = "Mixed precision is switched on for the whole process."
    precision = "bfloat16"


class InputsCastToFloat32(Mistake):
    """The forward pass casts its inputs X to float32; everything else keeps its dtype."""

    origin = "A data loader converts everything that it reads to float32."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        cast = [[a.apply_monotone(round_to_float32, x) for x in row] for row in X]
        return super().forward(a, params, cast)


class SigmoidInFloat32(Mistake):
    """The result of the sigmoid is rounded to float32; everything else keeps its dtype."""

    origin = "A lookup table or a fast routine for the activation exists only in float32."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.apply_monotone(round_to_float32, super().activation(a, z))


class GradientsCastToFloat32(Mistake):
    """Gradients are cast to float32 before they are returned or used."""

    origin = "The buffer that accumulates them was allocated without a dtype."

    def gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None = None,
    ) -> Parameters[N]:
        g = super().gradients(a, params, X, T, past)
        return map_parameters(lambda x: a.apply_monotone(round_to_float32, x), g)


class GradientsRoundedTo8Decimals(Mistake):
    """Gradients are rounded to 8 decimals."""

    origin = "`round(gradient, 8)` is meant for display, but its result is used."

    def gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None = None,
    ) -> Parameters[N]:
        g = super().gradients(a, params, X, T, past)
        return map_parameters(lambda x: a.apply_monotone(_decimal_rounding(8), x), g)


class SlopesAndGradientsRoundedTo8Decimals(Mistake):
    """Each row's gradients, and σ′(y) in those of W2, are rounded to 8 decimals."""

    origin = "Every intermediate value that is displayed is rounded first, and then used."

    def output_weights_deltas(self, a: Arithmetic[N], deltas: Deltas[N]) -> list[list[N]]:
        slopes = [[self._rounded(a, s) for s in row] for row in deltas.dout_dy]
        delta_y = elementwise(a.product, deltas.dE_dout_y, slopes)
        return super().output_weights_deltas(a, deltas._replace(dout_dy=slopes, delta_y=delta_y))

    def row_gradient(self, a: Arithmetic[N], delta: N, x: N) -> N:
        return self._rounded(a, super().row_gradient(a, delta, x))

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        delta_h, delta_y = batch_pass.deltas.delta_h, batch_pass.deltas.delta_y
        return (
            super()
            .collect_gradients(a, batch_pass)
            ._replace(
                b1=a.total([self._rounded(a, a.total(row)) for row in delta_h]),
                b2=a.total([self._rounded(a, a.total(row)) for row in delta_y]),
            )
        )

    def _rounded(self, a: Arithmetic[N], x: N) -> N:
        return a.apply_monotone(_decimal_rounding(8), x)


class ActivationsRoundedTo8Decimals(Mistake):
    """Activations are rounded to 8 decimals."""

    origin = "`round(sigmoid(z), 8)` is meant for display, but its result is used."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.apply_monotone(_decimal_rounding(8), super().activation(a, z))


class ActivationsRoundedTo4Decimals(Mistake):
    """Activations are rounded to 4 decimals."""

    origin = "A calculation by hand continues with the rounded values that were written down."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.apply_monotone(_decimal_rounding(4), super().activation(a, z))


class ActivationsCutOffAfter8Decimals(Mistake):
    """Activations are truncated after 8 decimals."""

    origin = "Digits are copied from a display that truncates."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.apply_monotone(_truncate, super().activation(a, z))


class ParametersRoundedTo8Decimals(Mistake):
    """Parameters are rounded to 8 decimals after each step."""

    origin = "They are written to a file or displayed, and then read back."

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
        after = super().step(a, params, X, T, learning_rate, train_biases=train_biases, past=past)
        return map_parameters(lambda p: a.apply_monotone(_decimal_rounding(8), p), after)


class ParametersStoredInFloat32(Mistake):
    """Parameters are cast to float32 after each step; everything else keeps its dtype."""

    origin = "A model is saved and loaded between steps, or its state is float32."

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
        after = super().step(a, params, X, T, learning_rate, train_biases=train_biases, past=past)
        return map_parameters(lambda p: a.apply_monotone(round_to_float32, p), after)


class _ProductsInNarrowFormat(Mistake):
    """The factors of every matrix product are rounded to a narrower format."""

    significand: int  # bits of the factors

    def affine(self, a: Arithmetic[N], weights: list[N], bias: N, x: list[N]) -> N:
        return super().affine(a, self._narrowed(a, weights), bias, self._narrowed(a, x))

    def path(self, a: Arithmetic[N], weight: N, delta: N) -> N:
        return super().path(a, *self._narrowed(a, [weight, delta]))

    def row_gradient(self, a: Arithmetic[N], delta: N, x: N) -> N:
        return super().row_gradient(a, *self._narrowed(a, [delta, x]))

    def _narrowed(self, a: Arithmetic[N], factors: list[N]) -> list[N]:
        return [a.apply_monotone(_significand_rounding(self.significand), x) for x in factors]


class ProductsInTf32(_ProductsInNarrowFormat):
    """The factors of every matrix product are rounded to TF32, which has 11 significant bits."""

    origin = "GPU libraries use TF32 for float32 matrix products by default."
    citations = (
        "https://github.com/ml-explore/mlx/issues/3860",
        "https://github.com/jax-ml/jax/issues/14022",
    )
    significand = 11


class ProductsInBfloat16(_ProductsInNarrowFormat):
    """The factors of every matrix product are rounded to bfloat16, which has 8 significant bits."""

    origin = "The default precision of matrix products is bfloat16 on some accelerators."
    citations = ("https://docs.jax.dev/en/latest/_autosummary/jax.lax.Precision.html",)
    significand = 8


class ProductsInFloat32(_ProductsInNarrowFormat):
    """The factors of every matrix product are rounded to float32; the sums keep their dtype."""

    origin = "A matrix kernel exists only in float32."
    significand = 24


def _decimal_rounding(digits: int) -> Callable[[Real], Real]:
    whole = 10**digits

    def rounded(x: Real) -> Real:
        if isinstance(x, float):
            return x
        return Fraction(divide_half_even(x.numerator * whole, x.denominator), whole)

    return rounded


def _truncate(x: Real) -> Real:
    return Fraction(floor(x * 10**8), 10**8) if isinstance(x, Fraction) else x


def _significand_rounding(bits: int) -> Callable[[Real], Real]:
    """Return a function that rounds to nearest, to so many significant bits."""

    def rounded(x: Real) -> Real:
        if isinstance(x, float) or x == 0:
            return x
        place = Fraction(2) ** (floor_log2(x) - bits + 1)
        quotient = x / place
        return divide_half_even(quotient.numerator, quotient.denominator) * place

    return rounded
