"""Exports: what stands in them is what backproof puts in and expects, read back by other means."""

import math
import shutil
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from bit_patterns import decode, encode, step
from conftest import Command, Finished
from vector_files import entry, with_op, written

from backproof.judging.deviations import measure_deviations
from backproof.network.float_formats import FORMATS
from backproof.network.quantities import flatten, flatten_fields
from backproof.truth.certified import Expected
from backproof.vectors.vectors import Vector, load_file

Place = tuple[str, str, str, str]  # vector, dtype, role, quantity
Row = tuple[str, str, str]  # value, low, high; as text, in which NaN equals NaN

COMPILER = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror")

# It writes the header out in the form of the other export, and tries each verdict.
PROGRAM = """\
#include <stdio.h>
#include <string.h>
#include "vectors.h"

static const backproof_vector *v;

static void row(const char *role, const char *quantity, double value, double low, double high) {
  printf("%s\\t%s\\t%s\\t%s\\t%s\\t%a\\t%a\\t%a\\n", v->id, v->op, v->dtype, role, quantity, value,
         low, high);
}

static void input(const char *quantity, double x) { row("input", quantity, x, x, x); }

static void matrix(const char *name, int rows, const double (*x)[2]) {
  char quantity[40];
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < 2; j++) {
      sprintf(quantity, "%s[%d][%d]", name, i, j);
      input(quantity, x[i][j]);
    }
}

static int sound(const backproof_number *n) {
  if (isnan(n->value)) return backproof_conforms(n, NAN) && !backproof_conforms(n, 0);
  if (backproof_conforms(n, NAN)) return 0;
  if (!backproof_conforms(n, n->low) || !backproof_conforms(n, n->high)) return 0;
  if (n->low > -INFINITY && backproof_conforms(n, nextafter(n->low, -INFINITY))) return 0;
  return !(n->high < INFINITY && backproof_conforms(n, nextafter(n->high, INFINITY)));
}

int main(void) {
  int status = 0;
  printf("vector\\top\\tdtype\\trole\\tquantity\\tvalue\\tlow\\thigh\\n");
  for (v = backproof_vectors; v < backproof_vectors + backproof_count; v++) {
    matrix("W1", 2, v->W1);
    input("b1", v->b1);
    matrix("W2", 2, v->W2);
    input("b2", v->b2);
    matrix("X", v->rows, v->X);
    if (v->T) matrix("T", v->rows, v->T);
    if (!strcmp(v->op, "train")) {
      input("learning_rate", v->learning_rate);
      input("epochs", v->epochs);
      input("batch_size", v->batch_size);
      input("train_biases", v->train_biases);
    }
    for (const backproof_number *n = v->expected; n < v->expected + v->numbers; n++) {
      row("expected", n->quantity, n->value, n->low, n->high);
      if (!sound(n)) status = 1;
    }
  }
  return status;
}
"""


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All four ops, two rows, NaN, an infinity, an overflow, and gradients far below 1."""
    vectors = [
        entry(
            id="two-rows",
            inputs__X=[["0.1", "-0.2"], ["3", "0"]],
            inputs__T=[["0", "1"], ["0.5", "2"]],
            inputs__batch_size=2,
            inputs__train_biases=True,
        ),
        with_op("forward", id="nan", inputs__X=[["NaN", "1"]]),
        with_op("gradients", id="infinite", inputs__params__W1=[["Infinity", "1"], ["1", "1"]]),
        with_op("forward", id="large", inputs__params__b2="70000"),
        with_op("gradients", id="saturated", inputs__params__b2="-30"),
        # In float16, h2 is 65,472.0007 within 64, and the greatest number is 65,504.
        with_op("forward", id="near-the-end", inputs__params__b1="65472", inputs__X=[["1e-3"] * 2]),
        # In bfloat16 only single epochs have bounds.
        with_op("train", id="long", inputs__epochs=20, inputs__learning_rate="4", anchors=[0, 19]),
    ]
    folder = tmp_path_factory.mktemp("vectors")
    return written(folder, {"title": "*/ Varied \\", "vectors": vectors}, "varied.json")


def rows_of(table: str) -> dict[Place, Row]:
    """Read a table of tab-separated values as any program would."""
    heading, *lines = [line for line in table.splitlines() if not line.startswith("#")]
    columns = heading.split("\t")
    rows = [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]
    read = {
        (row["vector"], row["dtype"], row["role"], row["quantity"]): (
            repr(float.fromhex(row["value"])),
            repr(float.fromhex(row["low"])),
            repr(float.fromhex(row["high"])),
        )
        for row in rows
    }
    assert len(read) == len(rows)
    return read


def rows_of_vectors(path: Path) -> Iterator[tuple[Place, Row]]:
    """Yield every row that an export of a file must have, its numbers found by their bits."""
    for vector, dtype in judged_to_the_end(path):
        inputs = vector.inputs
        numbers = flatten_fields(inputs.params) | dict(flatten("X", inputs.X))
        numbers |= dict(flatten("T", inputs.T))
        whole: dict[str, float] = {}
        if inputs.schedule:
            whole = {**vars(inputs.schedule)}
            numbers["learning_rate"] = whole.pop("learning_rate")
        rounded = {q: decode(dtype, encode(dtype, float(x))) for q, x in numbers.items()}
        for quantity, x in (rounded | whole).items():
            text = repr(float(x))
            yield (vector.id, dtype, "input", quantity), (text, text, text)
        for quantity, number in vector.expected[dtype].items():
            low, high = conforming(number, dtype)
            row = (repr(float(number.value)), repr(low), repr(high))
            yield (vector.id, dtype, "expected", quantity), row


def judged_to_the_end(path: Path) -> list[tuple[Vector, str]]:
    """Return each vector of a file in each dtype in which every number has a bound."""
    return [
        (vector, dtype)
        for vector in load_file(path).vectors
        for dtype, numbers in vector.expected.items()
        if not any(number.bound.is_infinite() for number in numbers.values())
    ]


def conforming(expected: Expected, dtype: str) -> tuple[float, float]:
    """Return the smallest and the largest number of a dtype within the bound."""
    if not expected.value.is_finite():
        return float(expected.value), float(expected.value)
    value, bound = Fraction(expected.value), Fraction(expected.bound)
    return smallest_from(dtype, value - bound), 0.0 - smallest_from(dtype, -(value + bound))


def smallest_from(dtype: str, limit: Fraction) -> float:
    """Return the smallest finite number of a dtype that is not below a limit."""
    least = -step(dtype, math.inf, -1)
    if limit <= least:
        return least
    near = decode(dtype, encode(dtype, float(limit)))
    return next(x for x in (step(dtype, near, n) for n in (-1, 0, 1)) if x >= limit) + 0.0


def test_a_table_holds_every_number(backproof: Command, varied: Path) -> None:
    done = backproof("vectors", "export", "--format", "tsv", varied)
    assert done.status == 0
    assert rows_of(done.out) == dict(rows_of_vectors(varied))
    assert "# */ Varied \\: sha256 " in done.out


@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler here")
def test_a_c_program_reads_every_number_from_a_header(
    backproof: Command, varied: Path, tmp_path: Path
) -> None:
    """It compiles without a warning, and judges as it should."""
    header, program = tmp_path / "vectors.h", tmp_path / "program"
    done = backproof("vectors", "export", "--format", "c", "-o", header, varied)
    assert done == Finished(0, "", "")
    source = written(tmp_path, PROGRAM, "main.c")
    assert COMPILER is not None
    subprocess.run([COMPILER, *STRICT, source, "-o", program, "-lm"], check=True)
    ran = subprocess.run([program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0
    assert rows_of(ran.stdout) == dict(rows_of_vectors(varied))


def test_what_is_not_judged_is_not_exported(backproof: Command, varied: Path) -> None:
    rows = rows_of(backproof("vectors", "export", "--format", "tsv", varied).out)
    dtypes = {dtype for vector, dtype, *_ in rows if vector == "large"}
    assert dtypes == FORMATS.keys() - {"float16"}
    dtypes = {dtype for vector, dtype, *_ in rows if vector == "long"}
    assert dtypes == FORMATS.keys() - {"bfloat16"}


def test_the_greatest_number_of_a_dtype_is_the_most_that_conforms(
    backproof: Command, varied: Path
) -> None:
    rows = rows_of(backproof("vectors", "export", "--format", "tsv", varied).out)
    *_, high = rows["near-the-end", "float16", "expected", "h[0][1]"]
    assert high == "65504.0"


def test_dtypes_can_be_picked(backproof: Command, varied: Path) -> None:
    rows = rows_of(
        backproof("vectors", "export", "--format", "tsv", "--dtype", "float32", varied).out
    )
    assert {dtype for _, dtype, *_ in rows} == {"float32"}


def test_an_export_of_nothing_is_an_error(backproof: Command, tmp_path: Path) -> None:
    path = written(tmp_path, with_op("forward", inputs__params__b1="70000"))
    done = backproof("vectors", "export", "--format", "c", "--dtype", "float16", path)
    assert done == Finished(2, "", "Error: there are no test vectors to export\n")


@pytest.mark.parametrize("dtype", FORMATS)
def test_an_answer_is_right_exactly_from_low_to_high(varied: Path, dtype: str) -> None:
    """The judge takes these two, and not the next numbers of the dtype beyond them."""
    judged = [(vector, name) for vector, name in judged_to_the_end(varied) if name == dtype]
    assert judged
    for vector, _ in judged:
        finite = {q: n for q, n in vector.expected[dtype].items() if n.value.is_finite()}
        for quantity, number in finite.items():
            low, high = conforming(number, dtype)
            assert verdicts(vector, dtype, quantity, low, high) == [True, True]
            beyond = step(dtype, low, -1), step(dtype, high, 1)
            assert verdicts(vector, dtype, quantity, *beyond) == [False, False]


def verdicts(vector: Vector, dtype: str, quantity: str, *answers: float) -> list[bool]:
    """Say which of these answers to one quantity the judge takes."""
    others = {name: float(number.value) for name, number in vector.expected[dtype].items()}
    judged = (measure_deviations(vector, dtype, others | {quantity: x}) for x in answers)
    return [
        deviation.problem is None
        for deviations in judged
        for deviation in deviations
        if deviation.quantity == quantity
    ]
