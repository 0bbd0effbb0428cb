// The network for one floating-point type. Complete the functions marked TODO. port.c includes this
// file once per type: REAL is the type, and OF(name) appends the dtype to a name. With <tgmath.h>,
// exp(x) uses the precision of x. There is intentionally no include guard.
//
// For a field of a result that the library does not show, call unsupported("forward.h"), with the op
// and the field. For a request that it cannot carry out, such as batches of several rows, call
// unsupported("train"). Both are reported as unsupported, which does not count as a pass.

typedef struct {
    REAL W1[2][2], b1, W2[2][2], b2;
} OF(Params);

// The result of the forward pass for one row.
typedef struct {
    REAL h[2], out_h[2], y[2], out_y[2];
} OF(Forward);

static OF(Forward) OF(forward)(const OF(Params) *p, const REAL x[2])
{
    OF(Forward) f = {{0}};
    // TODO: h = W1 x + b1, out_h = σ(h), y = W2 out_h + b2, out_y = σ(y),
    // with σ(z) = 1 / (1 + e⁻ᶻ).
    return f;
}

// The loss of one row for each output; answers.h sums over the outputs.
static void OF(loss)(const OF(Params) *p, const REAL x[2], const REAL t[2], REAL per_output[2])
{
    // TODO: per_output[k] = ½ (t[k] − out_y[k])².
    per_output[0] = per_output[1] = 0;
}

// ∂E/∂W1, ∂E/∂b1, ∂E/∂W2 and ∂E/∂b2, summed over n rows.
static OF(Params) OF(gradients)(const OF(Params) *p, size_t n, REAL X[][2], REAL T[][2])
{
    OF(Params) dE = {.b1 = 0};
    // TODO: delta_y[r][k] = (out_y[r][k] − T[r][k]) · out_y[r][k] (1 − out_y[r][k]),
    // delta_h[r][i] = (Σₖ delta_y[r][k] W2[k][i]) · out_h[r][i] (1 − out_h[r][i]),
    // ∂E/∂W1[i][j] = Σᵣ delta_h[r][i] X[r][j],      ∂E/∂b1 = Σᵣ Σᵢ delta_h[r][i],
    // ∂E/∂W2[k][i] = Σᵣ delta_y[r][k] out_h[r][i],  ∂E/∂b2 = Σᵣ Σₖ delta_y[r][k].
    return dE;
}

// Updates the parameters in place.
static void OF(train)(OF(Params) *p, size_t n, REAL X[][2], REAL T[][2], REAL learning_rate,
                      size_t epochs, size_t batch_size, bool train_biases)
{
    // TODO: in each epoch, for every batch_size rows in order (the last batch may be short):
    // p ← p − learning_rate · ∂E/∂p for W1 and W2, and for b1 and b2 if train_biases,
    // computing all gradients before updating any parameter.
    *p = (OF(Params)){.b1 = 0};
}
