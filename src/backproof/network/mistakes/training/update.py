"""Mistakes in the update rule: what a step makes of the learning rate and the gradients."""

from fractions import Fraction
from typing import Any

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.formats import FORMATS, Format
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import scaled
from backproof.network.network import Parameters, Past, parameters


class LearningRateDecaysEachEpoch(Mistake):
    """The learning rate is multiplied by 0.99 after each epoch."""

    how = "A schedule is left in that nobody asked for."

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

    how = "`StepLR(step_size=30, gamma=0.1)` is left in from an example."

    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        rate = super().rate(a, learning_rate, rows, past)
        for _ in range(past.epoch // 30 if past else 0):
            rate = a.product(rate, a.constant(Fraction(1, 10)))
        return rate


class LearningRateHalvesAfter100Epochs(Mistake):
    """The learning rate is halved after every 100 epochs."""

    how = "`ReduceLROnPlateau`, or a schedule that nobody sees in a short test."

    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        rate = super().rate(a, learning_rate, rows, past)
        for _ in range(past.epoch // 100 if past else 0):
            rate = a.product(rate, a.constant(Fraction(1, 2)))
        return rate


class LearningRateIsDefault(Mistake):
    """The learning rate is 0.01, whatever was asked for."""

    how = "The argument is not passed on, and the optimizer has a default."

    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        return a.constant(Fraction(1, 100))


class BatchGradientsAveraged(Mistake):
    """Training averages the gradients of a batch, though they are asked for as a sum."""

    how = "`loss.mean().backward()`; the gradients that are returned are calculated elsewhere."

    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        rate = super().rate(a, learning_rate, rows, past)
        return a.product(a.constant(Fraction(1, rows)), rate)


class UpdateAddsGradient(Mistake):
    """A step adds the gradient: it climbs."""

    how = "`w += rate * gradient`, as in texts that keep the minus in the delta."

    def rate(self, a: Arithmetic[N], learning_rate: N, rows: int, past: Past[N] | None) -> N:
        rate = super().rate(a, learning_rate, rows, past)
        return a.product(a.constant(Fraction(-1)), rate)


class Momentum(Mistake):
    """Each step repeats nine tenths of the one before it."""

    how = "`SGD(momentum=0.9)`, which many examples have."
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
    """Each step moves by the sum of all gradients so far."""

    how = "`optimizer.zero_grad()` is forgotten, and a framework adds to what is there."
    seen = (
        "https://github.com/pytorch/pytorch/issues/47175",
        "https://github.com/wenet-e2e/wekws/pull/73",
        "https://github.com/yastrebksv/TennisCourtDetector/issues/7",
    )
    carried = Fraction(1)


class WeightDecay(Mistake):
    """A hundredth of each parameter is added to its gradient."""

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
