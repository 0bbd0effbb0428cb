"""Mistakes in the deltas: how the loss is propagated from the outputs to the hidden units."""

from fractions import Fraction

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import HALF, transposed
from backproof.network.network import Activations, Deltas, Parameters, Past


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
