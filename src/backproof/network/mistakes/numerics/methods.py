"""Mistakes in the method: functions that overflow or lose digits, clipping, differences."""

from fractions import Fraction
from math import inf

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import clip, logarithm, tanh
from backproof.network.network import Parameters, TrainingHistory


class SigmoidArgumentClipped(Mistake):
    """The argument of the sigmoid is clipped to −{constant} … {constant}."""

    origin = "A remedy for an overflow warning, with a smaller limit than necessary."
    constant = Fraction(30)
    is_positive = True

    def activation(self, a: Arithmetic[N], z: N) -> N:
        limit = self.constant_of(SigmoidArgumentClipped)
        return super().activation(a, clip(a, z, -limit, limit))


class SigmoidArgumentClippedAt500(SigmoidArgumentClipped):
    """The argument of the sigmoid is clipped to −500 … 500."""

    origin = "`np.clip(z, -500, 500)`, the usual remedy for an overflow warning."
    citations = ("https://wenku.csdn.net/answer/1rziw9np97",)
    constant = Fraction(500)


class SigmoidArgumentClippedAt20(SigmoidArgumentClipped):
    """The argument of the sigmoid is clipped to −20 … 20."""

    constant = Fraction(20)


class SumsClipped(Mistake):
    """The weighted sums, h and y, are clipped to −{constant} … {constant}."""

    origin = "A remedy for an overflow warning, applied where the sum is computed."
    constant = Fraction(300)
    is_positive = True

    def affine(self, a: Arithmetic[N], weights: list[N], bias: N, x: list[N]) -> N:
        limit = self.constant_of(SumsClipped)
        return clip(a, super().affine(a, weights, bias, x), -limit, limit)


class OutputsKeptFrom0And1(Mistake):
    """Outputs are clipped to ε … 1 − ε, with ε = {constant}."""

    origin = "Keras' epsilon keeps a logarithm finite, but this loss has no logarithm."
    constant = Fraction(1, 10**7)
    largest = Fraction(49, 100)
    is_positive = True

    def output_activations(self, a: Arithmetic[N], y: list[N]) -> list[N]:
        epsilon = self.constant_of(OutputsKeptFrom0And1)
        return [clip(a, s, epsilon, 1 - epsilon) for s in super().output_activations(a, y)]


class ActivationsKeptFrom0And1(Mistake):
    """The sigmoid is clipped to ε … 1 − ε in both layers, with ε = {constant}."""

    origin = "A remedy for vanishing gradients, or for a logarithm of 0 in another loss."
    constant = Fraction(1, 10**7)
    largest = Fraction(49, 100)
    is_positive = True

    def activation(self, a: Arithmetic[N], z: N) -> N:
        epsilon = self.constant_of(ActivationsKeptFrom0And1)
        return clip(a, super().activation(a, z), epsilon, 1 - epsilon)


class SlopeOfClippedActivation(Mistake):
    """The derivative of the sigmoid clips the activation to ε … 1 − ε, with ε = {constant}."""

    origin = "A remedy for vanishing gradients."
    constant = Fraction(1, 100)
    largest = Fraction(49, 100)
    is_positive = True

    def activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        epsilon = self.constant_of(SlopeOfClippedActivation)
        return super().activation_derivative(a, z, clip(a, s, epsilon, 1 - epsilon))


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


class SlopeByReciprocal(Mistake):
    """The derivative of the sigmoid is e^(−z)/(1 + e^(−z))², which is 0 or ∞/∞ for negative z."""

    origin = "Automatic differentiation takes `1 / (1 + exp(-z))` apart by the chain rule."
    citations = (
        "https://github.com/huggingface/candle/issues/2114",
        "https://github.com/tracel-ai/burn/issues/1140",
    )

    def activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        limit = logarithm(self.format.max_finite)
        not_lost = a.apply_monotone(lambda x: Fraction(int(2 * x > -limit)), z)
        e_z = a.apply_monotone(lambda x: Fraction(0) if x > -limit else -inf, z)
        slope = a.product(not_lost, super().activation_derivative(a, z, s))
        return a.total([slope, a.difference(e_z, e_z)])
