/**
 * Backpropagation in JavaScript: pure functions of matrices.
 *
 * A matrix is an array of rows, and each row is a Float64Array or Float32Array of two numbers.
 * `row.map` returns a row of the same type, so each number is rounded when it is stored. Single
 * numbers are rounded with `round`.
 */

const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const sum = (terms) => terms.reduce((total, term) => total + term, 0);
const dot = (u, v) => u[0] * v[0] + u[1] * v[1];
const column = (matrix, j) => matrix.map((row) => row[j]);

/** Return h, out_h, y and out_y, all (n, 2), for X (n, 2). */
export function forward({ W1, b1, W2, b2 }, X) {
  const h = X.map((x) => x.map((_, i) => dot(x, W1[i]) + b1));
  const out_h = h.map((row) => row.map(sigmoid));
  const y = out_h.map((s) => s.map((_, k) => dot(s, W2[k]) + b2));
  const out_y = y.map((row) => row.map(sigmoid));
  return { h, out_h, y, out_y };
}

/** Return ½ (T − out_y)² (n, 2) and its sum over the outputs (n,), for X and T (n, 2). */
export function loss(params, X, T, round) {
  const { out_y } = forward(params, X);
  const per_output = out_y.map((row, r) => row.map((s, k) => 0.5 * (T[r][k] - s) * (T[r][k] - s)));
  return { per_output, total: per_output.map((row) => round(sum(row))) };
}

/** Return ∂E/∂W1 (2, 2), ∂E/∂b1, ∂E/∂W2 (2, 2) and ∂E/∂b2 for X and T (n, 2). */
export function gradients(params, X, T, round) {
  const { W1, W2 } = params;
  const { out_h, out_y } = forward(params, X);
  const delta_y = out_y.map((row, r) => row.map((s, k) => (s - T[r][k]) * (s * (1 - s))));
  const delta_h = out_h.map((row, r) =>
    row.map((s, i) => dot(delta_y[r], column(W2, i)) * (s * (1 - s))),
  );
  return {
    W1: W1.map((row, i) => row.map((_, j) => sum(X.map((x, r) => delta_h[r][i] * x[j])))),
    b1: round(sum(delta_h.map(sum))),
    W2: W2.map((row, k) => row.map((_, i) => sum(out_h.map((s, r) => delta_y[r][k] * s[i])))),
    b2: round(sum(delta_y.map(sum))),
  };
}

/** Return the parameters after `epochs` passes over X and T (n, 2), batch by batch. */
export function train(params, X, T, round, { learning_rate, epochs, batch_size, train_biases }) {
  const descend = (W, dE_dW) =>
    W.map((row, i) => row.map((w, j) => w - learning_rate * dE_dW[i][j]));
  let { W1, b1, W2, b2 } = params;
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let start = 0; start < X.length; start += batch_size) {
      const [x, t] = [X, T].map((rows) => rows.slice(start, start + batch_size));
      const dE = gradients({ W1, b1, W2, b2 }, x, t, round);
      W1 = descend(W1, dE.W1);
      W2 = descend(W2, dE.W2);
      if (train_biases) {
        b1 = round(b1 - learning_rate * dE.b1);
        b2 = round(b2 - learning_rate * dE.b2);
      }
    }
  }
  return { W1, b1, W2, b2 };
}
