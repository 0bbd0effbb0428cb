package main

import "math"

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

// sigmoid returns 1 / (1 + e⁻ᶻ). Go has math.Exp only for float64.
func sigmoid[R Real](z R) R {
	return R(1 / (1 + math.Exp(-float64(z))))
}

// layer returns W x + b, before and after the sigmoid.
func layer[R Real](W Matrix[R], b R, x Row[R]) (z, s Row[R]) {
	for i, w := range W {
		z[i] = x[0]*w[0] + x[1]*w[1] + b
		s[i] = sigmoid(z[i])
	}
	return z, s
}

func (p Params[R]) forward(x Row[R]) (a Activations[R]) {
	a.H, a.OutH = layer(p.W1, p.B1, x)
	a.Y, a.OutY = layer(p.W2, p.B2, a.OutH)
	return a
}

// loss returns ½ (t − out_y)² for each output of a row, and their sum.
func (p Params[R]) loss(x, t Row[R]) (perOutput Row[R], total R) {
	for k, s := range p.forward(x).OutY {
		perOutput[k] = (t[k] - s) * (t[k] - s) / 2
	}
	return perOutput, perOutput[0] + perOutput[1]
}

// gradients returns ∂E/∂W1, ∂E/∂b1, ∂E/∂W2 and ∂E/∂b2, summed over the rows.
func (p Params[R]) gradients(X, T []Row[R]) (dE Params[R]) {
	for r, x := range X {
		a := p.forward(x)
		var deltaY Row[R] // ∂E/∂y
		for k, s := range a.OutY {
			deltaY[k] = (s - T[r][k]) * (s * (1 - s))
			for i, outH := range a.OutH {
				dE.W2[k][i] += deltaY[k] * outH
			}
			dE.B2 += deltaY[k]
		}
		for i, s := range a.OutH {
			dEdOutH := deltaY[0]*p.W2[0][i] + deltaY[1]*p.W2[1][i]
			deltaH := dEdOutH * (s * (1 - s)) // ∂E/∂h
			for j := range x {
				dE.W1[i][j] += deltaH * x[j]
			}
			dE.B1 += deltaH
		}
	}
	return dE
}

// descend returns W − learningRate · ∂E/∂W.
func (W Matrix[R]) descend(dE Matrix[R], learningRate R) Matrix[R] {
	for i := range W {
		for j := range W[i] {
			W[i][j] -= learningRate * dE[i][j]
		}
	}
	return W
}

// train returns the parameters after one step per batch in every epoch.
func (p Params[R]) train(X, T []Row[R], learningRate R, epochs, batchSize int, biases bool) Params[R] {
	for epoch := 0; epoch < epochs; epoch++ {
		for x, t := X, T; len(x) > 0; {
			n := min(batchSize, len(x)) // the last batch may be short
			dE := p.gradients(x[:n], t[:n])
			p.W1 = p.W1.descend(dE.W1, learningRate)
			p.W2 = p.W2.descend(dE.W2, learningRate)
			if biases {
				p.B1 -= learningRate * dE.B1
				p.B2 -= learningRate * dE.B2
			}
			x, t = x[n:], t[n:]
		}
	}
	return p
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}
