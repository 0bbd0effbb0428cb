"""Mistakes in the sums over units and rows, and in what is done with the sums."""

from fractions import Fraction

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.inputs import map_parameters
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import HALF, clip, scale_parameters
from backproof.network.network import Activations, BatchPass, Deltas, Parameters, elementwise


class OutputBiasGradientOfFirstUnit(Mistake):
    """The gradient of b2 is the delta of the first output only."""

    origin = "The bias is taken to belong to one unit, although both units share it."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        wrong = a.total([row[0] for row in batch_pass.deltas.delta_y])
        return super().collect_gradients(a, batch_pass)._replace(b2=wrong)


class OutputBiasGradientOfLastUnit(Mistake):
    """The gradient of b2 is the delta of the last output only."""

    origin = "`=` instead of `+=` in a loop over the units that share the bias."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        wrong = a.total([row[-1] for row in batch_pass.deltas.delta_y])
        return super().collect_gradients(a, batch_pass)._replace(b2=wrong)


class HiddenBiasGradientOfFirstUnit(Mistake):
    """The gradient of b1 is the delta of the first hidden unit only."""

    origin = "The bias is taken to belong to one unit, although both units share it."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        wrong = a.total([row[0] for row in batch_pass.deltas.delta_h])
        return super().collect_gradients(a, batch_pass)._replace(b1=wrong)


class HiddenBiasGradientOfLastUnit(Mistake):
    """The gradient of b1 is the delta of the last hidden unit only."""

    origin = "`=` instead of `+=` in a loop over the units that share the bias."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        wrong = a.total([row[-1] for row in batch_pass.deltas.delta_h])
        return super().collect_gradients(a, batch_pass)._replace(b1=wrong)


class BiasGradientsAreMeansOverUnits(Mistake):
    """The gradient of a shared bias is the mean of its units' deltas, not the sum."""

    origin = "`delta.mean()` instead of `delta.sum()`."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        g, half = super().collect_gradients(a, batch_pass), a.constant(HALF)
        return g._replace(b1=a.product(half, g.b1), b2=a.product(half, g.b2))


class BiasGradientsZero(Mistake):
    """The gradients of the biases are 0."""

    origin = "Biases that stay fixed in training are treated as constants."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        zero = a.constant(Fraction(0))
        return super().collect_gradients(a, batch_pass)._replace(b1=zero, b2=zero)


class BiasGradientsNegated(Mistake):
    """The gradients of the biases have the wrong sign."""

    origin = "The bias is the weight of an input −1, as in w·x − θ, where the forward pass adds it."
    citations = ("https://github.com/benoitfragit/libBrain/issues/13",)

    def bias_gradient(self, a: Arithmetic[N], deltas: list[list[N]]) -> N:
        return a.product(a.constant(Fraction(-1)), super().bias_gradient(a, deltas))


class PenaltyInGradients(Mistake):
    """Each weight times {constant} is part of its gradient, which is also returned so."""

    origin = "An L2 penalty on the weights is part of the loss that is differentiated."
    citations = ("https://github.com/andersbll/nnet/issues/4",)
    constant = Fraction(1, 100)
    largest = Fraction(1)

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        g = super().collect_gradients(a, batch_pass)
        size = a.constant(self.constant_of(PenaltyInGradients))

        def penalized(gradient: N, weight: N) -> N:
            return a.total([gradient, a.product(size, weight)])

        return g._replace(
            W1=elementwise(penalized, g.W1, batch_pass.params.W1),
            W2=elementwise(penalized, g.W2, batch_pass.params.W2),
        )


class GradientsAveragedOverRows(Mistake):
    """Gradients are averaged over the rows instead of summed."""

    origin = "`/ len(X)`, or a framework's default reduction."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        share = a.constant(Fraction(1, max(len(batch_pass.X), 1)))
        return scale_parameters(a, share, super().collect_gradients(a, batch_pass))


class GradientsOfFirstRowOnly(Mistake):
    """Only the first row contributes to the gradients."""

    origin = "`return` is inside the loop over the rows."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        return super().collect_gradients(a, _select_rows(batch_pass, slice(0, 1)))


class GradientsOfLastRowOnly(Mistake):
    """Only the last row contributes to the gradients."""

    origin = "`=` instead of `+=` in a loop over the rows."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        return super().collect_gradients(a, _select_rows(batch_pass, slice(-1, None)))


class GradientsClipped(Mistake):
    """Every gradient is clipped to −{constant} … {constant}."""

    origin = "`clip_grad_value_` is left over from a program that needed it."
    constant = Fraction(1, 10)
    is_positive = True

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        gradients = super().collect_gradients(a, batch_pass)
        limit = self.constant_of(GradientsClipped)
        return map_parameters(lambda g: clip(a, g, -limit, limit), gradients)


class GradientsClippedAt1(GradientsClipped):
    """Every gradient is clipped to −1 … 1."""

    constant = Fraction(1)


class BiasGradientsCountedTwice(Mistake):
    """The gradient of each bias is twice the sum of its units' deltas."""

    origin = "The sum over all deltas is broadcast to a bias for each unit, and then added up."
    citations = ("https://github.com/rasbt/stat453-deep-learning-ss21/issues/5",)

    def bias_gradient(self, a: Arithmetic[N], deltas: list[list[N]]) -> N:
        return a.product(a.constant(Fraction(2)), super().bias_gradient(a, deltas))


class GradientsScaled(Mistake):
    """Every gradient is multiplied by {constant}."""

    origin = "The loss is scaled for mixed precision, and the gradients are never scaled back."
    citations = ("https://docs.pytorch.org/docs/stable/notes/amp_examples.html",)
    constant = Fraction(128)

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        gradients = super().collect_gradients(a, batch_pass)
        return scale_parameters(a, a.constant(self.constant_of(GradientsScaled)), gradients)


def _select_rows(done: BatchPass[N], rows: slice) -> BatchPass[N]:
    return done._replace(
        X=done.X[rows],
        activations=Activations._make(field[rows] for field in done.activations),
        deltas=Deltas._make(field[rows] for field in done.deltas),
    )
