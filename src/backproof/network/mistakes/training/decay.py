"""Mistakes that change the gradients of a step: weight decay, clipping."""

from fractions import Fraction

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.float_formats import Real
from backproof.network.inputs import map_parameters
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import clip, scale_parameters, square_root, subtract
from backproof.network.network import Parameters, TrainingHistory


class WeightDecay(Mistake):
    """Each parameter times {constant} is added to its gradient."""

    origin = "`weight_decay=0.01` is left in, or is the optimizer's default, as in AdamW."
    constant = Fraction(1, 100)
    largest = Fraction(1)

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
        rate = self.step_learning_rate(a, learning_rate, len(X), past)
        return subtract(a, after, scale_parameters(a, rate, self.decay(a, params)), train_biases)

    def decay(self, a: Arithmetic[N], params: Parameters[N]) -> Parameters[N]:
        """Return what is added to the gradients, or subtracted from the parameters by itself."""
        return scale_parameters(a, a.constant(self.constant_of(WeightDecay)), params)


class WeightDecayWithoutBiases(WeightDecay):
    """Each weight times {constant} is added to its gradient; the biases have no decay."""

    origin = "The usual way to add weight decay: biases are exempt."
    citations = ("https://github.com/pytorch/pytorch/issues/2639",)

    def decay(self, a: Arithmetic[N], params: Parameters[N]) -> Parameters[N]:
        zero = a.constant(Fraction(0))
        return super().decay(a, params)._replace(b1=zero, b2=zero)


class DecayIsConstant(WeightDecay):
    """The constant {constant} is added to each gradient, not a share of the parameter."""

    origin = "Decoupled weight decay, without the parameter that it is to be multiplied by."
    citations = ("https://github.com/jettify/pytorch-optimizer/issues/454",)

    def decay(self, a: Arithmetic[N], params: Parameters[N]) -> Parameters[N]:
        return map_parameters(lambda _: a.constant(self.constant_of(WeightDecay)), params)


class DecayBySign(WeightDecay):
    """The constant {constant} is added to each gradient, with the sign of the parameter."""

    origin = "L1 regularization, where none is asked for."

    def decay(self, a: Arithmetic[N], params: Parameters[N]) -> Parameters[N]:
        size = self.constant_of(WeightDecay)
        return map_parameters(
            lambda p: a.apply_monotone(lambda x: size * ((x > 0) - (x < 0)), p), params
        )


class ParametersShrinkEachStep(Mistake):
    """Each step subtracts the parameter times {constant}, whatever the learning rate is."""

    origin = "Weight decay that is decoupled from the gradient, and from the learning rate too."
    citations = ("https://arxiv.org/abs/1711.05101",)
    constant = Fraction(1, 100)
    largest = Fraction(1, 2)

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
        share = scale_parameters(a, a.constant(self.constant_of(ParametersShrinkEachStep)), params)
        return subtract(a, after, share, train_biases)


class StepGradientsClipped(Mistake):
    """Training clips every gradient to −{constant} … {constant}."""

    origin = "`clip_grad_value_` is left over from a program that needed it."
    citations = ("https://github.com/keras-team/keras/issues/7333",)
    constant = Fraction(1, 10)
    is_positive = True

    def step_gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None,
    ) -> Parameters[N]:
        g = super().step_gradients(a, params, X, T, past)
        limit = self.constant_of(StepGradientsClipped)
        return map_parameters(lambda x: clip(a, x, -limit, limit), g)


class GradientNormClipped(Mistake):
    """Training scales the gradients down if their global norm exceeds {constant}."""

    origin = "`clip_grad_norm_` with the default of a training script, max_grad_norm=1.0."
    citations = ("https://huggingface.co/docs/transformers/main_classes/trainer",)
    constant = Fraction(1)
    is_positive = True

    def step_gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None,
    ) -> Parameters[N]:
        g = super().step_gradients(a, params, X, T, past)
        norm = a.apply_monotone(square_root, a.total([a.product(x, x) for x in g.flatten()]))
        one = a.constant(Fraction(1))
        scale = a.product(one, a.product(one, a.apply_monotone(self._scale, norm)))
        return scale_parameters(a, scale, g)

    def _scale(self, norm: Real) -> Real:
        """Return min(1, limit/(norm + 10⁻⁶)), as PyTorch does."""
        if isinstance(norm, float):
            return Fraction(0)
        limit = self.constant_of(GradientNormClipped)
        return min(Fraction(1), limit / (norm + Fraction(1, 10**6)))
