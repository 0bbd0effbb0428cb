"""Mistakes in the update of the parameters: learning rate, sign, momentum, weight decay."""

from fractions import Fraction
from typing import Any

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.formats import FORMATS, Format
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import scaled
from backproof.network.network import Parameters, Past, parameters


class LearningRateDecaysEachEpoch(Mistake):
    """The learning rate is multiplied by 0.99 after each epoch."""

    how = "A learning rate schedule is left in by accident."

    def __init__(self, fmt: Format = FORMATS["float64"]) -> None:
        super().__init__(fmt)
        self._decays: list[Any] = []  # after 1, 2, … epochs

    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        rate = super().rate(a, learning_rate, rows, past)
        epoch = past.epoch if past else 0
        decay = a.constant(Fraction(99, 100))
        while len(self._decays) < epoch:
            self._decays.append(a.product(self._decays[-1], decay) if self._decays else decay)
        return a.product(rate, self._decays[epoch - 1]) if epoch else rate


class LearningRateDropsAfter30Epochs(Mistake):
    """The learning rate is divided by 10 after every 30 epochs."""

    how = "`StepLR(step_size=30, gamma=0.1)` is left over from an example."

    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        rate = super().rate(a, learning_rate, rows, past)
        for _ in range(past.epoch // 30 if past else 0):
            rate = a.product(rate, a.constant(Fraction(1, 10)))
        return rate


class LearningRateHalvesAfter100Epochs(Mistake):
    """The learning rate is halved after every 100 epochs."""

    how = "`ReduceLROnPlateau`, or a schedule that does not show in a short test."

    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        rate = super().rate(a, learning_rate, rows, past)
        for _ in range(past.epoch // 100 if past else 0):
            rate = a.product(rate, a.constant(Fraction(1, 2)))
        return rate


class LearningRateIsDefault(Mistake):
    """The learning rate is 0.01, whatever is requested."""

    how = "The argument is not passed on, and the optimizer has a default."

    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        return a.constant(Fraction(1, 100))


class BatchGradientsAveraged(Mistake):
    """Each training step uses the mean gradient of its batch instead of the sum."""

    how = "`loss.mean().backward()`; the gradients that are returned are computed elsewhere."

    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        rate = super().rate(a, learning_rate, rows, past)
        return a.product(a.constant(Fraction(1, rows)), rate)


class UpdateAddsGradient(Mistake):
    """Each step adds the gradient instead of subtracting it."""

    how = "`w += rate * gradient`, as in texts that put the minus sign into the delta."

    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        rate = super().rate(a, learning_rate, rows, past)
        return a.product(a.constant(Fraction(-1)), rate)


class Momentum(Mistake):
    """Each step adds 0.9 times the previous step."""

    how = "`SGD(momentum=0.9)`, as in many examples."
    carried = Fraction(9, 10)

    def step(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        learning_rate: N,
        *,
        train_biases: bool,
        past: Past[N] | None = None,
    ) -> Parameters[N]:
        after = super().step(a, params, X, T, learning_rate, train_biases=train_biases, past=past)
        if past is None or past.before is params:  # the first step
            return after
        share = a.constant(self.carried)
        return parameters(
            [
                a.total([new, a.product(share, a.difference(now, before))])
                for new, now, before in zip(
                    after.listed(), params.listed(), past.before.listed(), strict=True
                )
            ]
        )


class GradientsAccumulated(Momentum):
    """Each step uses the sum of all gradients so far."""

    how = "`optimizer.zero_grad()` is forgotten, and the framework accumulates gradients."
    seen = (
        "https://github.com/pytorch/pytorch/issues/47175",
        "https://github.com/wenet-e2e/wekws/pull/73",
        "https://github.com/yastrebksv/TennisCourtDetector/issues/7",
    )
    carried = Fraction(1)


class WeightDecay(Mistake):
    """Each parameter times 0.01 is added to its gradient."""

    how = "`weight_decay=0.01` is left in, or is the optimizer's default, as in AdamW."

    def step_gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: Past[N] | None,
    ) -> Parameters[N]:
        g = super().step_gradients(a, params, X, T, past)
        decay = scaled(a, a.constant(Fraction(1, 100)), params)
        return parameters(
            [a.total([x, y]) for x, y in zip(g.listed(), decay.listed(), strict=True)]
        )
