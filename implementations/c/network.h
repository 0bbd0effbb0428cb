// The network for one floating-point type. port.c includes this file once per type: REAL is the
// type, and OF(name) appends the dtype to a name. There is intentionally no include guard.

typedef struct {
    REAL W1[2][2], b1, W2[2][2], b2;
} OF(Params);

// The result of the forward pass for one row.
typedef struct {
    REAL h[2], out_h[2], y[2], out_y[2];
} OF(Forward);

// 1 / (1 + e⁻ᶻ); with <tgmath.h>, exp(x) uses the precision of x.
static REAL OF(sigmoid)(REAL z)
{
    return 1 / (1 + exp(-z));
}

static OF(Forward) OF(forward)(const OF(Params) *p, const REAL x[2])
{
    OF(Forward) f;
    for (int i = 0; i < 2; i++) {
        f.h[i] = x[0] * p->W1[i][0] + x[1] * p->W1[i][1] + p->b1;
        f.out_h[i] = OF(sigmoid)(f.h[i]);
    }
    for (int k = 0; k < 2; k++) {
        f.y[k] = f.out_h[0] * p->W2[k][0] + f.out_h[1] * p->W2[k][1] + p->b2;
        f.out_y[k] = OF(sigmoid)(f.y[k]);
    }
    return f;
}

// ½ (t − out_y)² for each output of one row.
static void OF(loss)(const OF(Params) *p, const REAL x[2], const REAL t[2], REAL per_output[2])
{
    const OF(Forward) f = OF(forward)(p, x);
    for (int k = 0; k < 2; k++)
        per_output[k] = (t[k] - f.out_y[k]) * (t[k] - f.out_y[k]) / 2;
}

// ∂E/∂W1, ∂E/∂b1, ∂E/∂W2 and ∂E/∂b2, summed over n rows.
static OF(Params) OF(gradients)(const OF(Params) *p, size_t n, REAL X[][2], REAL T[][2])
{
    OF(Params) dE = {.b1 = 0};
    for (size_t r = 0; r < n; r++) {
        const OF(Forward) f = OF(forward)(p, X[r]);
        REAL delta_y[2]; // ∂E/∂y
        for (int k = 0; k < 2; k++) {
            delta_y[k] = (f.out_y[k] - T[r][k]) * (f.out_y[k] * (1 - f.out_y[k]));
            for (int i = 0; i < 2; i++)
                dE.W2[k][i] += delta_y[k] * f.out_h[i];
            dE.b2 += delta_y[k];
        }
        for (int i = 0; i < 2; i++) {
            const REAL dE_dout_h = delta_y[0] * p->W2[0][i] + delta_y[1] * p->W2[1][i];
            const REAL delta_h = dE_dout_h * (f.out_h[i] * (1 - f.out_h[i])); // ∂E/∂h
            for (int j = 0; j < 2; j++)
                dE.W1[i][j] += delta_h * X[r][j];
            dE.b1 += delta_h;
        }
    }
    return dE;
}

// Updates the parameters in place, with one step per batch.
static void OF(train)(OF(Params) *p, size_t n, REAL X[][2], REAL T[][2], REAL learning_rate,
                      size_t epochs, size_t batch_size, bool train_biases)
{
    for (size_t epoch = 0; epoch < epochs; epoch++) {
        for (size_t start = 0, rows; start < n; start += rows) {
            rows = n - start < batch_size ? n - start : batch_size; // the last batch may be short
            const OF(Params) dE = OF(gradients)(p, rows, X + start, T + start);
            for (int i = 0; i < 2; i++)
                for (int j = 0; j < 2; j++) {
                    p->W1[i][j] -= learning_rate * dE.W1[i][j];
                    p->W2[i][j] -= learning_rate * dE.W2[i][j];
                }
            if (train_biases) {
                p->b1 -= learning_rate * dE.b1;
                p->b2 -= learning_rate * dE.b2;
            }
        }
    }
}
