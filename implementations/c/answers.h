// From a valid request to the fields of its response, for one floating-point type. port.c includes
// this file once per type, after network.h.

static void OF(read_rows)(const cJSON *matrix, REAL rows[][2])
{
    const cJSON *row;
    cJSON_ArrayForEach(row, matrix)
    {
        (*rows)[0] = (REAL)number(row->child);
        (*rows)[1] = (REAL)number(row->child->next);
        rows++;
    }
}

static OF(Params) OF(read_params)(const cJSON *written)
{
    OF(Params) p = {.b1 = (REAL)number(member(written, "b1")),
                    .b2 = (REAL)number(member(written, "b2"))};
    OF(read_rows)(member(written, "W1"), p.W1);
    OF(read_rows)(member(written, "W2"), p.W2);
    return p;
}

static cJSON *OF(write_row)(const REAL row[2])
{
    cJSON *written = cJSON_CreateArray();
    cJSON_AddItemToArray(written, json((double)row[0]));
    cJSON_AddItemToArray(written, json((double)row[1]));
    return written;
}

static cJSON *OF(write_params)(const OF(Params) *p)
{
    cJSON *written = cJSON_CreateObject();
    cJSON *W1 = cJSON_AddArrayToObject(written, "W1");
    cJSON_AddItemToObject(written, "b1", json((double)p->b1));
    cJSON *W2 = cJSON_AddArrayToObject(written, "W2");
    cJSON_AddItemToObject(written, "b2", json((double)p->b2));
    for (int i = 0; i < 2; i++) {
        cJSON_AddItemToArray(W1, OF(write_row)(p->W1[i]));
        cJSON_AddItemToArray(W2, OF(write_row)(p->W2[i]));
    }
    return written;
}

static cJSON *OF(answer_echo)(const cJSON *request)
{
    cJSON *answer = cJSON_CreateObject();
    cJSON *values = cJSON_AddArrayToObject(answer, "values");
    const cJSON *value;
    cJSON_ArrayForEach(value, member(request, "values"))
        cJSON_AddItemToArray(values, json((double)(REAL)number(value)));
    return answer;
}

static cJSON *OF(answer_forward)(const OF(Params) *p, size_t n, REAL X[][2])
{
    cJSON *answer = cJSON_CreateObject();
    cJSON *h = cJSON_AddArrayToObject(answer, "h");
    cJSON *out_h = cJSON_AddArrayToObject(answer, "out_h");
    cJSON *y = cJSON_AddArrayToObject(answer, "y");
    cJSON *out_y = cJSON_AddArrayToObject(answer, "out_y");
    for (size_t r = 0; r < n; r++) {
        const OF(Forward) f = OF(forward)(p, X[r]);
        cJSON_AddItemToArray(h, OF(write_row)(f.h));
        cJSON_AddItemToArray(out_h, OF(write_row)(f.out_h));
        cJSON_AddItemToArray(y, OF(write_row)(f.y));
        cJSON_AddItemToArray(out_y, OF(write_row)(f.out_y));
    }
    return answer;
}

static cJSON *OF(answer_loss)(const OF(Params) *p, size_t n, REAL X[][2], REAL T[][2])
{
    cJSON *answer = cJSON_CreateObject();
    cJSON *per_output = cJSON_AddArrayToObject(answer, "per_output");
    cJSON *total = cJSON_AddArrayToObject(answer, "total");
    for (size_t r = 0; r < n; r++) {
        REAL E[2];
        OF(loss)(p, X[r], T[r], E);
        const REAL E_total = E[0] + E[1];
        cJSON_AddItemToArray(per_output, OF(write_row)(E));
        cJSON_AddItemToArray(total, json((double)E_total));
    }
    return answer;
}

static cJSON *OF(answer)(const char *op, const cJSON *request)
{
    if (same(op, "echo"))
        return OF(answer_echo)(request);

    OF(Params) p = OF(read_params)(member(request, "params"));
    const size_t n = size(member(request, "X"));
    REAL(*const X)[2] = allocate(n, sizeof *X);
    REAL(*const T)[2] = allocate(n, sizeof *T);
    OF(read_rows)(member(request, "X"), X);
    OF(read_rows)(member(request, "T"), T);

    cJSON *answer;
    if (same(op, "forward")) {
        answer = OF(answer_forward)(&p, n, X);
    } else if (same(op, "loss")) {
        answer = OF(answer_loss)(&p, n, X, T);
    } else if (same(op, "gradients")) {
        const OF(Params) dE = OF(gradients)(&p, n, X, T);
        answer = OF(write_params)(&dE);
    } else {
        OF(train)(&p, n, X, T, (REAL)number(member(request, "learning_rate")),
                  (size_t)number(member(request, "epochs")),
                  (size_t)number(member(request, "batch_size")),
                  cJSON_IsTrue(member(request, "train_biases")));
        answer = OF(write_params)(&p);
    }
    free(X);
    free(T);
    return answer;
}
