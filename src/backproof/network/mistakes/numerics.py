"""Numerical mistakes: right formulas, computed in the wrong precision or by an unsafe method."""

from collections.abc import Callable
from fractions import Fraction
from math import floor, inf

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.formats import FORMATS, Real, divide_half_even
from backproof.network.inputs import map_parameters
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import logarithm, tanh
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
        cast = [[a.apply_monotone(_round_to_float32, x) for x in row] for row in X]
        return super().forward(a, params, cast)


class SigmoidInFloat32(Mistake):
    """The result of the sigmoid is rounded to float32; everything else keeps its dtype."""

    origin = "A lookup table or a fast routine for the activation exists only in float32."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.apply_monotone(_round_to_float32, super().activation(a, z))


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
        return map_parameters(lambda x: a.apply_monotone(_round_to_float32, x), g)


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
        return map_parameters(lambda p: a.apply_monotone(_round_to_float32, p), after)


class SigmoidArgumentClippedAt500(Mistake):
    """The argument of the sigmoid is clipped to −500 … 500."""

    origin = "`np.clip(z, -500, 500)`, the usual remedy for an overflow warning."
    citations = ("https://wenku.csdn.net/answer/1rziw9np97",)

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return super().activation(a, a.apply_monotone(_clip_to(Fraction(500)), z))


class SigmoidArgumentClippedAt20(Mistake):
    """The argument of the sigmoid is clipped to −20 … 20."""

    origin = "A remedy for an overflow warning, with a smaller limit than necessary."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return super().activation(a, a.apply_monotone(_clip_to(Fraction(20)), z))


class OutputsKeptFrom0And1(Mistake):
    """Outputs are clipped to 10⁻⁷ … 1 − 10⁻⁷."""

    origin = "Keras' epsilon keeps a logarithm finite, but this loss has no logarithm."

    def output_activations(self, a: Arithmetic[N], y: list[N]) -> list[N]:
        epsilon = Fraction(1, 10**7)
        return [
            a.apply_monotone(lambda s: min(max(s, epsilon), 1 - epsilon), s)
            for s in super().output_activations(a, y)
        ]


class SigmoidByTanh(Mistake):
    """The sigmoid is ½ (1 + tanh(z/2)), which has no correct digits left where it is small."""

    origin = "The identity holds for real numbers, and several libraries use it."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        half = a.constant(Fraction(1, 2))
        grown = a.total([a.constant(Fraction(1)), tanh(a, a.product(half, z))])
        return a.product(half, grown)


class SigmoidOverflowsToNan(Mistake):
    """The sigmoid is e^z/(1 + e^z), which is ∞/∞ for large z."""

    origin = "The form that is safe for negative z is used for every z."
    citations = ("https://wenku.csdn.net/answer/9f47735cee7643e3aaf4198638f9338b",)

    def activation(self, a: Arithmetic[N], z: N) -> N:
        limit = logarithm(self.format.max_finite)
        e_z = a.apply_monotone(lambda x: inf if x > limit else Fraction(0), z)
        return a.total([super().activation(a, z), a.difference(e_z, e_z)])


class GradientsByForwardDifferences(Mistake):
    """Gradients are forward differences, (E(w + 10⁻⁵) − E(w))/10⁻⁵."""

    origin = "Numerical differentiation, meant for checking, is left in."
    step_size = Fraction(1, 10**5)

    def gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None = None,
    ) -> Parameters[N]:
        def error(numbers: list[N]) -> N:
            seen = self.forward(a, self.unflatten(numbers), X)
            return a.total(self.loss(a, seen.out_y, T).total)

        numbers = self.flatten(params)
        there, width = error(numbers), a.constant(self.step_size)
        per_width = a.constant(1 / self.step_size)

        def slope(i: int) -> N:
            moved = [*numbers[:i], a.total([numbers[i], width]), *numbers[i + 1 :]]
            return a.product(per_width, a.difference(error(moved), there))

        return self.unflatten([slope(i) for i in range(len(numbers))])


class GradientsByWideForwardDifferences(GradientsByForwardDifferences):
    """Gradients are forward differences with a wider step, (E(w + 10⁻⁴) − E(w))/10⁻⁴."""

    origin = "The step seems small enough, but the error of the difference is proportional to it."
    step_size = Fraction(1, 10**4)


def _round_to_float32(x: Real) -> Real:
    nearest = FORMATS["float32"].round(x) if isinstance(x, Fraction) else x
    return nearest if abs(nearest) == inf else Fraction(nearest)


def _decimal_rounding(digits: int) -> Callable[[Real], Real]:
    whole = 10**digits

    def rounded(x: Real) -> Real:
        if isinstance(x, float):
            return x
        return Fraction(divide_half_even(x.numerator * whole, x.denominator), whole)

    return rounded


def _truncate(x: Real) -> Real:
    return Fraction(floor(x * 10**8), 10**8) if isinstance(x, Fraction) else x


def _clip_to(limit: Fraction) -> Callable[[Real], Real]:
    return lambda x: min(max(x, -limit), limit)
