// The wire protocol: one request per line on standard input, one response per line on standard
// output. network.h has the mathematics, and answers.h connects the two; both are included once for
// each floating-point type.

#define _POSIX_C_SOURCE 200809L // getline
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

#include <cjson/cJSON.h>

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static const char *const DTYPES[] = {"float64", "float32", NULL};
static const char *const OPS[] = {"forward", "loss", "gradients", "train", NULL};
static const char *const SPECIAL[] = {"NaN", "Infinity", "-Infinity", NULL};

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool is_among(const char *word, const char *const *words)
{
    while (*words && !same(word, *words))
        words++;
    return *words != NULL;
}

static void *allocate(size_t count, size_t bytes)
{
    void *const memory = calloc(count + 1, bytes); // one more, so that zero rows work, too
    if (!memory) {
        fputs("out of memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    return memory;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static size_t size(const cJSON *array)
{
    return (size_t)cJSON_GetArraySize(array);
}

// Reads a number; strtod also accepts "NaN", "Infinity" and "-Infinity".
static double number(const cJSON *written)
{
    return cJSON_IsString(written) ? strtod(written->valuestring, NULL) : written->valuedouble;
}

// Writes the shortest text that reads back as x. cJSON would write −0.0 as 0 and NaN as null.
static cJSON *json(double x)
{
    char text[32];
    if (isnan(x))
        return cJSON_CreateString("NaN");
    if (isinf(x))
        return cJSON_CreateString(x > 0 ? "Infinity" : "-Infinity");
    if (x == 0)
        return cJSON_CreateRaw(signbit(x) ? "-0.0" : "0.0");
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    return cJSON_CreateRaw(text);
}

static cJSON *lacks; // what network.h says is unsupported, of the current request

// For network.h: marks a field of a result, such as "forward.h", or an op, such as "train", as
// unsupported. It counts for the current request only, and if this has that op.
static inline void unsupported(const char *name)
{
    if (!member(lacks, name))
        cJSON_AddNullToObject(lacks, name);
}

#define REAL double
#define OF(name) name##_float64
#include "network.h"
#include "answers.h"
#undef REAL
#undef OF

#define REAL float
#define OF(name) name##_float32
#include "network.h"
#include "answers.h"
#undef REAL
#undef OF

static bool is_number(const cJSON *written)
{
    return cJSON_IsNumber(written)
           || (cJSON_IsString(written) && is_among(written->valuestring, SPECIAL));
}

static bool is_list_of_numbers(const cJSON *written)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, written)
        if (!is_number(item))
            return false;
    return cJSON_IsArray(written);
}

static bool is_matrix(const cJSON *written, size_t rows)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, written)
        if (!is_list_of_numbers(row) || size(row) != 2)
            return false;
    return cJSON_IsArray(written) && size(written) == rows;
}

static bool is_count(const cJSON *written, double least)
{
    const double x = cJSON_IsNumber(written) ? written->valuedouble : -1;
    return x >= least && x <= 0x1p53 && x == floor(x);
}

// Returns what is wrong with a request, or NULL.
static const char *complaint(const char *op, const cJSON *request)
{
    if (same(op, "echo"))
        return is_list_of_numbers(member(request, "values")) ? NULL : "values must be numbers";

    const cJSON *const params = member(request, "params"), *const X = member(request, "X");
    if (!is_matrix(member(params, "W1"), 2) || !is_matrix(member(params, "W2"), 2))
        return "W1 and W2 must be two rows of two numbers";
    if (!is_number(member(params, "b1")) || !is_number(member(params, "b2")))
        return "b1 and b2 must be numbers";
    if (!is_matrix(X, size(X)))
        return "X must be rows of two numbers";
    if (same(op, "forward"))
        return NULL;

    if (!is_matrix(member(request, "T"), size(X)))
        return "T must be rows of two numbers, as many as X has";
    if (!same(op, "train"))
        return NULL;

    if (!is_number(member(request, "learning_rate")))
        return "learning_rate must be a number";
    if (!is_count(member(request, "epochs"), 0) || !is_count(member(request, "batch_size"), 1))
        return "epochs must be 0 or more, and batch_size 1 or more";
    return cJSON_IsBool(member(request, "train_biases")) ? NULL : "train_biases must be a boolean";
}

