"""Export test vectors for code that cannot read JSON: as tab-separated values or as a C header.

Numbers are hexadecimal floating point, so nothing is rounded on the way. An export has the inputs,
rounded to the dtype, and the smallest and largest conforming number of the dtype for each number of
the output. An output passes `backproof check` exactly if each number lies between these two;
comparing needs no arithmetic, so it can be done in the dtype itself.
"""

import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from backproof.network.float_formats import FORMATS, Format, Real
from backproof.network.inputs import Inputs, map_matrix
from backproof.network.quantities import flatten, flatten_fields
from backproof.truth.certified import Expected
from backproof.vectors.vectors import Vector, VectorFile

COLUMNS = ("vector", "op", "dtype", "role", "quantity", "value", "low", "high")

TSV_HEADING = """\
Test vectors of backproof, a conformance suite for neural-network training.
role input: value is an input; low and high repeat it. It is a number of the dtype, except for
epochs and batch_size (whole numbers) and train_biases (0 or 1).
role expected: an output, a number of the dtype, conforms if low <= output <= high or, where value
is nan, if it is NaN. value is the float64 number nearest to the reference value, for messages.
Numbers are hexadecimal, as read by C's strtod and Python's float.fromhex; or nan, inf, -inf.
"""

C_HEADING = """\
Test vectors of backproof, a conformance suite for neural-network training. For C99 and C++17.

For each of the backproof_count entries of backproof_vectors, run its op on its inputs in its dtype,
and call backproof_conforms for each number of the output. The inputs, low and high are numbers of
the dtype, so casting them to it does not change them; value is the double nearest to the reference
value, for messages. Do not compile with -ffast-math, which breaks the checks for NaN.
"""

C_TYPES = """\
#ifndef BACKPROOF_VECTORS_H
#define BACKPROOF_VECTORS_H

#include <math.h>
#include <stddef.h>

typedef struct {
  const char *quantity;     /* "out_h[0][1]": row 0, hidden unit 1 */
  double value, low, high;
} backproof_number;

typedef struct {
  const char *id, *op, *dtype;
  double W1[2][2], b1, W2[2][2], b2;
  int rows;
  const double (*X)[2];     /* rows x 2 */
  const double (*T)[2];     /* rows x 2; NULL for the op forward */
  double learning_rate;     /* this and the next three: for the op train, else 0 */
  int epochs, batch_size, train_biases;
  int numbers;
  const backproof_number *expected;
} backproof_vector;

static inline int backproof_conforms(const backproof_number *expected, double answer) {
  if (isnan(expected->value)) return isnan(answer);
  return expected->low <= answer && answer <= expected->high;
}
"""

C_END = """\
static const int backproof_count =
    (int)(sizeof backproof_vectors / sizeof backproof_vectors[0]);

#endif
"""


class ConformingInterval(NamedTuple):
    """The numbers of a dtype that conform."""

    value: float  # the float64 number nearest to the reference value
    low: float  # the smallest number of the dtype that conforms
    high: float  # the largest one


def conforming_interval(expected: Expected, fmt: Format) -> ConformingInterval:
    """Return the conforming interval in a format; the error bound must be finite."""
    if not expected.value.is_finite():
        return ConformingInterval(*[float(expected.value)] * 3)
    true_value, bound = Fraction(expected.value), Fraction(expected.bound)
    return ConformingInterval(
        FORMATS["float64"].round(true_value),
        -_greatest(bound - true_value, fmt) + 0.0,  # + 0.0 turns −0.0 into 0.0
        _greatest(true_value + bound, fmt),
    )


def exportable(files: Sequence[VectorFile], dtypes: Sequence[str]) -> list[tuple[Vector, Format]]:
    """Return each test vector in each dtype that has finite error bounds for the whole output."""
    return [
        (vector, FORMATS[dtype])
        for file in files
        for vector in file.vectors
        for dtype, answer in vector.expected.items()
        if dtype in dtypes and all(number.bound.is_finite() for number in answer.values())
    ]


