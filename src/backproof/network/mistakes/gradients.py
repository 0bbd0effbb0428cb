"""Mistakes of back-propagation."""

from collections.abc import Callable
from fractions import Fraction

from backproof.network.mistakes.forward import transposed
from backproof.network.mistakes.mistake import Mistake
from backproof.network.network import (
    Activations,
    Arithmetic,
    Deltas,
    N,
    Parameters,
    Pass,
    Past,
    pairwise,
    parameters,
)

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


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


class HiddenDeltaUsesTransposedWeights(Mistake):
    """The error goes back through W2 transposed once too often: w6 and w7 change places."""

    how = "`delta @ W2.T` where `delta @ W2` belongs; in 2 by 2 no shape gives it away."

    def weights_back(
        self, a: Arithmetic[N], params: Parameters[N], past: Past[N] | None
    ) -> list[list[N]]:
        return transposed(super().weights_back(a, params, past))


class HiddenDeltaIgnoresWeights(Mistake):
    """The error goes back through weights of 1: the output weights are left out."""

    how = "The deltas are summed and passed on as they are."

    def weights_back(
        self, a: Arithmetic[N], params: Parameters[N], past: Past[N] | None
    ) -> list[list[N]]:
        one = a.constant(Fraction(1))
        return [[one, one], [one, one]]


class HiddenDeltaUsesErrorNotDelta(Mistake):
    """The error goes back as o − t, without the slope of the output."""

    how = "`error @ W2` where `delta @ W2` belongs: both are at hand."
    seen = ("https://github.com/kim-marcel/basic_neural_network/issues/7",)

    def deltas(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        seen: Activations[N],
        T: list[list[N]],
        past: Past[N] | None = None,
    ) -> Deltas[N]:
        right = super().deltas(a, params, seen, T, past)
        dE_dout_h = [
            [
                self.gathered(a, [a.product(w, e) for w, e in zip(weights, errors, strict=True)])
                for weights in zip(*params.W2, strict=True)
            ]
            for errors in right.dE_dout_y
        ]
        delta_h = [
            [a.product(e, slope) for e, slope in zip(*pair, strict=True)]
            for pair in zip(dE_dout_h, right.dout_dh, strict=True)
        ]
        return right._replace(dE_dout_h=dE_dout_h, delta_h=delta_h)


class HiddenDeltaThroughFirstOutput(Mistake):
    """The error goes back to a hidden unit through the first output only."""

    how = "The chain rule is written out along one path."

    def gathered(self, a: Arithmetic[N], parts: list[N]) -> N:
        return super().gathered(a, parts[:1])


class HiddenDeltaThroughLastOutput(Mistake):
    """The error goes back to a hidden unit through the last output only."""

    how = "`error = ` where `error += ` belongs, in a loop over the outputs."

    def gathered(self, a: Arithmetic[N], parts: list[N]) -> N:
        return super().gathered(a, parts[-1:])


class HiddenDeltaIsMeanOverOutputs(Mistake):
    """What the outputs send back to a hidden unit is averaged, not summed."""

    how = "`.mean()` where `.sum()` belongs."

    def gathered(self, a: Arithmetic[N], parts: list[N]) -> N:
        return a.product(a.constant(HALF), super().gathered(a, parts))


class GradientTakesTargetsSwapped(Mistake):
    """Each output is held against the other's target."""

    how = "Columns of the targets are read in another order."

    def deltas(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        seen: Activations[N],
        T: list[list[N]],
        past: Past[N] | None = None,
    ) -> Deltas[N]:
        return super().deltas(a, params, seen, [row[::-1] for row in T], past)


class OutputGradientTakesPreActivations(Mistake):
    """The gradient of an output weight takes h, where out_h belongs."""

    how = "Both are at hand under similar names: z and a, net and out."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, done.carried.delta_y, done.seen.h)
        return super().collected(a, done)._replace(W2=wrong)


class OutputGradientTakesInputs(Mistake):
    """The gradient of an output weight takes x, where out_h belongs."""

    how = "With as many inputs as hidden units, no shape gives it away."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, done.carried.delta_y, done.X)
        return super().collected(a, done)._replace(W2=wrong)


class OutputGradientTakesOutputs(Mistake):
    """The gradient of an output weight takes out_y, where out_h belongs."""

    how = "An index of the list of layers is off by one."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, done.carried.delta_y, done.seen.out_y)
        return super().collected(a, done)._replace(W2=wrong)


