/**
 * The network. Complete the functions marked TODO.
 *
 * A matrix is an array of rows, and each row is a Float64Array or Float32Array of two numbers.
 * `row.map` returns a row of the same type, so each number is rounded when it is stored. Single
 * numbers must be rounded with `round`.
 *
 * For a field of a result that the library does not show, return null, such as `h: null`. For a
 * request that it cannot carry out, such as batches of several rows, return null instead of the
 * result. Both are reported as unsupported, which does not count as a pass.
 */

const zeros = (matrix) => matrix.map((row) => row.map(() => 0));

/** Return h, out_h, y and out_y, all (n, 2), for X (n, 2). */
export function forward({ W1, b1, W2, b2 }, X) {
  // TODO: h = X W1ᵀ + b1, out_h = σ(h), y = out_h W2ᵀ + b2, out_y = σ(y),
  // with σ(z) = 1 / (1 + e⁻ᶻ).
  return { h: zeros(X), out_h: zeros(X), y: zeros(X), out_y: zeros(X) };
}

/** Return per_output (n, 2) and total (n,), for X and T (n, 2). */
export function loss(params, X, T, round) {
  // TODO: per_output[r][k] = ½ (T[r][k] − out_y[r][k])², total[r] = Σₖ per_output[r][k].
  return { per_output: zeros(X), total: X.map(() => 0) };
}

/** Return ∂E/∂W1 (2, 2), ∂E/∂b1, ∂E/∂W2 (2, 2) and ∂E/∂b2, for X and T (n, 2). */
export function gradients(params, X, T, round) {
  // TODO: delta_y[r][k] = (out_y[r][k] − T[r][k]) · out_y[r][k] (1 − out_y[r][k]),
  // delta_h[r][i] = (Σₖ delta_y[r][k] W2[k][i]) · out_h[r][i] (1 − out_h[r][i]),
  // ∂E/∂W1[i][j] = Σᵣ delta_h[r][i] X[r][j],      ∂E/∂b1 = Σᵣ Σᵢ delta_h[r][i],
  // ∂E/∂W2[k][i] = Σᵣ delta_y[r][k] out_h[r][i],  ∂E/∂b2 = Σᵣ Σₖ delta_y[r][k].
  return { W1: zeros(params.W1), b1: 0, W2: zeros(params.W2), b2: 0 };
}

/** Return the parameters after training on X and T (n, 2). */
export function train(params, X, T, round, { learning_rate, epochs, batch_size, train_biases }) {
  // TODO: in each epoch, for every batch_size rows in order (the last batch may be short):
  // p ← p − learning_rate · ∂E/∂p for W1 and W2, and for b1 and b2 if train_biases,
  // computing all gradients before updating any parameter.
  return { W1: zeros(params.W1), b1: 0, W2: zeros(params.W2), b2: 0 };
}
