"""Mistakes in the gradients of the weights, where the deltas are right."""

from fractions import Fraction

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import transposed
from backproof.network.network import Deltas, Parameters, Pass, pairwise


class OutputGradientTakesPreActivations(Mistake):
    """The gradients of the output weights use h instead of out_h."""

    how = "Both are available under similar names: z and a, or net and out."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, done.carried.delta_y, done.seen.h)
        return super().collected(a, done)._replace(W2=wrong)


class OutputGradientTakesInputs(Mistake):
    """The gradients of the output weights use x instead of out_h."""

    how = "With as many inputs as hidden units, the shapes still match."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, done.carried.delta_y, done.X)
        return super().collected(a, done)._replace(W2=wrong)


class OutputGradientTakesOutputs(Mistake):
    """The gradients of the output weights use out_y instead of out_h."""

    how = "An index into the list of layers is off by one."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, done.carried.delta_y, done.seen.out_y)
        return super().collected(a, done)._replace(W2=wrong)


class OutputGradientWithoutSlope(Mistake):
    """Only the gradients of the output weights lack the derivative at the output."""

    how = "The delta is computed for the hidden layer only, after the output layer is done."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, done.carried.dE_dout_y, done.seen.out_h)
        return super().collected(a, done)._replace(W2=wrong)


class OutputGradientTakesRow1Activations(Mistake):
    """The gradients of the output weights use the hidden activations of row 1 for every row."""

    how = "`out_h[0]`: the index is left over from working through the first row."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        out_h = done.seen.out_h[:1]
        if done.past is not None:
            out_h = self.step_activations(a, done.params, [done.past.first_row], done.past).out_h
        seen = done.seen._replace(out_h=out_h * len(done.X))
        return super().collected(a, done._replace(seen=seen))


class HiddenGradientTakesActivations(Mistake):
    """The gradients of the hidden weights use out_h instead of x."""

    how = "An index into the list of layers is off by one; in 2 by 2, the shapes still match."
    seen = ("https://github.com/udacity/sdc-issue-reports/issues/839",)

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, done.carried.delta_h, done.seen.out_h)
        return super().collected(a, done)._replace(W1=wrong)


class HiddenGradientWithoutInputs(Mistake):
    """The gradients of the hidden weights are the hidden deltas, without the factor x."""

    how = "The last factor of the chain rule is forgotten."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        ones = [[a.constant(Fraction(1))] * 2 for _ in done.X]
        wrong = self.outer_sum(a, done.carried.delta_h, ones)
        return super().collected(a, done)._replace(W1=wrong)


class OutputGradientTransposed(Mistake):
    """The gradient of W2 is transposed, so those of w6 and w7 are swapped."""

    how = "`out_h.T @ delta` instead of `delta.T @ out_h`; in 2 by 2, the shapes still match."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        g = super().collected(a, done)
        return g._replace(W2=transposed(g.W2))


class HiddenGradientTransposed(Mistake):
    """The gradient of W1 is transposed, so those of w2 and w3 are swapped."""

    how = "`X.T @ delta` instead of `delta.T @ X`; in 2 by 2, the shapes still match."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        g = super().collected(a, done)
        return g._replace(W1=transposed(g.W1))


class SecondOutputMovedByFirstError(Mistake):
    """The gradients of w7 and w8 use o − t of output 1 instead of output 2."""

    how = "The lines are copied for the second output, but still use o − t of the first."

    def output_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:
        errors = [[row[0]] * 2 for row in carried.dE_dout_y]
        wrong = pairwise(a.product, errors, carried.dout_dy)
        return super().output_weights_deltas(a, carried._replace(dE_dout_y=errors, delta_y=wrong))


class SecondOutputMovedByFirstDelta(Mistake):
    """The gradients of w7 and w8 use the delta of output 1 instead of output 2."""

    how = "The lines are copied for the second output, but still use the delta of the first."

    def output_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:
        wrong = [[row[0]] * 2 for row in carried.delta_y]
        return super().output_weights_deltas(a, carried._replace(delta_y=wrong))


class SecondHiddenUnitMovedByFirstError(Mistake):
    """The gradients of w3 and w4 use dE/dout_h of hidden unit 1 instead of hidden unit 2."""

    how = "The lines are copied for the second unit, but still use dE/dout_h of the first."

    def hidden_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:
        errors = [[row[0]] * 2 for row in carried.dE_dout_h]
        wrong = pairwise(a.product, errors, carried.dout_dh)
        return super().hidden_weights_deltas(a, carried._replace(dE_dout_h=errors, delta_h=wrong))


class SecondHiddenUnitMovedByFirstDelta(Mistake):
    """The gradients of w3 and w4 use the delta of hidden unit 1 instead of hidden unit 2."""

    how = "The lines are copied for the second unit, but still use the delta of the first."

    def hidden_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:
        wrong = [[row[0]] * 2 for row in carried.delta_h]
        return super().hidden_weights_deltas(a, carried._replace(delta_h=wrong))


class SecondHiddenUnitMovedByFirstSlope(Mistake):
    """The gradients of w3 and w4 use σ′ of hidden unit 1 instead of hidden unit 2."""

    how = "A spreadsheet formula is copied, and one of its references does not move with it."

    def hidden_weights_deltas(self, a: Arithmetic[N], carried: Deltas[N]) -> list[list[N]]:
        slopes = [[row[0]] * 2 for row in carried.dout_dh]
        wrong = pairwise(a.product, carried.dE_dout_h, slopes)
        return super().hidden_weights_deltas(a, carried._replace(dout_dh=slopes, delta_h=wrong))


class SecondInputsWeightMovedByOtherSlope(Mistake):
    """The gradient of w2 uses σ′ of hidden unit 2 instead of hidden unit 1."""

    how = "A spreadsheet formula is copied, and one of its references moves too far."

    def collected(self, a: Arithmetic[N], done: Pass[N]) -> Parameters[N]:
        g, carried = super().collected(a, done), done.carried
        slopes = [row[::-1] for row in carried.dout_dh]
        other = self.outer_sum(a, pairwise(a.product, carried.dE_dout_h, slopes), done.X)
        (dE_dw1, _), row_2 = g.W1
        return g._replace(W1=[[dE_dw1, other[0][1]], row_2])
