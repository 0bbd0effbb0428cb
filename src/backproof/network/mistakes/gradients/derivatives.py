"""Mistakes in the derivatives of the loss and of the activations."""

from fractions import Fraction

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import HALF

QUARTER = Fraction(1, 4)


class GradientNegated(Mistake):
    """The error's derivative is taken as t − o: every gradient has the wrong sign."""

    how = "−(t − o) without its minus, while the update subtracts still."

    def error_slope(self, a: Arithmetic[N], o: N, t: N) -> N:
        return a.difference(t, o)


class GradientWithoutHalf(Mistake):
    """The error's derivative is taken as 2 (o − t): every gradient is doubled."""

    how = "The derivative of (t − o)² is taken, while the error has its half."

    def error_slope(self, a: Arithmetic[N], o: N, t: N) -> N:
        return a.product(a.constant(Fraction(2)), super().error_slope(a, o, t))


class GradientHalved(Mistake):
    """The error's derivative is taken as ½ (o − t): every gradient is halved."""

    how = "The half of the error is kept though the 2 of the square has cancelled it."

    def error_slope(self, a: Arithmetic[N], o: N, t: N) -> N:
        return a.product(a.constant(HALF), super().error_slope(a, o, t))


class OutputSlopeMissing(Mistake):
    """The output's delta is o − t: the slope of its sigmoid is missing."""

    how = "The delta of the cross-entropy error is taken, or the derivative is forgotten."
    seen = (
        "https://github.com/mnielsen/neural-networks-and-deep-learning/pull/77",
        "https://github.com/jiexunsee/Neural-Network-with-Python/issues/1",
        "https://github.com/Bot-Academy/NeuralNetworkFromScratch/pull/3",
    )

    def output_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.constant(Fraction(1))


class OutputSlopeOfPreActivation(Mistake):
    """The output's slope is y (1 − y), with y before the sigmoid."""

    how = "`x * (1 - x)` is right for the activation, and is given the pre-activation."
    seen = ("https://github.com/BoltzmannEntropy/interviews.ai/issues/4",)

    def output_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.product(z, a.difference(a.constant(Fraction(1)), z))


class OutputSlopeOfActivation(Mistake):
    """The output's slope is σ′(out_y), with a sigmoid too many."""

    how = "`sigmoid_derivative(z)` is right for the pre-activation, and is given the activation."
    seen = ("https://github.com/dwhitena/gophernet/issues/6",)

    def output_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return super().output_slope(a, s, a.sigmoid(s))


class OutputSlopeIsQuarter(Mistake):
    """The output's slope is ¼, whatever the output."""

    how = "The slope at 0 is taken for all."

    def output_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.constant(QUARTER)


class HiddenSlopeMissing(Mistake):
    """The hidden delta lacks the slope of the hidden sigmoid."""

    how = "The derivative is applied at the output and forgotten on the way back."

    def hidden_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.constant(Fraction(1))


class HiddenSlopeOfPreActivation(Mistake):
    """The hidden slope is h (1 − h), with h before the sigmoid."""

    how = "`x * (1 - x)` is right for the activation, and is given the pre-activation."

    def hidden_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.product(z, a.difference(a.constant(Fraction(1)), z))


class HiddenSlopeOfActivation(Mistake):
    """The hidden slope is σ′(out_h), with a sigmoid too many."""

    how = "`sigmoid_derivative(z)` is right for the pre-activation, and is given the activation."

    def hidden_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return super().hidden_slope(a, s, a.sigmoid(s))


class HiddenSlopeIsQuarter(Mistake):
    """The hidden slope is ¼, whatever the activation."""

    how = "The slope at 0 is taken for all."

    def hidden_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.constant(QUARTER)


class HiddenSlopeOfTanh(Mistake):
    """The hidden slope is 1 − s², the derivative of tanh."""

    how = "The activation was tanh once, and its derivative was left."

    def hidden_slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.difference(a.constant(Fraction(1)), a.product(s, s))


class SlopeWithFlatSpotOffset(Mistake):
    """A tenth is added to every slope, so that no unit stands still."""

    how = "An old remedy for flat spots: s (1 − s) + 0.1."

    def slope(self, a: Arithmetic[N], z: N, s: N) -> N:
        return a.total([super().slope(a, z, s), a.constant(Fraction(1, 10))])