class OutputGradientWithoutSlope(Mistake):
    """The gradient of an output weight is (o − t) out_h; the slope is there on the way back."""

    how = "The delta is formed for the hidden layer only, after the output layer is done."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, done.carried.dE_dout_y, done.seen.out_h)
        return super().collected(a, done)._replace(W2=wrong)


class OutputGradientTakesRow1Activations(Mistake):
    """Every row's output-layer gradient takes the hidden activations of row 1."""

    how = "`out_h[0]`: an index that was left from working through the first row."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        out_h = done.seen.out_h[:1]
        if done.past is not None:
            out_h = self.step_activations(a, done.params, [done.past.first_row], done.past).out_h
        seen = done.seen._replace(out_h=out_h * len(done.X))
        return super().collected(a, done._replace(seen=seen))


class HiddenGradientTakesActivations(Mistake):
    """The gradient of a hidden weight takes out_h, where x belongs."""

    how = "An index of the list of layers is off by one; in 2 by 2 no shape gives it away."
    seen = ("https://github.com/udacity/sdc-issue-reports/issues/839",)

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, done.carried.delta_h, done.seen.out_h)
        return super().collected(a, done)._replace(W1=wrong)


class HiddenGradientWithoutInputs(Mistake):
    """The gradient of a hidden weight is the hidden delta, without the factor x."""

    how = "The last factor of the chain rule is forgotten."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        ones = [[a.constant(Fraction(1))] * 2 for _ in done.X]
        wrong = self.outer_sum(a, done.carried.delta_h, ones)
        return super().collected(a, done)._replace(W1=wrong)


class OutputGradientTransposed(Mistake):
    """The gradient of W2 is transposed: those of w6 and w7 change places."""

    how = "`out_h.T @ delta` where `delta.T @ out_h` belongs; in 2 by 2 no shape gives it away."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        g = super().collected(a, done)
        return g._replace(W2=transposed(g.W2))


class HiddenGradientTransposed(Mistake):
    """The gradient of W1 is transposed: those of w2 and w3 change places."""

    how = "`X.T @ delta` where `delta.T @ X` belongs; in 2 by 2 no shape gives it away."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        g = super().collected(a, done)
        return g._replace(W1=transposed(g.W1))


class SecondOutputMovedByFirstError(Mistake):
    """w7 and w8 are moved by the error of output 1, times the slope of output 2."""

    how = "Lines are copied for the second output, and the first one's error is left in them."

    def output_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:
        errors = [[row[0]] * 2 for row in carried.dE_dout_y]
        wrong = pairwise(a.product, errors, carried.dout_dy)
        return super().output_weights_deltas(a, carried._replace(dE_dout_y=errors, delta_y=wrong))


class SecondOutputMovedByFirstDelta(Mistake):
    """w7 and w8 are moved by the delta of output 1."""

    how = "Lines are copied for the second output, and the first one's delta is left in them."

    def output_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:
        wrong = [[row[0]] * 2 for row in carried.delta_y]
        return super().output_weights_deltas(a, carried._replace(delta_y=wrong))


class SecondHiddenUnitMovedByFirstError(Mistake):
    """w3 and w4 are moved by the error at hidden unit 1, times the slope of hidden unit 2."""

    how = "Lines are copied for the second unit, and the first one's error is left in them."

    def hidden_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:
        errors = [[row[0]] * 2 for row in carried.dE_dout_h]
        wrong = pairwise(a.product, errors, carried.dout_dh)
        return super().hidden_weights_deltas(a, carried._replace(dE_dout_h=errors, delta_h=wrong))


class SecondHiddenUnitMovedByFirstDelta(Mistake):
    """w3 and w4 are moved by the delta of hidden unit 1."""

    how = "Lines are copied for the second unit, and the first one's delta is left in them."

    def hidden_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:
        wrong = [[row[0]] * 2 for row in carried.delta_h]
        return super().hidden_weights_deltas(a, carried._replace(delta_h=wrong))


class SecondHiddenUnitMovedByFirstSlope(Mistake):
    """w3 and w4 are moved by the error at hidden unit 2, times the slope of hidden unit 1."""

    how = "A formula of a spreadsheet is copied, and one of its references does not move along."

    def hidden_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:
        slopes = [[row[0]] * 2 for row in carried.dout_dh]
        wrong = pairwise(a.product, carried.dE_dout_h, slopes)
        return super().hidden_weights_deltas(a, carried._replace(dout_dh=slopes, delta_h=wrong))


