"""Mistakes in the gradient of a weight: right deltas, but the wrong factor or the wrong unit."""

from fractions import Fraction

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import transposed
from backproof.network.network import Deltas, Parameters, Pass, pairwise


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
