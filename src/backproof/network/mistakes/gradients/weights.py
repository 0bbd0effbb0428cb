"""Mistakes in the gradients of the weights, where the deltas are right."""

from fractions import Fraction

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import transpose
from backproof.network.network import BatchPass, Deltas, Parameters, elementwise


class OutputGradientTakesPreActivations(Mistake):
    """The gradients of the output weights use h instead of out_h."""

    origin = "Both are available under similar names: z and a, or net and out."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, batch_pass.deltas.delta_y, batch_pass.activations.h)
        return super().collect_gradients(a, batch_pass)._replace(W2=wrong)


class OutputGradientTakesInputs(Mistake):
    """The gradients of the output weights use x instead of out_h."""

    origin = "With as many inputs as hidden units, the shapes still match."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, batch_pass.deltas.delta_y, batch_pass.X)
        return super().collect_gradients(a, batch_pass)._replace(W2=wrong)


class OutputGradientTakesOutputs(Mistake):
    """The gradients of the output weights use out_y instead of out_h."""

    origin = "An index into the list of layers is off by one."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, batch_pass.deltas.delta_y, batch_pass.activations.out_y)
        return super().collect_gradients(a, batch_pass)._replace(W2=wrong)


class OutputGradientWithoutSlope(Mistake):
    """Only the gradients of the output weights lack the derivative at the output."""

    origin = "The delta is computed for the hidden layer only, after the output layer is done."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, batch_pass.deltas.dE_dout_y, batch_pass.activations.out_h)
        return super().collect_gradients(a, batch_pass)._replace(W2=wrong)


class OutputGradientTakesRow1Activations(Mistake):
    """The gradients of the output weights use the hidden activations of row 1 for every row."""

    origin = "`out_h[0]`: the index is left over from working through the first row."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        out_h = batch_pass.activations.out_h[:1]
        if batch_pass.past is not None:
            out_h = self.step_activations(
                a, batch_pass.params, [batch_pass.past.first_row], batch_pass.past
            ).out_h
        seen = batch_pass.activations._replace(out_h=out_h * len(batch_pass.X))
        return super().collect_gradients(a, batch_pass._replace(activations=seen))


class HiddenGradientTakesActivations(Mistake):
    """The gradients of the hidden weights use out_h instead of x."""

    origin = "An index into the list of layers is off by one; in 2 by 2, the shapes still match."
    citations = ("https://github.com/udacity/sdc-issue-reports/issues/839",)

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        wrong = self.outer_sum(a, batch_pass.deltas.delta_h, batch_pass.activations.out_h)
        return super().collect_gradients(a, batch_pass)._replace(W1=wrong)


class HiddenGradientWithoutInputs(Mistake):
    """The gradients of the hidden weights are the hidden deltas, without the factor x."""

    origin = "The last factor of the chain rule is forgotten."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        ones = [[a.constant(Fraction(1))] * 2 for _ in batch_pass.X]
        wrong = self.outer_sum(a, batch_pass.deltas.delta_h, ones)
        return super().collect_gradients(a, batch_pass)._replace(W1=wrong)


class OutputGradientTransposed(Mistake):
    """The gradient of W2 is transposed, so those of w6 and w7 are swapped."""

    origin = "`out_h.T @ delta` instead of `delta.T @ out_h`; in 2 by 2, the shapes still match."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        g = super().collect_gradients(a, batch_pass)
        return g._replace(W2=transpose(g.W2))


class HiddenGradientTransposed(Mistake):
    """The gradient of W1 is transposed, so those of w2 and w3 are swapped."""

    origin = "`X.T @ delta` instead of `delta.T @ X`; in 2 by 2, the shapes still match."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        g = super().collect_gradients(a, batch_pass)
        return g._replace(W1=transpose(g.W1))


class SecondOutputMovedByFirstError(Mistake):
    """The gradients of w7 and w8 use o − t of output 1 instead of output 2."""

    origin = "The lines are copied for the second output, but still use o − t of the first."

    def output_weights_deltas(self, a: Arithmetic[N], deltas: Deltas[N]) -> list[list[N]]:
        errors = [[row[0]] * 2 for row in deltas.dE_dout_y]
        wrong = elementwise(a.product, errors, deltas.dout_dy)
        return super().output_weights_deltas(a, deltas._replace(dE_dout_y=errors, delta_y=wrong))


class SecondOutputMovedByFirstDelta(Mistake):
    """The gradients of w7 and w8 use the delta of output 1 instead of output 2."""

    origin = "The lines are copied for the second output, but still use the delta of the first."

    def output_weights_deltas(self, a: Arithmetic[N], deltas: Deltas[N]) -> list[list[N]]:
        wrong = [[row[0]] * 2 for row in deltas.delta_y]
        return super().output_weights_deltas(a, deltas._replace(delta_y=wrong))


class SecondHiddenUnitMovedByFirstError(Mistake):
    """The gradients of w3 and w4 use dE/dout_h of hidden unit 1 instead of hidden unit 2."""

    origin = "The lines are copied for the second unit, but still use dE/dout_h of the first."

    def hidden_weights_deltas(self, a: Arithmetic[N], deltas: Deltas[N]) -> list[list[N]]:
        errors = [[row[0]] * 2 for row in deltas.dE_dout_h]
        wrong = elementwise(a.product, errors, deltas.dout_dh)
        return super().hidden_weights_deltas(a, deltas._replace(dE_dout_h=errors, delta_h=wrong))


class SecondHiddenUnitMovedByFirstDelta(Mistake):
    """The gradients of w3 and w4 use the delta of hidden unit 1 instead of hidden unit 2."""

    origin = "The lines are copied for the second unit, but still use the delta of the first."

    def hidden_weights_deltas(self, a: Arithmetic[N], deltas: Deltas[N]) -> list[list[N]]:
        wrong = [[row[0]] * 2 for row in deltas.delta_h]
        return super().hidden_weights_deltas(a, deltas._replace(delta_h=wrong))


class SecondHiddenUnitMovedByFirstSlope(Mistake):
    """The gradients of w3 and w4 use σ′ of hidden unit 1 instead of hidden unit 2."""

    origin = "A spreadsheet formula is copied, and one of its references does not move with it."

    def hidden_weights_deltas(self, a: Arithmetic[N], deltas: Deltas[N]) -> list[list[N]]:
        slopes = [[row[0]] * 2 for row in deltas.dout_dh]
        wrong = elementwise(a.product, deltas.dE_dout_h, slopes)
        return super().hidden_weights_deltas(a, deltas._replace(dout_dh=slopes, delta_h=wrong))


class SecondInputsWeightMovedByOtherSlope(Mistake):
    """The gradient of w2 uses σ′ of hidden unit 2 instead of hidden unit 1."""

    origin = "A spreadsheet formula is copied, and one of its references moves too far."

    def collect_gradients(self, a: Arithmetic[N], batch_pass: BatchPass[N]) -> Parameters[N]:
        g, carried = super().collect_gradients(a, batch_pass), batch_pass.deltas
        slopes = [row[::-1] for row in carried.dout_dh]
        other = self.outer_sum(a, elementwise(a.product, carried.dE_dout_h, slopes), batch_pass.X)
        (dE_dw1, _), row_2 = g.W1
        return g._replace(W1=[[dE_dw1, other[0][1]], row_2])
