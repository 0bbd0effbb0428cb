"""Mistakes of training: the gradients of a single calculation are right."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

from backproof.network.formats import FORMATS, Format
from backproof.network.mistakes.gradients import scaled
from backproof.network.mistakes.mistake import Mistake
from backproof.network.network import (
    Activations,
    Arithmetic,
    Deltas,
    N,
    Parameters,
    Past,
    Plan,
    parameters,
)


class EpochTooMany(Mistake):
    """There is one epoch more than asked for."""

    how = "`range(epochs + 1)`, or `while epoch <= epochs`."

    def epochs(self, rows: int, epochs: int, batch_size: int) -> list[list[slice]]:
        return super().epochs(rows, epochs + 1, batch_size)


class EpochTooFew(Mistake):
    """There is one epoch less than asked for."""

    how = "`range(1, epochs)`."

    def epochs(self, rows: int, epochs: int, batch_size: int) -> list[list[slice]]:
        return super().epochs(rows, epochs - 1, batch_size)


class LastStepLost(Mistake):
    """The parameters are those before the last step."""

    how = "They are recorded at the head of the loop, and the last record is returned."

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        plan: Plan[N],
    ) -> Iterator[Parameters[N]]:
        passed = [*super().trajectory(a, params, X, T, plan)]
        return iter(passed[:-1] or passed)


class EpochsCountSteps(Mistake):
    """`epochs` is the number of steps, not of passes over all rows."""

    how = "Iterations and epochs are the same with a full batch, and only there."

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        plan: Plan[N],
    ) -> Iterator[Parameters[N]]:
        return islice(super().trajectory(a, params, X, T, plan), plan.epochs + 1)


class LoopsSwapped(Mistake):
    """A row is trained for all epochs before the next row is looked at."""

    how = "The loop over epochs stands inside the loop over rows."

    def epochs(self, rows: int, epochs: int, batch_size: int) -> list[list[slice]]:
        return [[batch] * epochs for batch in self.epoch(rows, batch_size)]


class BatchSizeIgnored(Mistake):
    """Every row has a step of its own, whatever the batch size."""

    how = "The loop is that of the example worked by hand, and the option does nothing."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, 1)


class AlwaysFullBatch(Mistake):
    """All rows make up one step, whatever the batch size."""

    how = "The whole matrix is calculated with, because that is easy."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, max(rows, 1))


class ShortBatchDropped(Mistake):
    """The last batch is dropped where it is short."""

    how = "`drop_last=True`, or `len(X) // batch_size` batches."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, batch_size)[: rows // batch_size]


class ShortBatchFilledUp(Mistake):
    """The last batch, where it is short, is filled up with rows before it."""

    how = "`X[-batch_size:]`, so that every batch has the same shape."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        last = max(rows - batch_size, 0)
        batches = super().epoch(rows, batch_size)
        return [slice(min(b.start, last), b.stop) for b in batches]


class BatchesInReverse(Mistake):
    """The batches of an epoch are gone through from the last to the first."""

    how = "A list of batches is emptied with `pop()`."

    def epoch(self, rows: int, batch_size: int) -> list[slice]:
        return super().epoch(rows, batch_size)[::-1]


class RowsInReverse(Mistake):
    """The rows are put into reverse before they are cut into batches."""

    how = "Any other order than that of the rows, as a shuffle gives."

    def ordered(self, rows: list[list[N]]) -> list[list[N]]:
        return super().ordered(rows)[::-1]


class FirstRowSkipped(Mistake):
    """The first row is never trained."""

    how = "It is taken for a heading, or `range(1, n)` counts from 1."

    def ordered(self, rows: list[list[N]]) -> list[list[N]]:
        return super().ordered(rows)[1:]


class LastRowSkipped(Mistake):
    """The last row is never trained."""

    how = "`range(len(X) - 1)`."

    def ordered(self, rows: list[list[N]]) -> list[list[N]]:
        return super().ordered(rows)[:-1]


class OnlyFirstRowTrained(Mistake):
    """No row is trained but the first."""

    how = "An index that was left from working through the first row."

    def ordered(self, rows: list[list[N]]) -> list[list[N]]:
        return super().ordered(rows)[:1]


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


class ForwardNeverRepeated(Mistake):
    """The activations are those of the first forward pass for ever."""

    how = "The forward pass stands before the loop over the epochs."

    def step_activations(
        self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]], past: Past[N] | None
    ) -> Activations[N]:
        return super().step_activations(a, past.start if past else params, X, past)


class ForwardOncePerEpoch(Mistake):
    """The activations of all rows are those at the start of the epoch."""

    how = "The forward pass takes all rows at once, and then the rows are trained one by one."

    def step_activations(
        self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]], past: Past[N] | None
    ) -> Activations[N]:
        return super().step_activations(a, past.epoch_start if past else params, X, past)


class ForwardOneStepLate(Mistake):
    """The activations are those of the parameters before the last step."""

    how = "Backward and forward pass are in the wrong order in the loop."

    def step_activations(
        self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]], past: Past[N] | None
    ) -> Activations[N]:
        return super().step_activations(a, past.before if past else params, X, past)


class GradientsOneStepLate(Mistake):
    """Every gradient is taken at the parameters before the last step."""

    how = "Two copies of the parameters are kept, and the older one is read."

    def step_gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: Past[N] | None,
    ) -> Parameters[N]:
        return super().step_gradients(a, past.before if past else params, X, T, past)


class HiddenDeltaUsesUpdatedWeights(Mistake):
    """The hidden deltas use output weights that this step has moved already."""

    how = "The output layer is updated before the error is carried back through it."
    seen = (
        "https://github.com/joelgrus/data-science-from-scratch/issues/31",
        "https://github.com/kim-marcel/basic_neural_network/issues/7",
        "https://github.com/CodingTrain/Toy-Neural-Network-JS/issues/72",
        "https://github.com/Bot-Academy/NeuralNetworkFromScratch/pull/3",
        "https://stackoverflow.com/questions/6013429",
    )

    def deltas(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        seen: Activations[N],
        T: list[list[N]],
        past: Past[N] | None = None,
    ) -> Deltas[N]:
        carried = super().deltas(a, params, seen, T, past)
        if past is None:
            return carried
        rate = self.rate(a, past.learning_rate, len(T), past)
        g = self.outer_sum(a, carried.delta_y, seen.out_h)
        moved = [
            [a.difference(w, a.product(rate, x)) for w, x in zip(*pair, strict=True)]
            for pair in zip(params.W2, g, strict=True)
        ]
        return super().deltas(a, params._replace(W2=moved), seen, T, past)


class HiddenDeltaUsesInitialWeights(Mistake):
    """The hidden deltas use the output weights from before the first step for ever."""

    how = "Updated weights have new names, and the old ones are left in the formulas."

    def weights_back(
        self, a: Arithmetic[N], params: Parameters[N], past: Past[N] | None
    ) -> list[list[N]]:
        return super().weights_back(a, past.start if past else params, past)


class LayersUpdatedInTurn(Mistake):
    """The hidden layer's gradient is taken after the output layer has been moved."""

    how = "Each layer has an update of its own, which runs the network again."

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
        def step(start: Parameters[N]) -> Parameters[N]:
            return super(LayersUpdatedInTurn, self).step(
                a, start, X, T, learning_rate, train_biases=train_biases, past=past
            )

        _, _, W2, b2 = step(params)
        return step(params._replace(W2=W2, b2=b2))._replace(W2=W2, b2=b2)


