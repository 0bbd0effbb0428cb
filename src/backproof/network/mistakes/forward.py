"""Mistakes of the forward pass."""

from fractions import Fraction
from math import nan

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.formats import Real
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import logarithm, tanh, transposed
from backproof.network.network import Activations, Parameters


class HiddenWeightsTransposed(Mistake):
    """The hidden layer takes W1 transposed: w2 and w3 change places."""

    how = "`X @ W1` where the rows of W1 feed the units; in 2 by 2 no shape gives it away."

    def hidden_layer(self, a: Arithmetic[N], params: Parameters[N], x: list[N]) -> list[N]:
        return super().hidden_layer(a, params._replace(W1=transposed(params.W1)), x)


class OutputWeightsTransposed(Mistake):
    """The output layer takes W2 transposed: w6 and w7 change places."""

    how = "`out_h @ W2` where the rows of W2 feed the units; in 2 by 2 no shape gives it away."

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        return super().output_layer(a, params._replace(W2=transposed(params.W2)), out_h)


class HiddenUnitsShareWeights(Mistake):
    """Both hidden units take the weights of the first, w1 and w2."""

    how = "The line of the first unit is copied for the second, and w1, w2 are left in it."

    def hidden_layer(self, a: Arithmetic[N], params: Parameters[N], x: list[N]) -> list[N]:
        first = params.W1[0]
        return super().hidden_layer(a, params._replace(W1=[first, first]), x)


class OutputsShareWeights(Mistake):
    """Both outputs take the weights of the first, w5 and w6."""

    how = "The line of the first output is copied for the second, and w5, w6 are left in it."

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        first = params.W2[0]
        return super().output_layer(a, params._replace(W2=[first, first]), out_h)


class InputsSwapped(Mistake):
    """The two inputs change places."""

    how = "Columns of a table are read in another order."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        return super().forward(a, params, [x[::-1] for x in X])


class HiddenUnitsSwapped(Mistake):
    """The output layer takes the two hidden activations in the wrong order."""

    how = "The weights of each output are stored in the other order."

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        return super().output_layer(a, params, out_h[::-1])


class OutputsSwapped(Mistake):
    """The two outputs change places: w5, w6 feed the second."""

    how = "The rows of W2 are stored in the other order."

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        return super().output_layer(a, params, out_h)[::-1]


class HiddenBiasMissing(Mistake):
    """The hidden layer has no bias."""

    how = "`nn.Linear(2, 2, bias=False)`, or a sum over inputs and weights that stops there."

    def hidden_layer(self, a: Arithmetic[N], params: Parameters[N], x: list[N]) -> list[N]:
        return super().hidden_layer(a, params._replace(b1=a.constant(Fraction(0))), x)


class OutputBiasMissing(Mistake):
    """The output layer has no bias."""

    how = "`nn.Linear(2, 2, bias=False)`, or a sum over inputs and weights that stops there."

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        return super().output_layer(a, params._replace(b2=a.constant(Fraction(0))), out_h)


class BiasesSwapped(Mistake):
    """The hidden layer takes b2, and the output layer b1."""

    how = "Parameters are packed in one order and unpacked in another."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        return super().forward(a, params._replace(b1=params.b2, b2=params.b1), X)


class OneBiasForBothLayers(Mistake):
    """The output layer takes the hidden layer's bias, too."""

    how = "The line of the hidden layer is copied, and b1 is left in it."

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        return super().output_layer(a, params._replace(b2=params.b1), out_h)


class BiasSubtracted(Mistake):
    """Biases are subtracted, as thresholds are."""

    how = "A text that writes w·x − θ for the threshold unit is followed for b as well."

    def affine(self, a: Arithmetic[N], weights: list[N], bias: N, x: list[N]) -> N:
        zero = a.constant(Fraction(0))
        return super().affine(a, weights, a.difference(zero, bias), x)


class BiasAddedForEachInput(Mistake):
    """Biases are added once for each input, so twice."""

    how = "`+ b` stands inside the loop over the inputs of a unit."

    def affine(self, a: Arithmetic[N], weights: list[N], bias: N, x: list[N]) -> N:
        return a.total([super().affine(a, weights, bias, x), bias])


class HiddenBiasAddedAfterSigmoid(Mistake):
    """The hidden bias is added to σ(W1 x), not to W1 x."""

    how = "A bracket is closed too early: `sigmoid(X @ W1.T) + b1`."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        without = params._replace(b1=a.constant(Fraction(0)))
        h, out_h, _, _ = super().forward(a, without, X)
        out_h = [[a.total([o, params.b1]) for o in row] for row in out_h]
        y = [self.output_layer(a, params, row) for row in out_h]
        return Activations(h, out_h, y, [self.output_activations(a, row) for row in y])