def format_tsv(files: Sequence[VectorFile], vectors: Sequence[tuple[Vector, Format]]) -> str:
    """Format test vectors as tab-separated values, with a line for each number."""
    lines = [f"# {line}" for line in [*TSV_HEADING.splitlines(), *_origins(files)]]
    lines.append("\t".join(COLUMNS))
    for vector, fmt in vectors:
        begin = (vector.id, vector.op, fmt.name)
        for quantity, cell in _inputs(vector.inputs.rounded(fmt)):
            lines.append("\t".join((*begin, "input", quantity, cell, cell, cell)))
        for quantity, number in vector.expected[fmt.name].items():
            cells = map(_hexadecimal, conforming_interval(number, fmt))
            lines.append("\t".join((*begin, "expected", quantity, *cells)))
    return "\n".join(lines) + "\n"


def format_c_header(files: Sequence[VectorFile], vectors: Sequence[tuple[Vector, Format]]) -> str:
    """Format test vectors as a C header of constant tables, with a comment that explains them."""
    about = [line.replace("*/", "* /") for line in [*C_HEADING.splitlines(), *_origins(files)]]
    tables, entries = [], []
    for i, (vector, fmt) in enumerate(vectors):
        inputs = vector.inputs.rounded(fmt)
        tables.append(_c_matrix(f"backproof_X_{i}", inputs.X))
        if inputs.T:
            tables.append(_c_matrix(f"backproof_T_{i}", inputs.T))
        tables.append(_c_numbers(f"backproof_expected_{i}", vector, fmt))
        entries.append(_c_entry(i, vector, inputs, fmt))
    listed = ",\n".join(entries)
    return "\n".join(
        [
            "/*",
            *(f" * {line}".rstrip() for line in about),
            " */",
            C_TYPES,
            *tables,
            f"static const backproof_vector backproof_vectors[] = {{\n{listed}\n}};\n",
            C_END,
        ]
    )


def _origins(files: Sequence[VectorFile]) -> Iterator[str]:
    for file in files:
        version = f", version {file.version}" if file.version else ""
        yield f"{file.title}{version}: sha256 {file.sha256}"


def _greatest(limit: Fraction, fmt: Format) -> float:
    """Return the largest finite number of a format that does not exceed `limit`."""
    limit = min(limit, fmt.max_finite)
    spacing = fmt.ulp(limit)
    return float(limit // spacing * spacing)


def _inputs(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Yield the name and value of every input."""
    nested = (
        flatten_fields(inputs.params) | dict(flatten("X", inputs.X)) | dict(flatten("T", inputs.T))
    )
    yield from ((name, _hexadecimal(x)) for name, x in nested.items())
    for name, value in (inputs.schedule.options() if inputs.schedule else {}).items():
        yield name, _hexadecimal(value)


def _hexadecimal(x: Real) -> str:
    return re.sub(r"\.?0+p", "p", float(x).hex())


def _c(x: Real) -> str:
    """Format a number as a C constant."""
    if math.isfinite(x):
        return _hexadecimal(x)
    return "NAN" if math.isnan(x) else ("INFINITY" if x > 0 else "-INFINITY")


def _c_rows(rows: list[list[Real]]) -> str:
    return "{" + ", ".join("{" + ", ".join(row) + "}" for row in map_matrix(_c, rows)) + "}"


def _c_matrix(name: str, rows: list[list[Real]]) -> str:
    return f"static const double {name}[][2] = {_c_rows(rows)};"


def _c_numbers(name: str, vector: Vector, fmt: Format) -> str:
    listed = ",\n".join(
        f'  {{"{quantity}", {", ".join(map(_c, conforming_interval(number, fmt)))}}}'
        for quantity, number in vector.expected[fmt.name].items()
    )
    return f"static const backproof_number {name}[] = {{\n{listed}\n}};"


def _c_entry(i: int, vector: Vector, inputs: Inputs, fmt: Format) -> str:
    params, schedule = inputs.params, inputs.schedule
    training = "0, 0, 0, 0"
    if schedule is not None:
        training = (
            f"{_c(schedule.learning_rate)}, {schedule.epochs}, {schedule.batch_size}, "
            f"{int(schedule.train_biases)}"
        )
    return (
        f'  {{"{vector.id}", "{vector.op}", "{fmt.name}",\n'
        f"   {_c_rows(params.W1)}, {_c(params.b1)}, {_c_rows(params.W2)}, {_c(params.b2)},\n"
        f"   {len(inputs.X)}, backproof_X_{i}, {f'backproof_T_{i}' if inputs.T else 'NULL'},\n"
        f"   {training}, {len(vector.expected[fmt.name])}, backproof_expected_{i}}}"
    )
