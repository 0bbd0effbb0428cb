"""Mistakes in the deltas, which propagate the loss from the outputs to the hidden units."""

from fractions import Fraction
from itertools import chain

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import HALF, transpose
from backproof.network.network import Activations, Deltas, Parameters, TrainingHistory


class HiddenDeltaUsesTransposedWeights(Mistake):
    """The hidden deltas use W2 transposed, so w6 and w7 are swapped."""

    origin = "`delta @ W2.T` instead of `delta @ W2`; since W2 is 2 by 2, the shapes still match."

    def backward_weights(
        self, a: Arithmetic[N], params: Parameters[N], past: TrainingHistory[N] | None
    ) -> list[list[N]]:
        return transpose(super().backward_weights(a, params, past))


class HiddenDeltaIgnoresWeights(Mistake):
    """The hidden deltas leave out the output weights, as if each of them were 1."""

    origin = "The output deltas are summed without being multiplied by the weights."

    def backward_weights(
        self, a: Arithmetic[N], params: Parameters[N], past: TrainingHistory[N] | None
    ) -> list[list[N]]:
        one = a.constant(Fraction(1))
        return [[one, one], [one, one]]


class HiddenDeltaUsesErrorNotDelta(Mistake):
    """The hidden deltas are computed from o − t, without the derivative at the output."""

    origin = "`error @ W2` instead of `delta @ W2`: both are available."
    citations = ("https://github.com/kim-marcel/basic_neural_network/issues/7",)

    def deltas(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        activations: Activations[N],
        T: list[list[N]],
        past: TrainingHistory[N] | None = None,
    ) -> Deltas[N]:
        right = super().deltas(a, params, activations, T, past)
        dE_dout_h = [
            [
                self.sum_paths(a, [a.product(w, e) for w, e in zip(weights, errors, strict=True)])
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
    """The hidden deltas are computed from the first output only."""

    origin = "The chain rule is written out along one path only."

    def sum_paths(self, a: Arithmetic[N], parts: list[N]) -> N:
        return super().sum_paths(a, parts[:1])


class HiddenDeltaThroughLastOutput(Mistake):
    """The hidden deltas are computed from the last output only."""

    origin = "`error = ` instead of `error += ` in a loop over the outputs."

    def sum_paths(self, a: Arithmetic[N], parts: list[N]) -> N:
        return super().sum_paths(a, parts[-1:])


class HiddenDeltaIsMeanOverOutputs(Mistake):
    """The hidden deltas average over the outputs instead of summing."""

    origin = "`.mean()` instead of `.sum()`."

    def sum_paths(self, a: Arithmetic[N], parts: list[N]) -> N:
        return a.product(a.constant(HALF), super().sum_paths(a, parts))


class GradientTakesTargetsSwapped(Mistake):
    """The gradients compare each output with the other output's target."""

    origin = "The columns of the targets are read in a different order."

    def deltas(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        activations: Activations[N],
        T: list[list[N]],
        past: TrainingHistory[N] | None = None,
    ) -> Deltas[N]:
        return super().deltas(a, params, activations, [row[::-1] for row in T], past)


class FirstPathCountedTwice(Mistake):
    """The hidden deltas count what comes back from the first output twice."""

    origin = "The gradients of inner nodes are kept from the first output's backward pass."
    citations = ("https://github.com/karpathy/micrograd/issues/102",)

    def sum_paths(self, a: Arithmetic[N], parts: list[N]) -> N:
        first, *others = parts
        return super().sum_paths(a, [a.product(a.constant(Fraction(2)), first), *others])


class HiddenSlopesSwapped(Mistake):
    """Each hidden delta takes the derivative of the other hidden unit."""

    origin = "An index is reversed where the derivatives are read."

    def hidden_slopes(self, a: Arithmetic[N], done: Activations[N]) -> list[list[N]]:
        return [row[::-1] for row in super().hidden_slopes(a, done)]


class HiddenSlopesOfOutputs(Mistake):
    """The hidden deltas use the derivatives at the outputs, σ′(y) instead of σ′(h)."""

    origin = "The layers' derivatives are counted from the other end."
    citations = ("https://github.com/unda-ml/unda/issues/1",)

    def hidden_slopes(self, a: Arithmetic[N], done: Activations[N]) -> list[list[N]]:
        return super().hidden_slopes(a, done._replace(h=done.y, out_h=done.out_y))


class SlopesReadInMemoryOrder(Mistake):
    """The derivatives are read in memory order from a transposed matrix: one row is right."""

    origin = "A kernel ignores the strides of the activations that it has saved."
    citations = ("https://github.com/pytorch/pytorch/issues/175188",)

    def hidden_slopes(self, a: Arithmetic[N], done: Activations[N]) -> list[list[N]]:
        return _in_memory_order(super().hidden_slopes(a, done))

    def output_slopes(self, a: Arithmetic[N], done: Activations[N]) -> list[list[N]]:
        return _in_memory_order(super().output_slopes(a, done))


def _in_memory_order(matrix: list[list[N]]) -> list[list[N]]:
    """Read the columns of an (n, 2) matrix, one after the other, as if they were its rows."""
    elements = list(chain(*zip(*matrix, strict=True)))
    return [elements[i : i + 2] for i in range(0, len(elements), 2)]