class SecondInputsWeightMovedByOtherSlope(Mistake):
    """w2 is moved by the error at hidden unit 1, times the slope of hidden unit 2."""

    how = "A formula of a spreadsheet is copied, and one of its references moves along too far."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        g, carried = super().collected(a, done), done.carried
        slopes = [row[::-1] for row in carried.dout_dh]
        other = self.outer_sum(a, pairwise(a.product, carried.dE_dout_h, slopes), done.X)
        (dE_dw1, _), row_2 = g.W1
        return g._replace(W1=[[dE_dw1, other[0][1]], row_2])


class OutputBiasGradientOfFirstUnit(Mistake):
    """The gradient of b2 is the delta of the first output alone."""

    how = "A bias is taken to belong to one unit, while both share it."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = a.total([row[0] for row in done.carried.delta_y])
        return super().collected(a, done)._replace(b2=wrong)


class OutputBiasGradientOfLastUnit(Mistake):
    """The gradient of b2 is the delta of the last output alone."""

    how = "`=` where `+=` belongs, in a loop over the units that share it."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = a.total([row[-1] for row in done.carried.delta_y])
        return super().collected(a, done)._replace(b2=wrong)


class HiddenBiasGradientOfFirstUnit(Mistake):
    """The gradient of b1 is the delta of the first hidden unit alone."""

    how = "A bias is taken to belong to one unit, while both share it."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = a.total([row[0] for row in done.carried.delta_h])
        return super().collected(a, done)._replace(b1=wrong)


class HiddenBiasGradientOfLastUnit(Mistake):
    """The gradient of b1 is the delta of the last hidden unit alone."""

    how = "`=` where `+=` belongs, in a loop over the units that share it."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = a.total([row[-1] for row in done.carried.delta_h])
        return super().collected(a, done)._replace(b1=wrong)


class BiasGradientsAreMeansOverUnits(Mistake):
    """The gradient of a shared bias is the mean of its units' deltas, not their sum."""

    how = "`delta.mean()` where `delta.sum()` belongs."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        g, half = super().collected(a, done), a.constant(HALF)
        return g._replace(b1=a.product(half, g.b1), b2=a.product(half, g.b2))


class BiasGradientsZero(Mistake):
    """The gradients of the biases are 0."""

    how = "Biases that stay fixed in training are taken for constants."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        zero = a.constant(Fraction(0))
        return super().collected(a, done)._replace(b1=zero, b2=zero)


class GradientsAveragedOverRows(Mistake):
    """Gradients are averaged over the rows, not summed."""

    how = "`/ len(X)`, or a framework's default reduction."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        share = a.constant(Fraction(1, max(len(done.X), 1)))
        return scaled(a, share, super().collected(a, done))


class GradientsOfFirstRowOnly(Mistake):
    """Of several rows, only the first counts."""

    how = "`return` stands inside the loop over the rows."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        return super().collected(a, _of_rows(done, slice(0, 1)))


class GradientsOfLastRowOnly(Mistake):
    """Of several rows, only the last counts."""

    how = "`=` where `+=` belongs, in a loop over the rows."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        return super().collected(a, _of_rows(done, slice(-1, None)))


class GradientsClippedAt1(Mistake):
    """Every gradient is clipped to −1 … 1."""

    how = "`clip_grad_value_` from a program that needed it."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        def clipped(g: N) -> N:
            return a.nondecreasing(lambda x: min(max(x, Fraction(-1)), Fraction(1)), g)

        return mapped(clipped, super().collected(a, done))


def mapped(f: Callable[[N], N], params: Parameters[N]) -> Parameters[N]:
    return parameters([f(p) for p in params.listed()])


def scaled(a: Arithmetic[N], factor: N, params: Parameters[N]) -> Parameters[N]:
    return mapped(lambda p: a.product(factor, p), params)


def _of_rows(done: Pass[N], rows: slice) -> Pass[N]:
    return done._replace(
        X=done.X[rows],
        seen=Activations._make(field[rows] for field in done.seen),
        carried=Deltas._make(field[rows] for field in done.carried),
    )
