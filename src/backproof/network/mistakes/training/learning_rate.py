"""Mistakes in the learning rate, and in the sign of the update."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.float_formats import FORMATS, Format
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import round_to_float32
from backproof.network.network import Parameters, Plan, TrainingHistory


class LearningRateDecaysEachEpoch(Mistake):
    """The learning rate is multiplied by {constant} after each epoch."""

    origin = "A learning rate schedule is left in by accident."
    constant = Fraction(99, 100)
    is_positive = True

    def __init__(self, fmt: Format = FORMATS["float64"]) -> None:
        super().__init__(fmt)
        self._decays: list[Any] = []  # after 1, 2, … epochs

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        epoch = past.epoch if past else 0
        decay = a.constant(self.constant_of(LearningRateDecaysEachEpoch))
        while len(self._decays) < epoch:
            self._decays.append(a.product(self._decays[-1], decay) if self._decays else decay)
        return a.product(rate, self._decays[epoch - 1]) if epoch else rate


class LearningRateDropsAfter30Epochs(Mistake):
    """The learning rate is divided by 10 after every 30 epochs."""

    origin = "`StepLR(step_size=30, gamma=0.1)` is left over from an example."

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        for _ in range(past.epoch // 30 if past else 0):
            rate = a.product(rate, a.constant(Fraction(1, 10)))
        return rate


class LearningRateHalvesAfter100Epochs(Mistake):
    """The learning rate is halved after every 100 epochs."""

    origin = "`ReduceLROnPlateau`, or a schedule that does not show in a short test."

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        for _ in range(past.epoch // 100 if past else 0):
            rate = a.product(rate, a.constant(Fraction(1, 2)))
        return rate


class LearningRateIsDefault(Mistake):
    """The learning rate is {constant}, whatever is requested."""

    origin = "The argument is not passed on, and the optimizer has a default."
    constant = Fraction(1, 100)
    is_positive = True

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        return a.constant(self.constant_of(LearningRateIsDefault))


class LearningRateDecaysWithSteps(Mistake):
    """The learning rate is divided by 1 + {constant} n in step n, counted from 0."""

    origin = "`SGD(decay=0.01)`, which earlier versions of Keras had, is copied from an example."
    constant = Fraction(1, 100)
    is_positive = True

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        slower = 1 + self.constant_of(LearningRateDecaysWithSteps) * (past.step if past else 0)
        return a.product(a.constant(1 / slower), rate)


class LearningRateWarmsUp(Mistake):
    """The learning rate is multiplied by {constant} n in step n = 1, 2, …, until that is 1."""

    origin = "A schedule with a linear warm-up is left in."
    constant = Fraction(1, 10)
    largest = Fraction(1)
    is_positive = True
    first = 1  # the number of the first step

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        step = self.first + (past.step if past else 0)
        share = step * self.constant_of(LearningRateWarmsUp)
        return rate if share >= 1 else a.product(a.constant(share), rate)


class LearningRateWarmsUpFromZero(LearningRateWarmsUp):
    """The learning rate is multiplied by {constant} n in step n = 0, 1, …, until that is 1."""

    origin = "A warm-up whose first step does nothing, since steps are counted from 0."
    first = 0


class BatchGradientsAveraged(Mistake):
    """Each training step uses the mean gradient of its batch instead of the sum."""

    origin = "`loss.mean().backward()`; the gradients that are returned are computed elsewhere."

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        return a.product(a.constant(Fraction(1, rows)), rate)


class UpdateAddsGradient(Mistake):
    """Each step adds the gradient instead of subtracting it."""

    origin = "`w += rate * gradient`, as in texts that put the minus sign into the delta."

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        return a.product(a.constant(Fraction(-1)), rate)


class LearningRateScaled(Mistake):
    """The learning rate is multiplied by {constant}."""

    origin = "Training minimizes another loss, such as Σ (t − o)², than the gradients are of."
    constant = Fraction(2)

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        return a.product(a.constant(self.constant_of(LearningRateScaled)), rate)


class LearningRateAppliedTwice(Mistake):
    """Each step multiplies the gradient by the learning rate twice."""

    origin = "The backward pass returns gradients times the learning rate, and so does the update."

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        return a.product(rate, rate)


class LearningRateInFloat32(Mistake):
    """The learning rate is rounded to float32; everything else keeps its dtype."""

    origin = "The optimizer stores its settings in float32."

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        return a.apply_monotone(round_to_float32, rate)


class ShortBatchCountsAsFull(Mistake):
    """The step of a last, short batch is as large as if the batch were full."""

    origin = "The mean gradient of each batch is multiplied by the batch size that was requested."
    citations = ("https://github.com/keras-team/keras/issues/20241",)

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        schedule: Plan[N],
    ) -> Iterator[Parameters[N]]:
        self._full = min(schedule.batch_size, len(X))
        return super().trajectory(a, params, X, T, schedule)

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        if rows == self._full:
            return rate
        return a.product(a.constant(Fraction(self._full, rows)), rate)
