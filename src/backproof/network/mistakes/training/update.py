"""Mistakes in the update of the parameters: learning rate, sign, momentum, weight decay."""

from fractions import Fraction
from typing import Any

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.formats import FORMATS, Format
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import scale_parameters
from backproof.network.network import Parameters, TrainingHistory, unflatten_parameters


class LearningRateDecaysEachEpoch(Mistake):
    """The learning rate is multiplied by 0.99 after each epoch."""

    origin = "A learning rate schedule is left in by accident."

    def __init__(self, fmt: Format = FORMATS["float64"]) -> None:
        super().__init__(fmt)
        self._decays: list[Any] = []  # after 1, 2, … epochs

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        rate = super().step_learning_rate(a, learning_rate, rows, past)
        epoch = past.epoch if past else 0
        decay = a.constant(Fraction(99, 100))
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
    """The learning rate is 0.01, whatever is requested."""

    origin = "The argument is not passed on, and the optimizer has a default."

    def step_learning_rate(
        self, a: Arithmetic[N], learning_rate: N, rows: int, past: TrainingHistory[N] | None
    ) -> N:
        return a.constant(Fraction(1, 100))


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


class Momentum(Mistake):
    """Each step adds 0.9 times the previous step."""

    origin = "`SGD(momentum=0.9)`, as in many examples."
    momentum = Fraction(9, 10)

    def step(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        learning_rate: N,
        *,
        train_biases: bool,
        past: TrainingHistory[N] | None = None,
    ) -> Parameters[N]:
        after = super().step(a, params, X, T, learning_rate, train_biases=train_biases, past=past)
        if past is None or past.previous is params:  # the first step
            return after
        share = a.constant(self.momentum)
        return unflatten_parameters(
            [
                a.total([new, a.product(share, a.difference(now, before))])
                for new, now, before in zip(
                    after.flatten(), params.flatten(), past.previous.flatten(), strict=True
                )
            ]
        )


class GradientsAccumulated(Momentum):
    """Each step uses the sum of all gradients so far."""

    origin = "`optimizer.zero_grad()` is forgotten, and the framework accumulates gradients."
    citations = (
        "https://github.com/pytorch/pytorch/issues/47175",
        "https://github.com/wenet-e2e/wekws/pull/73",
        "https://github.com/yastrebksv/TennisCourtDetector/issues/7",
    )
    momentum = Fraction(1)


class WeightDecay(Mistake):
    """Each parameter times 0.01 is added to its gradient."""

    origin = "`weight_decay=0.01` is left in, or is the optimizer's default, as in AdamW."

    def step_gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None,
    ) -> Parameters[N]:
        g = super().step_gradients(a, params, X, T, past)
        decay = scale_parameters(a, a.constant(Fraction(1, 100)), params)
        return unflatten_parameters(
            [a.total([x, y]) for x, y in zip(g.flatten(), decay.flatten(), strict=True)]
        )
