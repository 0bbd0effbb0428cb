/**
 * Backpropagation in synaptic: its `Architect.Perceptron` activates and propagates.
 *
 * synaptic adjusts the weights while it propagates, a row at a time, and shows no gradients: they
 * are unsupported, and so are batches of several rows. It has one bias for each unit: after a step,
 * both units get the old bias plus the learning rate times the sum of synaptic's responsibilities,
 * or the old bias alone.
 */

import { Unsupported, library, serve } from "./npm_wire.mjs";

const { library: synaptic, version } = library("synaptic");
const { Architect, Trainer } = synaptic;

/** The weights into a neuron, in the order of the neurons before it. */
const connections = (neuron) => Object.values(neuron.connections.inputs);

function network({ W1, b1, W2, b2 }) {
  const net = new Architect.Perceptron(2, 2, 2);
  net.setOptimize(false); // else it generates code, whose numbers cannot be read
  const layers = [net.layers.hidden[0], net.layers.output].map((layer) => layer.list);
  [W1, W2].forEach((W, l) =>
    layers[l].forEach((neuron, i) =>
      connections(neuron).forEach((connection, j) => (connection.weight = W[i][j])),
    ),
  );
  [b1, b2].forEach((b, l) => layers[l].forEach((neuron) => (neuron.bias = b)));
  return { net, layers };
}

function forward({ params, X }) {
  const { net, layers } = network(params);
  const seen = { h: [], out_h: [], y: [], out_y: [] };
  for (const x of X) {
    net.activate(x);
    const [hidden, output] = layers;
    seen.h.push(hidden.map((neuron) => neuron.state));
    seen.out_h.push(hidden.map((neuron) => neuron.activation));
    seen.y.push(output.map((neuron) => neuron.state));
    seen.out_y.push(output.map((neuron) => neuron.activation));
  }
  return seen;
}

/** The mean squared error of two outputs is their half squared error. */
function loss({ params, X, T }) {
  const { net } = network(params);
  const rows = X.map((x, r) => [T[r], net.activate(x)]);
  const { MSE } = Trainer.cost;
  return {
    per_output: rows.map(([t, out]) => t.map((_, k) => MSE([t[k]], [out[k]]) / 2)),
    total: rows.map(([t, out]) => MSE(t, out)),
  };
}

function train({ params, X, T, learning_rate, epochs, batch_size, train_biases }) {
  if (Math.min(batch_size, X.length) > 1) throw new Unsupported("batches of several rows");
  const { net, layers } = network(params);
  for (let epoch = 0; epoch < epochs; epoch++) {
    X.forEach((x, r) => {
      const before = layers.map(([neuron]) => neuron.bias);
      net.activate(x);
      net.propagate(learning_rate, T[r]);
      layers.forEach((neurons, l) => {
        const [first, second] = neurons.map((neuron) => neuron.error.responsibility);
        const bias = before[l] + (train_biases ? learning_rate * (first + second) : 0);
        neurons.forEach((neuron) => (neuron.bias = bias));
      });
    });
  }
  const [W1, W2] = layers.map((list) => list.map((n) => connections(n).map((c) => c.weight)));
  const [b1, b2] = layers.map(([neuron]) => neuron.bias);
  return { W1, b1, W2, b2 };
}

serve({ name: "synaptic", version, dtype: "float64", ops: { forward, loss, train } });
