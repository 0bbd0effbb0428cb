"""Mistakes in the forward pass."""

from fractions import Fraction
from math import nan

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.float_formats import Real
from backproof.network.mistakes.mistake import Mistake
from backproof.network.mistakes.operations import logarithm, tanh, transpose
from backproof.network.network import Activations, Parameters


class HiddenWeightsTransposed(Mistake):
    """The hidden layer uses W1 transposed, so w2 and w3 are swapped."""

    origin = "`X @ W1` instead of `X @ W1.T`; since W1 is 2 by 2, the shapes still match."

    def hidden_layer(self, a: Arithmetic[N], params: Parameters[N], x: list[N]) -> list[N]:
        return super().hidden_layer(a, params._replace(W1=transpose(params.W1)), x)


class OutputWeightsTransposed(Mistake):
    """The output layer uses W2 transposed, so w6 and w7 are swapped."""

    origin = "`out_h @ W2` instead of `out_h @ W2.T`; since W2 is 2 by 2, the shapes still match."

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        return super().output_layer(a, params._replace(W2=transpose(params.W2)), out_h)


class HiddenUnitsShareWeights(Mistake):
    """Both hidden units use the weights of the first one, w1 and w2."""

    origin = "The line for the first unit is copied for the second, but w1 and w2 are not replaced."

    def hidden_layer(self, a: Arithmetic[N], params: Parameters[N], x: list[N]) -> list[N]:
        first = params.W1[0]
        return super().hidden_layer(a, params._replace(W1=[first, first]), x)


class OutputsShareWeights(Mistake):
    """Both outputs use the weights of the first one, w5 and w6."""

    origin = (
        "The line for the first output is copied for the second, but w5 and w6 are not replaced."
    )

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        first = params.W2[0]
        return super().output_layer(a, params._replace(W2=[first, first]), out_h)


class InputsSwapped(Mistake):
    """The two inputs are swapped."""

    origin = "The columns of a table are read in a different order."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        return super().forward(a, params, [x[::-1] for x in X])


class HiddenUnitsSwapped(Mistake):
    """The output layer uses the two hidden activations in the wrong order."""

    origin = "The weights of each output are stored in the opposite order."

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        return super().output_layer(a, params, out_h[::-1])


class OutputsSwapped(Mistake):
    """The two outputs are swapped: w5 and w6 feed the second one."""

    origin = "The rows of W2 are stored in the opposite order."

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        return super().output_layer(a, params, out_h)[::-1]


class HiddenBiasMissing(Mistake):
    """The hidden layer has no bias."""

    origin = "`nn.Linear(2, 2, bias=False)`, or the bias is left out of the weighted sum."

    def hidden_layer(self, a: Arithmetic[N], params: Parameters[N], x: list[N]) -> list[N]:
        return super().hidden_layer(a, params._replace(b1=a.constant(Fraction(0))), x)


class OutputBiasMissing(Mistake):
    """The output layer has no bias."""

    origin = "`nn.Linear(2, 2, bias=False)`, or the bias is left out of the weighted sum."

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        return super().output_layer(a, params._replace(b2=a.constant(Fraction(0))), out_h)


class BiasesSwapped(Mistake):
    """The hidden layer uses b2, and the output layer uses b1."""

    origin = "The parameters are packed in one order and unpacked in another."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        return super().forward(a, params._replace(b1=params.b2, b2=params.b1), X)


class OneBiasForBothLayers(Mistake):
    """The output layer uses the bias of the hidden layer, b1."""

    origin = "The line for the hidden layer is copied, but b1 is not replaced."

    def output_layer(self, a: Arithmetic[N], params: Parameters[N], out_h: list[N]) -> list[N]:
        return super().output_layer(a, params._replace(b2=params.b1), out_h)


class BiasSubtracted(Mistake):
    """Biases are subtracted instead of added."""

    origin = "A text writes the threshold unit as w·x − θ, and b is treated like θ."

    def affine(self, a: Arithmetic[N], weights: list[N], bias: N, x: list[N]) -> N:
        zero = a.constant(Fraction(0))
        return super().affine(a, weights, a.difference(zero, bias), x)


class BiasAddedForEachInput(Mistake):
    """Each bias is added once per input, so twice."""

    origin = "`+ b` is inside the loop over the inputs of a unit."

    def affine(self, a: Arithmetic[N], weights: list[N], bias: N, x: list[N]) -> N:
        return a.total([super().affine(a, weights, bias, x), bias])


class HiddenBiasAddedAfterSigmoid(Mistake):
    """The hidden bias is added to σ(W1 x) instead of to W1 x."""

    origin = "A parenthesis is closed too early: `sigmoid(X @ W1.T) + b1`."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        without = params._replace(b1=a.constant(Fraction(0)))
        h, out_h, _, _ = super().forward(a, without, X)
        out_h = [[a.total([o, params.b1]) for o in row] for row in out_h]
        y = [self.output_layer(a, params, row) for row in out_h]
        return Activations(h, out_h, y, [self.output_activations(a, row) for row in y])


class OutputBiasAddedAfterSigmoid(Mistake):
    """The output bias is added to σ(W2 out_h) instead of to W2 out_h."""

    origin = "A parenthesis is closed too early: `sigmoid(out_h @ W2.T) + b2`."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        without = params._replace(b2=a.constant(Fraction(0)))
        seen = super().forward(a, without, X)
        return seen._replace(out_y=[[a.total([o, params.b2]) for o in row] for row in seen.out_y])