class BiasesAlwaysTrained(Mistake):
    """The biases are trained though they are to stay."""

    how = "A framework trains every parameter that a layer has."

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        plan: Plan[N],
    ) -> Iterator[Parameters[N]]:
        return super().trajectory(a, params, X, T, plan._replace(train_biases=True))


class BiasesNeverTrained(Mistake):
    """The biases stay though they are to be trained."""

    how = "The example worked by hand leaves them, and so does its program."
    seen = ("https://github.com/mattm/simple-neural-network/issues/5",)

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        plan: Plan[N],
    ) -> Iterator[Parameters[N]]:
        return super().trajectory(a, params, X, T, plan._replace(train_biases=False))


class _Kept(Mistake):
    """Some parameters are never moved."""

    kept: tuple[str, ...]

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
        return after._replace(**{name: getattr(params, name) for name in self.kept})


class HiddenBiasNeverTrained(_Kept):
    """The hidden bias stays though it is to be trained."""

    how = "Its update is forgotten."
    kept = ("b1",)


class OutputBiasNeverTrained(_Kept):
    """The output bias stays though it is to be trained."""

    how = "Its update is forgotten."
    kept = ("b2",)


class HiddenWeightsNeverTrained(_Kept):
    """The hidden weights stay."""

    how = "The optimizer is given the last layer's parameters only."
    kept = ("W1",)


class OutputWeightsNeverTrained(_Kept):
    """The output weights stay."""

    how = "The updated weights are not stored."
    kept = ("W2",)
