"""Mistakes in the sums over units and rows, and in what is done with the sums."""

from fractions import Fraction

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.inputs import each
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import HALF, scaled
from backproof.network.network import Activations, Deltas, Parameters, Pass


class OutputBiasGradientOfFirstUnit(Mistake):
    """The gradient of b2 is the delta of the first output only."""

    how = "The bias is taken to belong to one unit, although both units share it."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = a.total([row[0] for row in done.carried.delta_y])
        return super().collected(a, done)._replace(b2=wrong)


class OutputBiasGradientOfLastUnit(Mistake):
    """The gradient of b2 is the delta of the last output only."""

    how = "`=` instead of `+=` in a loop over the units that share the bias."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = a.total([row[-1] for row in done.carried.delta_y])
        return super().collected(a, done)._replace(b2=wrong)


class HiddenBiasGradientOfFirstUnit(Mistake):
    """The gradient of b1 is the delta of the first hidden unit only."""

    how = "The bias is taken to belong to one unit, although both units share it."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = a.total([row[0] for row in done.carried.delta_h])
        return super().collected(a, done)._replace(b1=wrong)


class HiddenBiasGradientOfLastUnit(Mistake):
    """The gradient of b1 is the delta of the last hidden unit only."""

    how = "`=` instead of `+=` in a loop over the units that share the bias."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = a.total([row[-1] for row in done.carried.delta_h])
        return super().collected(a, done)._replace(b1=wrong)


class BiasGradientsAreMeansOverUnits(Mistake):
    """The gradient of a shared bias is the mean of its units' deltas, not the sum."""

    how = "`delta.mean()` instead of `delta.sum()`."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        g, half = super().collected(a, done), a.constant(HALF)
        return g._replace(b1=a.product(half, g.b1), b2=a.product(half, g.b2))


class BiasGradientsZero(Mistake):
    """The gradients of the biases are 0."""

    how = "Biases that stay fixed in training are treated as constants."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        zero = a.constant(Fraction(0))
        return super().collected(a, done)._replace(b1=zero, b2=zero)


class GradientsAveragedOverRows(Mistake):
    """Gradients are averaged over the rows instead of summed."""

    how = "`/ len(X)`, or a framework's default reduction."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        share = a.constant(Fraction(1, max(len(done.X), 1)))
        return scaled(a, share, super().collected(a, done))


class GradientsOfFirstRowOnly(Mistake):
    """Only the first row contributes to the gradients."""

    how = "`return` is inside the loop over the rows."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        return super().collected(a, _of_rows(done, slice(0, 1)))


class GradientsOfLastRowOnly(Mistake):
    """Only the last row contributes to the gradients."""

    how = "`=` instead of `+=` in a loop over the rows."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        return super().collected(a, _of_rows(done, slice(-1, None)))


class GradientsClippedAt1(Mistake):
    """Every gradient is clipped to −1 … 1."""

    how = "`clip_grad_value_` is left over from a program that needed it."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        def clipped(g: N) -> N:
            return a.nondecreasing(lambda x: min(max(x, Fraction(-1)), Fraction(1)), g)

        return each(clipped, super().collected(a, done))


def _of_rows(done: Pass[N], rows: slice) -> Pass[N]:
    return done._replace(
        X=done.X[rows],
        seen=Activations._make(field[rows] for field in done.seen),
        carried=Deltas._make(field[rows] for field in done.carried),
    )
