"""Mistakes with state: values from the wrong step, and the wrong parameters trained."""

from collections.abc import Iterator

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import scale_parameters, subtract
from backproof.network.network import Activations, Deltas, Parameters, Plan, TrainingHistory


class ForwardNeverRepeated(Mistake):
    """Every step uses the activations of the first forward pass."""

    origin = "The forward pass is before the loop over the epochs."

    def step_activations(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        past: TrainingHistory[N] | None,
    ) -> Activations[N]:
        return super().step_activations(a, past.start if past else params, X, past)


class ForwardOncePerEpoch(Mistake):
    """Every step uses the activations from the start of its epoch."""

    origin = "The forward pass covers all rows at once, and then the rows are trained one by one."

    def step_activations(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        past: TrainingHistory[N] | None,
    ) -> Activations[N]:
        return super().step_activations(a, past.epoch_start if past else params, X, past)


class ForwardOneStepLate(Mistake):
    """Every step uses the activations from before the previous step."""

    origin = "The backward pass comes before the forward pass in the loop."

    def step_activations(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        past: TrainingHistory[N] | None,
    ) -> Activations[N]:
        return super().step_activations(a, past.previous if past else params, X, past)


class GradientsOneStepLate(Mistake):
    """Every step uses the gradients at the parameters before the previous step."""

    origin = "Two copies of the parameters are kept, and the older one is read."

    def step_gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None,
    ) -> Parameters[N]:
        return super().step_gradients(a, past.previous if past else params, X, T, past)


class HiddenDeltaUsesUpdatedWeights(Mistake):
    """The hidden deltas use output weights that this step has already updated."""

    origin = "The output layer is updated before the loss is propagated back through it."
    citations = (
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
        activations: Activations[N],
        T: list[list[N]],
        past: TrainingHistory[N] | None = None,
    ) -> Deltas[N]:
        carried = super().deltas(a, params, activations, T, past)
        if past is None:
            return carried
        rate = self.step_learning_rate(a, past.learning_rate, len(T), past)
        g = self.outer_sum(a, carried.delta_y, activations.out_h)
        moved = [
            [a.difference(w, a.product(rate, x)) for w, x in zip(*pair, strict=True)]
            for pair in zip(params.W2, g, strict=True)
        ]
        return super().deltas(a, params._replace(W2=moved), activations, T, past)


class HiddenDeltaUsesInitialWeights(Mistake):
    """The hidden deltas use the output weights from before the first step."""

    origin = "Updated weights get new names, and the formulas still use the old ones."

    def backward_weights(
        self, a: Arithmetic[N], params: Parameters[N], past: TrainingHistory[N] | None
    ) -> list[list[N]]:
        return super().backward_weights(a, past.start if past else params, past)


class LayersUpdatedInTurn(Mistake):
    """The hidden layer's gradients are computed after the output layer has been updated."""

    origin = "Each layer has its own update, which runs the network again."

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
        def step(start: Parameters[N]) -> Parameters[N]:
            return super(LayersUpdatedInTurn, self).step(
                a, start, X, T, learning_rate, train_biases=train_biases, past=past
            )

        _, _, W2, b2 = step(params)
        return step(params._replace(W2=W2, b2=b2))._replace(W2=W2, b2=b2)


class StepUsesLastRowOnly(Mistake):
    """Each step moves by the gradients of the last row of its batch alone."""

    origin = "Gradients are set to zero for each row of a batch, and the step is taken at its end."
    citations = ("https://github.com/bytetriper/RAE/issues/67",)

    def step_gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None,
    ) -> Parameters[N]:
        return super().step_gradients(a, params, X[-1:], T[-1:], past)


class BiasesAlwaysTrained(Mistake):
    """The biases are trained although they should stay fixed."""

    origin = "A framework trains every parameter that a layer has."

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        schedule: Plan[N],
    ) -> Iterator[Parameters[N]]:
        return super().trajectory(a, params, X, T, schedule._replace(train_biases=True))


class BiasesNeverTrained(Mistake):
    """The biases stay fixed although they should be trained."""

    origin = "The worked example keeps them fixed, and so does its program."
    citations = ("https://github.com/mattm/simple-neural-network/issues/5",)

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        schedule: Plan[N],
    ) -> Iterator[Parameters[N]]:
        return super().trajectory(a, params, X, T, schedule._replace(train_biases=False))


class _FrozenParameters(Mistake):
    """Some parameters are never updated."""

    frozen: tuple[str, ...]

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
        return after._replace(**{name: getattr(params, name) for name in self.frozen})


class HiddenBiasNeverTrained(_FrozenParameters):
    """The hidden bias stays fixed although it should be trained."""

    origin = "Its update is forgotten."
    frozen = ("b1",)


class OutputBiasNeverTrained(_FrozenParameters):
    """The output bias stays fixed although it should be trained."""

    origin = "Its update is forgotten."
    frozen = ("b2",)


class HiddenWeightsNeverTrained(_FrozenParameters):
    """The hidden weights are never updated."""

    origin = "The optimizer is given only the parameters of the last layer."
    frozen = ("W1",)


class OutputWeightsNeverTrained(_FrozenParameters):
    """The output weights are never updated."""

    origin = "The updated weights are not stored."
    frozen = ("W2",)


class ParametersNeverTrained(_FrozenParameters):
    """Training returns the parameters that it was given."""

    origin = "Gradients are set to zero between the backward pass and the step."
    citations = ("https://discuss.pytorch.org/t/model-parameters-are-not-being-updated/53030",)
    frozen = ("W1", "b1", "W2", "b2")


class BiasesMovedByTheirValues(Mistake):
    """Each step subtracts the learning rate times the bias, instead of times its gradient."""

    origin = "The update is called with the bias in the place of its gradient."
    citations = ("https://github.com/apache/systemds/pull/2330",)

    def step_gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None,
    ) -> Parameters[N]:
        g = super().step_gradients(a, params, X, T, past)
        return g._replace(b1=params.b1, b2=params.b2)


class BiasesUpdatedTwice(Mistake):
    """Each step updates the biases twice."""

    origin = "The biases are in two lists of parameters, or the layer has its own update."
    citations = ("https://github.com/nntrainer/nntrainer/issues/219",)

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
        rate = self.step_learning_rate(a, learning_rate, len(X), past)
        g = scale_parameters(a, rate, self.step_gradients(a, params, X, T, past))
        return subtract(a, after, g, train_biases)._replace(W1=after.W1, W2=after.W2)