static cJSON *hello(void)
{
    cJSON *const about = cJSON_CreateObject();
    cJSON_AddNumberToObject(about, "protocol", 1);
    cJSON_AddStringToObject(about, "name", "c");
    cJSON_AddStringToObject(about, "version", COMPILER);
    cJSON *const dtypes = cJSON_AddArrayToObject(about, "dtypes");
    for (const char *const *dtype = DTYPES; *dtype; dtype++)
        cJSON_AddItemToArray(dtypes, cJSON_CreateString(*dtype));
    cJSON *const ops = cJSON_AddArrayToObject(about, "ops");
    for (const char *const *op = OPS; *op; op++)
        cJSON_AddItemToArray(ops, cJSON_CreateString(*op));
    return about;
}

// Adds a result to the answer, with null for each unsupported field.
static void add_result(cJSON *answer, const char *op, cJSON *result)
{
    const cJSON *lack;
    const size_t length = strlen(op);
    bool unknown = false;
    cJSON_ArrayForEach(lack, lacks)
    {
        const char *const field = lack->string + length + 1;
        if (strncmp(lack->string, op, length) != 0 || lack->string[length] != '.')
            continue; // the op as a whole, or another one
        if (member(result, field))
            cJSON_ReplaceItemInObjectCaseSensitive(result, field, cJSON_CreateNull());
        else
            unknown = true;
    }
    if (unknown) {
        cJSON_AddStringToObject(answer, "error", "network.h marks an unknown field as unsupported");
        cJSON_Delete(result);
    } else if (member(lacks, op)) {
        cJSON_AddStringToObject(answer, "unsupported", op);
        cJSON_Delete(result);
    } else {
        cJSON_AddItemToObject(answer, "ok", result);
    }
}

static cJSON *answer(const cJSON *request)
{
    cJSON *const answer = cJSON_CreateObject();
    const cJSON *const id = member(request, "id");
    cJSON_AddItemToObject(answer, "id", id ? cJSON_Duplicate(id, true) : cJSON_CreateNull());

    const char *const op = cJSON_GetStringValue(member(request, "op"));
    const char *const dtype = cJSON_GetStringValue(member(request, "dtype"));
    const char *wrong;
    if (!cJSON_IsObject(request) || !op) {
        cJSON_AddStringToObject(answer, "error", "a request must be a JSON object with an op");
    } else if (same(op, "hello")) {
        if (is_count(member(request, "protocol"), 1) && number(member(request, "protocol")) == 1)
            cJSON_AddItemToObject(answer, "ok", hello());
        else
            cJSON_AddStringToObject(answer, "error", "only protocol 1 is supported");
    } else if (!same(op, "echo") && !is_among(op, OPS)) {
        cJSON_AddStringToObject(answer, "unsupported", op);
    } else if (!dtype) {
        cJSON_AddStringToObject(answer, "error", "dtype must be a string");
    } else if (!is_among(dtype, DTYPES)) {
        cJSON_AddStringToObject(answer, "unsupported", dtype);
    } else if ((wrong = complaint(op, request))) {
        cJSON_AddStringToObject(answer, "error", wrong);
    } else {
        lacks = cJSON_CreateObject();
        add_result(answer, op,
                   same(dtype, "float64") ? answer_float64(op, request)
                                          : answer_float32(op, request));
        cJSON_Delete(lacks);
    }
    return answer;
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, stdin)) >= 0) {
        cJSON *const request = cJSON_ParseWithLengthOpts(line, (size_t)length + 1, NULL, true);
        cJSON *const answered = answer(request);
        char *const text = cJSON_PrintUnformatted(answered);
        if (!text) {
            fputs("out of memory\n", stderr);
            exit(EXIT_FAILURE);
        }
        puts(text);
        fflush(stdout);
        free(text);
        cJSON_Delete(answered);
        cJSON_Delete(request);
    }
    free(line);
    return EXIT_SUCCESS;
}
