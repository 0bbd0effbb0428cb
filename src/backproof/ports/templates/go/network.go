package main

// For a field of a result that the library does not show, call unsupported("forward.h"), with the op
// and the field. For a request that it cannot carry out, such as batches of several rows, call
// unsupported("train"). Both are reported as unsupported, which does not count as a pass.

// A Real is a number of either dtype; the functions below are generic over both.
type Real interface{ float32 | float64 }

// A Row holds two inputs, targets, activations or weights.
type Row[R Real] [2]R

// A Matrix is W1 or W2, or the gradient with respect to it.
type Matrix[R Real] [2]Row[R]

// Params holds the network's parameters, or a gradient for each.
type Params[R Real] struct {
	W1 Matrix[R]
	B1 R
	W2 Matrix[R]
	B2 R
}

// Activations is the result of the forward pass for one row.
type Activations[R Real] struct {
	H, OutH, Y, OutY Row[R]
}

func (p Params[R]) forward(x Row[R]) (a Activations[R]) {
	// TODO: h = W1 x + b1, out_h = σ(h), y = W2 out_h + b2, out_y = σ(y),
	// with σ(z) = 1 / (1 + e⁻ᶻ).
	return a
}

// loss returns the loss of one row for each output, and their sum.
func (p Params[R]) loss(x, t Row[R]) (perOutput Row[R], total R) {
	// TODO: per_output[k] = ½ (t[k] − out_y[k])², total = Σₖ per_output[k].
	return perOutput, total
}

// gradients returns ∂E/∂W1, ∂E/∂b1, ∂E/∂W2 and ∂E/∂b2, summed over the rows.
func (p Params[R]) gradients(X, T []Row[R]) (dE Params[R]) {
	// TODO: delta_y[r][k] = (out_y[r][k] − T[r][k]) · out_y[r][k] (1 − out_y[r][k]),
	// delta_h[r][i] = (Σₖ delta_y[r][k] W2[k][i]) · out_h[r][i] (1 − out_h[r][i]),
	// ∂E/∂W1[i][j] = Σᵣ delta_h[r][i] X[r][j],      ∂E/∂b1 = Σᵣ Σᵢ delta_h[r][i],
	// ∂E/∂W2[k][i] = Σᵣ delta_y[r][k] out_h[r][i],  ∂E/∂b2 = Σᵣ Σₖ delta_y[r][k].
	return dE
}

func (p Params[R]) train(X, T []Row[R], learningRate R, epochs, batchSize int, biases bool) Params[R] {
	// TODO: in each epoch, for every batchSize rows in order (the last batch may be short):
	// p ← p − learningRate · ∂E/∂p for W1 and W2, and for b1 and b2 if biases,
	// computing all gradients before updating any parameter.
	return Params[R]{}
}
