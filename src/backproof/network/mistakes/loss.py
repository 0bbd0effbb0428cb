"""Mistakes of the error."""

from fractions import Fraction
from itertools import accumulate

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import HALF
from backproof.network.network import Errors


class LossWithoutHalf(Mistake):
    """The error of an output is (t − o)², without the half."""

    how = "The text says squared error, and ½ is only there to make the derivative look better."

    def error(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.product(a.constant(Fraction(2)), super().error(a, t, o))


class LossHalvedTwice(Mistake):
    """The error of an output is ¼ (t − o)²."""

    how = "½ stands in the formula, and a mean over the two outputs adds another."

    def error(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.product(a.constant(HALF), super().error(a, t, o))


class LossNegated(Mistake):
    """The error of an output is −½ (t − o)²."""

    how = "Something to be maximized is turned round, or should have been."

    def error(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.product(a.constant(Fraction(-1)), super().error(a, t, o))


class LossNotSquared(Mistake):
    """The error of an output is ½ (t − o): it is not squared."""

    how = "`np.sum(t - o) / 2`: the square is forgotten."

    def error(self, a: Arithmetic[N], t: N, o: N) -> N:
        return a.product(a.constant(HALF), a.difference(t, o))


class LossIsMeanOverOutputs(Mistake):
    """The total of a row is the mean of its outputs' errors, not their sum."""

    how = "`.mean()` where `.sum()` belongs; a framework's default reduction."

    def totals(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return scaled(a, HALF, super().totals(a, per_output))


class LossIsMeanOfSquares(Mistake):
    """The errors are (t − o)², and the total of a row their mean: the total alone is right."""

    how = "`MSELoss` with and without a reduction: over two outputs, the mean is the half."

    def loss(self, a: Arithmetic[N], out_y: list[list[N]], T: list[list[N]]) -> Errors[N]:
        per_output, total = super().loss(a, out_y, T)
        return Errors([scaled(a, Fraction(2), row) for row in per_output], total)


class LossIsMeanOverRows(Mistake):
    """The total of each row is divided by the number of rows."""

    how = "`.mean()` over a matrix takes rows and outputs alike."

    def totals(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return scaled(a, Fraction(1, max(len(per_output), 1)), super().totals(a, per_output))


class LossOfFirstOutputOnly(Mistake):
    """The total of a row is the error of its first output."""

    how = "A program for one output is given a second."

    def totals(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return super().totals(a, [row[:1] for row in per_output])


class LossOfLastOutputOnly(Mistake):
    """The total of a row is the error of its last output."""

    how = "`total = ` where `total += ` belongs, in a loop over the outputs."

    def totals(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return super().totals(a, [row[-1:] for row in per_output])


class LossAddsUpOverRows(Mistake):
    """The total of a row holds the totals of the rows before it, too."""

    how = "The variable that sums up is not set back to 0 for the next row."

    def totals(self, a: Arithmetic[N], per_output: list[list[N]]) -> list[N]:
        return list(accumulate(super().totals(a, per_output), lambda s, t: a.total([s, t])))


class LossSquaresTheSum(Mistake):
    """The total of a row is ½ (Σ (t − o))²: differences are summed before they are squared."""

    how = "`np.sum(t - o) ** 2 / 2`: the brackets are elsewhere."

    def loss(self, a: Arithmetic[N], out_y: list[list[N]], T: list[list[N]]) -> Errors[N]:
        sums = [
            a.total([a.difference(t, o) for t, o in zip(*pair, strict=True)])
            for pair in zip(T, out_y, strict=True)
        ]
        return Errors(super().loss(a, out_y, T).per_output, [a.half_square(s) for s in sums])


class LossWithTargetsSwapped(Mistake):
    """The error holds each output against the other's target."""

    how = "Columns of the targets are read in another order."

    def loss(self, a: Arithmetic[N], out_y: list[list[N]], T: list[list[N]]) -> Errors[N]:
        return super().loss(a, out_y, [row[::-1] for row in T])


def scaled(a: Arithmetic[N], factor: Fraction, row: list[N]) -> list[N]:
    return [a.product(a.constant(factor), x) for x in row]
