"""Mistakes in the loss."""

from fractions import Fraction
from itertools import accumulate

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import HALF
from backproof.network.network import Losses


class LossWithoutHalf(Mistake):
    """The loss of an output is (t − o)², without the factor ½."""

    origin = "The text says squared error, and ½ seems to be there only to simplify the derivative."

    def output_loss(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.product(a.constant(Fraction(2)), super().output_loss(a, t, o))


class LossHalvedTwice(Mistake):
    """The loss of an output is ¼ (t − o)²."""

    origin = "The formula has the factor ½, and a mean over the two outputs adds another."

    def output_loss(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.product(a.constant(HALF), super().output_loss(a, t, o))


class LossNegated(Mistake):
    """The loss of an output is −½ (t − o)²."""

    origin = "The sign is flipped, as for a quantity that is to be maximized."

    def output_loss(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.product(a.constant(Fraction(-1)), super().output_loss(a, t, o))


class LossNotSquared(Mistake):
    """The loss of an output is ½ (t − o), without the square."""

    origin = "`np.sum(t - o) / 2`: the square is forgotten."

    def output_loss(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.product(a.constant(HALF), a.difference(t, o))


class LossIsMeanOverOutputs(Mistake):
    """The total loss of a row is the mean over its outputs, not the sum."""

    origin = "`.mean()` instead of `.sum()`, or a framework's default reduction."

    def row_losses(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return scale_row(a, HALF, super().row_losses(a, per_output))


class LossIsMeanOfSquares(Mistake):
    """The loss of each output is (t − o)², and the total is their mean: only the total is right."""

    origin = "`MSELoss` with and without a reduction: over two outputs, the mean is half the sum."

    def loss(self, a: Arithmetic[N], out_y: list[list[N]], T: list[list[N]]) -> Losses[N]:
        per_output, total = super().loss(a, out_y, T)
        return Losses([scale_row(a, Fraction(2), row) for row in per_output], total)


class LossIsMeanOverRows(Mistake):
    """The total loss of each row is divided by the number of rows."""

    origin = "`.mean()` over a matrix averages over the rows, too."

    def row_losses(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return scale_row(a, Fraction(1, max(len(per_output), 1)), super().row_losses(a, per_output))


class LossOfFirstOutputOnly(Mistake):
    """The total loss of a row is the loss of its first output."""

    origin = "A program written for one output is given a second one."

    def row_losses(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return super().row_losses(a, [row[:1] for row in per_output])


class LossOfLastOutputOnly(Mistake):
    """The total loss of a row is the loss of its last output."""

    origin = "`total = ` instead of `total += ` in a loop over the outputs."

    def row_losses(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return super().row_losses(a, [row[-1:] for row in per_output])


class LossAddsUpOverRows(Mistake):
    """The total loss of a row includes the totals of all rows before it."""

    origin = "The variable that accumulates the total is not reset to 0 for the next row."

    def row_losses(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return list(accumulate(super().row_losses(a, per_output), lambda s, t: a.total([s, t])))


class LossSquaresTheSum(Mistake):
    """The total loss of a row is ½ (Σ (t − o))²: the differences are summed before squaring."""

    origin = "`np.sum(t - o) ** 2 / 2`: the parentheses are in the wrong place."

    def loss(self, a: Arithmetic[N], out_y: list[list[N]], T: list[list[N]]) -> Losses[N]:
        sums = [
            a.total([a.difference(t, o) for t, o in zip(*pair, strict=True)])
            for pair in zip(T, out_y, strict=True)
        ]
        return Losses(super().loss(a, out_y, T).per_output, [a.half_square(s) for s in sums])


class LossWithTargetsSwapped(Mistake):
    """The loss compares each output with the other output's target."""

    origin = "The columns of the targets are read in a different order."

    def loss(self, a: Arithmetic[N], out_y: list[list[N]], T: list[list[N]]) -> Losses[N]:
        return super().loss(a, out_y, [row[::-1] for row in T])


def scale_row(a: Arithmetic[N], factor: Fraction, row: list[N]) -> list[N]:
    return [a.product(a.constant(factor), x) for x in row]
