"""Mistakes in the derivatives of the loss and of the activations."""

from fractions import Fraction

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import HALF, clip

QUARTER = Fraction(1, 4)


class LossDerivativeClipped(Mistake):
    """The derivative of the loss, o − t, is clipped to −{constant} … {constant}."""

    origin = "The error is clipped as in DQN, or the loss is a Huber loss."
    constant = Fraction(1)
    is_positive = True

    def loss_derivative(self, a: Arithmetic[N], o: N, t: N) -> N:
        limit = self.constant_of(LossDerivativeClipped)
        return clip(a, super().loss_derivative(a, o, t), -limit, limit)


class GradientNegated(Mistake):
    """The derivative of the loss is t − o, so every gradient has the wrong sign."""

    origin = "The minus of −(t − o) is missing, and the update still subtracts the gradient."

    def loss_derivative(self, a: Arithmetic[N], o: N, t: N) -> N:
        return a.difference(t, o)


class GradientWithoutHalf(Mistake):
    """The derivative of the loss is 2 (o − t), so every gradient is doubled."""

    origin = "The code differentiates (t − o)², although the loss has the factor ½."

    def loss_derivative(self, a: Arithmetic[N], o: N, t: N) -> N:
        return a.product(a.constant(Fraction(2)), super().loss_derivative(a, o, t))


class GradientHalved(Mistake):
    """The derivative of the loss is ½ (o − t), so every gradient is halved."""

    origin = "The factor ½ is kept, although the 2 from the square cancels it."

    def loss_derivative(self, a: Arithmetic[N], o: N, t: N) -> N:
        return a.product(a.constant(HALF), super().loss_derivative(a, o, t))


class OutputSlopeMissing(Mistake):
    """The output delta is o − t, without the derivative of the sigmoid."""

    origin = "It is the delta of the cross-entropy loss, or the derivative is forgotten."
    citations = (
        "https://github.com/mnielsen/neural-networks-and-deep-learning/pull/77",
        "https://github.com/jiexunsee/Neural-Network-with-Python/issues/1",
        "https://github.com/Bot-Academy/NeuralNetworkFromScratch/pull/3",
    )

    def output_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.constant(Fraction(1))


class OutputSlopeOfPreActivation(Mistake):
    """The derivative at the output is computed as y (1 − y) instead of out_y (1 − out_y)."""

    origin = "`x * (1 - x)` expects the activation, but is given the pre-activation."
    citations = ("https://github.com/BoltzmannEntropy/interviews.ai/issues/4",)

    def output_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.product(z, a.difference(a.constant(Fraction(1)), z))


class OutputSlopeOfActivation(Mistake):
    """The derivative at the output is computed as σ′(out_y) instead of σ′(y)."""

    origin = "`sigmoid_derivative(z)` expects the pre-activation, but is given the activation."
    citations = ("https://github.com/dwhitena/gophernet/issues/6",)

    def output_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return super().output_activation_derivative(a, s, a.sigmoid(s))


class OutputSlopeIsQuarter(Mistake):
    """The derivative of the sigmoid at the output is always ¼."""

    origin = "The derivative at 0, which is ¼, is used everywhere."

    def output_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.constant(QUARTER)


class HiddenSlopeMissing(Mistake):
    """The hidden delta lacks the derivative of the hidden sigmoid."""

    origin = "The derivative is applied at the output, but forgotten in the hidden layer."

    def hidden_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.constant(Fraction(1))


class HiddenSlopeOfPreActivation(Mistake):
    """The derivative in the hidden layer is computed as h (1 − h) instead of out_h (1 − out_h)."""

    origin = "`x * (1 - x)` expects the activation, but is given the pre-activation."

    def hidden_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.product(z, a.difference(a.constant(Fraction(1)), z))


class HiddenSlopeOfActivation(Mistake):
    """The derivative in the hidden layer is computed as σ′(out_h) instead of σ′(h)."""

    origin = "`sigmoid_derivative(z)` expects the pre-activation, but is given the activation."

    def hidden_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return super().hidden_activation_derivative(a, s, a.sigmoid(s))


class HiddenSlopeIsQuarter(Mistake):
    """The derivative of the sigmoid in the hidden layer is always ¼."""

    origin = "The derivative at 0, which is ¼, is used everywhere."

    def hidden_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.constant(QUARTER)


class SlopesOfTanh(Mistake):
    """The derivative in both layers is computed as 1 − s², the derivative of tanh."""

    origin = "The activation used to be tanh, and its derivative was not changed."
    citations = ("https://stackoverflow.com/questions/10626134",)

    def activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.difference(a.constant(Fraction(1)), a.product(s, s))


class HiddenSlopeOfTanh(Mistake):
    """The derivative in the hidden layer is computed as 1 − s², the derivative of tanh."""

    origin = "The activation used to be tanh, and its derivative was not changed."

    def hidden_activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.difference(a.constant(Fraction(1)), a.product(s, s))


class SlopeWithFlatSpotOffset(Mistake):
    """{constant} is added to every derivative of the sigmoid."""

    origin = "An old remedy for units that stop learning: s (1 − s) + 0.1."
    constant = Fraction(1, 10)

    def activation_derivative(self, a: Arithmetic[N], z: N, s: N) -> N:
        offset = a.constant(self.constant_of(SlopeWithFlatSpotOffset))
        return a.total([super().activation_derivative(a, z, s), offset])
