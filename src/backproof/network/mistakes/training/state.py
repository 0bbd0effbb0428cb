"""Mistakes with state: values from the wrong step, and the wrong parameters trained."""

from collections.abc import Iterator

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.network import Activations, Deltas, Parameters, Past, Plan


class ForwardNeverRepeated(Mistake):
    """Every step uses the activations of the first forward pass."""

    how = "The forward pass is before the loop over the epochs."

    def step_activations(
        self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]], past: Past[N] | None
    ) -> Activations[N]:
        return super().step_activations(a, past.start if past else params, X, past)


class ForwardOncePerEpoch(Mistake):
    """Every step uses the activations from the start of its epoch."""

    how = "The forward pass covers all rows at once, and then the rows are trained one by one."

    def step_activations(
        self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]], past: Past[N] | None
    ) -> Activations[N]:
        return super().step_activations(a, past.epoch_start if past else params, X, past)


class ForwardOneStepLate(Mistake):
    """Every step uses the activations from before the previous step."""

    how = "The backward pass comes before the forward pass in the loop."

    def step_activations(
        self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]], past: Past[N] | None
    ) -> Activations[N]:
        return super().step_activations(a, past.before if past else params, X, past)


class GradientsOneStepLate(Mistake):
    """Every step uses the gradients at the parameters before the previous step."""

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
    """The hidden deltas use output weights that this step has already updated."""

    how = "The output layer is updated before the loss is propagated back through it."
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
    """The hidden deltas use the output weights from before the first step."""

    how = "Updated weights get new names, and the formulas still use the old ones."

    def weights_back(
        self, a: Arithmetic[N], params: Parameters[N], past: Past[N] | None
    ) -> list[list[N]]:
        return super().weights_back(a, past.start if past else params, past)


class LayersUpdatedInTurn(Mistake):
    """The hidden layer's gradients are computed after the output layer has been updated."""

    how = "Each layer has its own update, which runs the network again."

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
    """The biases are trained although they should stay fixed."""

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
    """The biases stay fixed although they should be trained."""

    how = "The worked example keeps them fixed, and so does its program."
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
    """Some parameters are never updated."""

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
    """The hidden bias stays fixed although it should be trained."""

    how = "Its update is forgotten."
    kept = ("b1",)


class OutputBiasNeverTrained(_Kept):
    """The output bias stays fixed although it should be trained."""

    how = "Its update is forgotten."
    kept = ("b2",)


class HiddenWeightsNeverTrained(_Kept):
    """The hidden weights are never updated."""

    how = "The optimizer is given only the parameters of the last layer."
    kept = ("W1",)


class OutputWeightsNeverTrained(_Kept):
    """The output weights are never updated."""

    how = "The updated weights are not stored."
    kept = ("W2",)