class HiddenActivationMissing(Mistake):
    """The hidden layer has no activation: out_h is h."""

    origin = "Two linear layers are stacked with no activation between them."

    def hidden_activation(self, a: Arithmetic[N], z: N) -> N:
        return z


class OutputActivationMissing(Mistake):
    """The output layer has no activation: out_y is y."""

    origin = "The network returns logits, for a loss that applies the sigmoid itself."

    def output_activations(self, a: Arithmetic[N], y: list[N]) -> list[N]:
        return y


class OutputSigmoidAppliedTwice(Mistake):
    """The sigmoid is applied twice at the output: out_y is σ(σ(y))."""

    origin = "The last layer applies a sigmoid, and its caller applies another."
    citations = (
        "https://github.com/hunglc007/tensorflow-yolov4-tflite/issues/157",
        "https://github.com/itakurah/focal-loss-pytorch/pull/5",
    )

    def output_activations(self, a: Arithmetic[N], y: list[N]) -> list[N]:
        return [self.activation(a, self.activation(a, z)) for z in y]


class HiddenSigmoidAppliedTwice(Mistake):
    """The sigmoid is applied twice in the hidden layer: out_h is σ(σ(h))."""

    origin = "The layer applies its activation, and its caller applies it again."

    def hidden_activation(self, a: Arithmetic[N], z: N) -> N:
        return self.activation(a, self.activation(a, z))


class SigmoidOfPlusZ(Mistake):
    """The sigmoid is 1/(1 + e^z): the minus sign in the exponent is missing."""

    origin = "`1 / (1 + exp(z))`."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.sigmoid(a.difference(a.constant(Fraction(0)), z))


class HiddenTanh(Mistake):
    """The hidden activation is tanh, but its derivative is still computed as s (1 − s)."""

    origin = "The activation is changed, but its derivative is not."

    def hidden_activation(self, a: Arithmetic[N], z: N) -> N:
        return tanh(a, z)


class HiddenRelu(Mistake):
    """The hidden activation is max(0, z), but its derivative is still computed as s (1 − s)."""

    origin = "It is a library's default activation, or a habit."

    def hidden_activation(self, a: Arithmetic[N], z: N) -> N:
        return a.apply_monotone(lambda x: max(Fraction(0), x), z)


class SoftmaxOutput(Mistake):
    """The output activation is the softmax of both outputs."""

    origin = "The targets look like two classes, so the output layer is built for classification."

    def output_activations(self, a: Arithmetic[N], y: list[N]) -> list[N]:
        first, second = y
        return [a.sigmoid(a.difference(first, second)), a.sigmoid(a.difference(second, first))]


class OutputLayerTakesPreActivations(Mistake):
    """The output layer uses h instead of out_h."""

    origin = "Both are available under similar names: z and a, or net and out."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        h, out_h, _, _ = super().forward(a, params, X)
        y = [self.output_layer(a, params, row) for row in h]
        return Activations(h, out_h, y, [self.output_activations(a, row) for row in y])


class OutputLayerTakesInputs(Mistake):
    """The output layer uses x instead of out_h."""

    origin = "The loop gives every layer the inputs; with two inputs, the shapes still match."

    def forward(self, a: Arithmetic[N], params: Parameters[N], X: list[list[N]]) -> Activations[N]:
        h, out_h, _, _ = super().forward(a, params, X)
        y = [self.output_layer(a, params, row) for row in X]
        return Activations(h, out_h, y, [self.output_activations(a, row) for row in y])


class EulerNumberToThreeDecimals(Mistake):
    """The sigmoid is computed as 1/(1 + 2.718^(−z))."""

    origin = "e is typed in as 2.718."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.sigmoid(a.product(a.constant(logarithm(Fraction("2.718"))), z))


class EulerNumberToFiveDecimals(Mistake):
    """The sigmoid is computed as 1/(1 + 2.71828^(−z))."""

    origin = "e is typed in as 2.71828."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.sigmoid(a.product(a.constant(logarithm(Fraction("2.71828"))), z))


class HardSigmoid(Mistake):
    """The sigmoid is replaced by 0.2 z + 0.5, clipped to 0 … 1."""

    origin = "A fast approximation, such as the former default of recurrent layers in Keras."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return _hard_sigmoid(a, z, Fraction(1, 5))


class HardSigmoidOfSixth(Mistake):
    """The sigmoid is replaced by z/6 + ½, clipped to 0 … 1."""

    origin = "A fast approximation, such as PyTorch's `hardsigmoid`."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return _hard_sigmoid(a, z, Fraction(1, 6))


def _hard_sigmoid(a: Arithmetic[N], z: N, slope: Fraction) -> N:
    return a.apply_monotone(
        lambda x: min(max(slope * x + Fraction(1, 2), Fraction(0)), Fraction(1)), z
    )


class FastSigmoid(Mistake):
    """The sigmoid is replaced by ½ + ½ z/(1 + |z|)."""

    origin = "A fast approximation that needs no exponential function."

    def activation(self, a: Arithmetic[N], z: N) -> N:
        return a.apply_monotone(_fast_sigmoid, z)


def _fast_sigmoid(x: Real) -> Real:
    return nan if isinstance(x, float) else (1 + x / (1 + abs(x))) / 2  # ∞/∞
