/**
 * Backpropagation in brain.js: its `NeuralNetwork` runs, finds the deltas and adjusts the weights.
 *
 * brain.js keeps its numbers in float32 arrays and takes a step for each row, so batches of several
 * rows are unsupported. It keeps no pre-activations, so these are, too. It has one bias for each
 * unit: after a step, both units get the old bias plus the learning rate times the sum of
 * brain.js's deltas, or the old bias alone.
 */

import { Unsupported, library, serve } from "./npm_wire.mjs";

const { library: brain, version } = library("brain.js");
const { fround } = Math;
const LAYERS = [1, 2];

function network({ W1, b1, W2, b2 }) {
  const net = new brain.NeuralNetwork({ activation: "sigmoid" });
  net.sizes = [2, 2, 2];
  net.initialize();
  [W1, W2].forEach((W, i) => (net.weights[i + 1] = W.map((row) => Float32Array.from(row))));
  [b1, b2].forEach((b, i) => net.biases[i + 1].fill(b));
  // Its options must be positive, and the learning rate below 1: they are set past the check.
  Object.assign(net.trainOpts, { learningRate: 1, momentum: 0 });
  return net;
}

const row = (net, x, t) => net.trainPattern({ input: Float32Array.from(x), output: t });
const sum = (deltas) => deltas[0] + deltas[1];

function forward({ params, X }) {
  const net = network(params);
  const outputs = X.map((x) => {
    net.run(Float32Array.from(x));
    return LAYERS.map((layer) => Array.from(net.outputs[layer]));
  });
  const [out_h, out_y] = LAYERS.map((_, l) => outputs.map((layers) => layers[l]));
  return { h: null, out_h, y: null, out_y };
}

function loss({ params, X, T }) {
  const per_output = X.map((x, r) =>
    Array.from(network(params).run(Float32Array.from(x)), (out, k) =>
      fround(0.5 * (T[r][k] - out) ** 2),
    ),
  );
  return { per_output, total: per_output.map((E) => fround(sum(E))) };
}

/** brain.js's changes at learning rate 1 are the negative gradients. */
function gradients({ params, X, T }) {
  const total = { W: LAYERS.map(() => [[0, 0], [0, 0]]), b: [0, 0] };
  X.forEach((x, r) => {
    const net = network(params);
    row(net, x, T[r]);
    LAYERS.forEach((layer, l) => {
      total.b[l] -= sum(net.deltas[layer]);
      net.changes[layer].forEach((changes, i) =>
        changes.forEach((change, j) => (total.W[l][i][j] -= change)),
      );
    });
  });
  const [W1, W2] = total.W.map((W) => W.map((w) => w.map(fround)));
  const [b1, b2] = total.b.map(fround);
  return { W1, b1, W2, b2 };
}

function train({ params, X, T, learning_rate, epochs, batch_size, train_biases }) {
  if (Math.min(batch_size, X.length) > 1) throw new Unsupported("batches of several rows");
  const net = network(params);
  net.trainOpts.learningRate = learning_rate;
  for (let epoch = 0; epoch < epochs; epoch++) {
    X.forEach((x, r) => {
      const before = net.biases.map(([b]) => b);
      row(net, x, T[r]);
      LAYERS.forEach((layer) => {
        const step = train_biases ? learning_rate * sum(net.deltas[layer]) : 0;
        net.biases[layer].fill(before[layer] + step);
      });
    });
  }
  const [W1, W2] = LAYERS.map((layer) => net.weights[layer]);
  const [b1, b2] = LAYERS.map((layer) => net.biases[layer][0]);
  return { W1, b1, W2, b2 };
}

serve({ name: "brain.js", version, dtype: "float32", ops: { forward, loss, gradients, train } });