class OutputBiasAddedAfterSigmoid(Mistake):
    """The output bias is added to σ(W2 out_h), not to W2 out_h."""

    how = "A bracket is closed too early: `sigmoid(out_h @ W2.T) + b2`."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        without = params._replace(b2=a.constant(Fraction(0)))
        seen = super().forward(a, without, X)
        return seen._replace(out_y=[[a.total([o, params.b2]) for o in row] for row in seen.out_y])


class HiddenActivationMissing(Mistake):
    """The hidden layer is linear: out_h is h."""

    how = "Two linear layers are stacked with nothing between them."

    def hidden_activation(self, a: Arithmetic[N], z: N) -> N:
        return z


class OutputActivationMissing(Mistake):
    """The output layer is linear: out_y is y."""

    how = "The network returns logits, as a loss that brings its own sigmoid wants them."

    def output_activations(self, a: Arithmetic[N], y: list[N]) -> list[N]:
        return y


class OutputSigmoidAppliedTwice(Mistake):
    """The output is σ(σ(y))."""

    how = "The last layer has a sigmoid, and so has what is applied to its result."
    seen = (
        "https://github.com/hunglc007/tensorflow-yolov4-tflite/issues/157",
        "https://github.com/itakurah/focal-loss-pytorch/pull/5",
    )

    def output_activations(self, a: Arithmetic[N], y: list[N]) -> list[N]:
        return [self.activation(a, self.activation(a, z)) for z in y]


class HiddenSigmoidAppliedTwice(Mistake):
    """The hidden activation is σ(σ(h))."""

    how = "The layer activates, and its caller does it again."

    def hidden_activation(self, a: Arithmetic[N], z: N) -> N:
        return self.activation(a, self.activation(a, z))


class SigmoidOfPlusZ(Mistake):
    """The sigmoid is 1/(1 + e^z): its minus is lost."""

    how = "`1 / (1 + exp(z))`."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.sigmoid(a.difference(a.constant(Fraction(0)), z))


class HiddenTanh(Mistake):
    """The hidden layer's activation is tanh; its slope is taken as s(1 − s) still."""

    how = "The activation is exchanged, and its derivative forgotten."

    def hidden_activation(self, a: Arithmetic[N], z: N) -> N:
        return tanh(a, z)


class HiddenRelu(Mistake):
    """The hidden layer's activation is max(0, z); its slope is taken as s(1 − s) still."""

    how = "A library's default activation, or a habit."

    def hidden_activation(self, a: Arithmetic[N], z: N) -> N:
        return a.nondecreasing(lambda x: max(Fraction(0), x), z)


class SoftmaxOutput(Mistake):
    """The output layer's activation is the softmax of both outputs."""

    how = "The targets look like two classes, so the output layer is made for classes."

    def output_activations(self, a: Arithmetic[N], y: list[N]) -> list[N]:
        first, second = y
        return [a.sigmoid(a.difference(first, second)), a.sigmoid(a.difference(second, first))]


class OutputLayerTakesPreActivations(Mistake):
    """The output layer is fed with h instead of out_h."""

    how = "Both are at hand under similar names: z and a, net and out."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        h, out_h, _, _ = super().forward(a, params, X)
        y = [self.output_layer(a, params, row) for row in h]
        return Activations(h, out_h, y, [self.output_activations(a, row) for row in y])


class OutputLayerTakesInputs(Mistake):
    """The output layer is fed with x instead of out_h."""

    how = "With as many inputs as hidden units, the loop over layers forgets to pass results on."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        h, out_h, _, _ = super().forward(a, params, X)
        y = [self.output_layer(a, params, row) for row in X]
        return Activations(h, out_h, y, [self.output_activations(a, row) for row in y])


class EulerNumberToThreeDecimals(Mistake):
    """The sigmoid is 1/(1 + 2.718^(−z))."""

    how = "e is typed in as 2.718."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.sigmoid(a.product(a.constant(logarithm(Fraction("2.718"))), z))


class EulerNumberToFiveDecimals(Mistake):
    """The sigmoid is 1/(1 + 2.71828^(−z))."""

    how = "e is typed in as 2.71828."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.sigmoid(a.product(a.constant(logarithm(Fraction("2.71828"))), z))


class HardSigmoid(Mistake):
    """The sigmoid is replaced by the straight line 0.2 z + 0.5, cut off at 0 and 1."""

    how = "A fast stand-in, such as Keras' former default in recurrent layers."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.nondecreasing(
            lambda x: min(max(x / 5 + Fraction(1, 2), Fraction(0)), Fraction(1)), z
        )


class FastSigmoid(Mistake):
    """The sigmoid is replaced by ½ + ½ z/(1 + |z|)."""

    how = "A fast stand-in without an exponential function."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.nondecreasing(_fast, z)


def _fast(x: Real) -> Real:
    return nan if isinstance(x, float) else (1 + x / (1 + abs(x))) / 2  # ∞/∞
