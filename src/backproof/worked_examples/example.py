"""Read a worked example from its file: inputs, declared conventions and published numbers.

The file is TOML, for typing and annotating by hand. Every number is read exactly as written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, cast, get_args

from backproof.errors import ExampleError
from backproof.network.exercises import (
    BIASES_PER_UNIT,
    Loss,
    NumberId,
    by_quantity,
    publishable_numbers,
    read_loss,
)
from backproof.text.english import count_noun, suggest
from backproof.text.json_reading import read_json
from backproof.text.reading import read_toml, sort_files
from backproof.text.unprintable import UNPRINTABLE
from backproof.worked_examples.conventions import Biases, Conventions, Updates
from backproof.worked_examples.digits import PublishedDigits
from backproof.worked_examples.shapes import (
    MAX_DIGITS,
    MAX_ROWS,
    SHAPES,
    has_one_output,
    is_number,
    is_row,
    is_size,
    rows,
)
from backproof.worked_examples.vector_forms import as_worked_example

TEMPLATE = Path(__file__).with_name("template.toml")

MAX_BYTES = 2**18
MAX_UPDATES = 20_000
MAX_ROW_PASSES = 40_000  # updates × rows in an update; takes seconds
MAX_LINES = 300
MAX_TEXT = 4000  # characters
PROBLEMS_SHOWN = 10

KEYS = ("title", "source", "note", "inputs", "conventions", "printed", "after")
INPUT_KEYS = ("W1", "b1", "W2", "b2", "X", "T", "learning_rate", "batch_size")
REQUIRED = {
    "W1": "[[w1, w2], [w3, w4]]: a row for each hidden unit",
    "b1": "the hidden layer's bias, or two of them: one for each unit; 0 if there is none",
    "W2": "[[w5, w6], [w7, w8]]: a row for each output",
    "b2": "the output layer's bias, or two of them; 0 if there is none",
    "X": "a row of two inputs, or a list of such rows",
}
A_NUMBER = (
    f"a decimal number of at most {MAX_DIGITS} characters, with at most two digits of exponent, "
    "such as 0.5932 or -2.5e-7"
)
OTHER_SHAPES = (
    "the network is 2-2-2, or 2-2-1 if W2 has one row. A smaller one fits with 0 for each weight "
    "and input that it lacks; a larger one cannot be checked"
)
INPUT_FORMS = {
    "W1": f"{REQUIRED['W1']}; {OTHER_SHAPES}",
    "b1": f"{A_NUMBER}, or two of them: one for each unit",
    "W2": f"{REQUIRED['W2']}; {OTHER_SHAPES}",
    "b2": f"{A_NUMBER}, or two of them: one for each unit",
    "X": f"a row of two numbers, or a list of 1 to {MAX_ROWS} such rows",
    "T": f"a row of a number for each output (each row of W2), or a list of 1 to {MAX_ROWS} such "
    "rows",
    "learning_rate": A_NUMBER,
    "batch_size": f"a whole number from 1 to {MAX_ROWS}",
}
CONVENTION_CHOICES = {
    "biases": get_args(Biases),
    "updates": get_args(Updates),
    "loss": get_args(Loss),
}
CONVENTION_REMARKS = {
    "loss": ": ½ Σ (T − Out y)², Σ (T − Out y)², or the mean of (T − Out y)² over the outputs; or "
    "their usual names, such as 'sum of squares' or 'mean squared error'"
}
OTHER_MODELS = {
    "activation": "only the sigmoid is known. With another activation, the numbers before the "
    "first activation (h1, h2) can be checked; leave the others out",
    "momentum": "only plain gradient descent is known. Momentum changes nothing before the second "
    "update, so all numbers before it can be checked without it",
}


@dataclass(frozen=True)
class Line:
    """A published number."""

    name: str  # in the file
    place: NumberId
    digits: PublishedDigits


@dataclass(frozen=True)
class ExampleInputs:
    """The inputs, exact. Shapes as in `backproof.Params`, except for a bias for each unit."""

    W1: list[list[Fraction]]
    b1: list[Fraction]
    W2: list[list[Fraction]]
    b2: list[Fraction]
    X: list[list[Fraction]]
    T: list[list[Fraction]]  # empty if there are no targets
    learning_rate: Fraction | None
    batch_size: int


@dataclass(frozen=True)
class Example:
    """A worked example."""

    path: Path
    title: str
    source: str
    note: str
    inputs: ExampleInputs
    conventions: Conventions
    lines: tuple[Line, ...]  # in the order of the source


def expand_paths(path: Path) -> list[Path]:
    """Return the path itself, or every worked example in it if it is a folder.

    Raises `ExampleError` if a folder holds none, or one with a line break in its name.
    """
    if not path.is_dir():
        return [path]
    found = list(path.glob("*.toml"))
    if not found:
        raise ExampleError(f"{path}: this folder has no worked examples (*.toml)")
    return sort_files(found, ExampleError)


def load_example(path: Path) -> Example:
    """Read the file of a worked example: JSON if its name ends so, otherwise TOML.

    A vector file is read, too, if it holds one example. Raises `ExampleError`, which names the file
    and the location in it, if the file cannot be read, is incomplete or has invalid contents.
    """
    try:
        data = as_worked_example(_read(path), path)
    except RecursionError as error:
        raise ExampleError(f"{path}: is nested too deeply") from error
    problems = list(islice(_problems(data), PROBLEMS_SHOWN))
    if not problems:
        given, conventions = _given(data["inputs"]), _conventions(data)
        lines, problems = _lines(data, given, conventions)
    if problems:
        listed = problems[0] if len(problems) == 1 else "\n  ".join(["", *problems])
        raise ExampleError(f"{path}: {listed}")
    return Example(
        path=path,
        title=data.get("title", path.stem),
        source=data.get("source", ""),
        note=data.get("note", ""),
        inputs=given,
        conventions=conventions,
        lines=tuple(lines),
    )


def _read(path: Path) -> Mapping[str, Any]:
    if path.suffix == ".json":
        return read_json(path, MAX_BYTES, ExampleError)
    return read_toml(path, MAX_BYTES, ExampleError, parse_float=str)


def _problems(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of everything but the published numbers."""
    yield from _unknown("", data, KEYS)
    for key in ("title", "source", "note"):
        if key in data and (problem := _about_text(data[key])):
            yield f"{key} {problem}"
    for key in ("inputs", "conventions", "printed", "after"):
        if not isinstance(data.get(key, {}), dict):
            yield f"{key} must be a table: a line [{key}], and its keys below it"
            return
    if "inputs" not in data:
        yield "lacks the table [inputs]"
        return
    yield from _about_inputs(data["inputs"])
    yield from _about_tables(data)
    yield from _about_conventions(data.get("conventions", {}), data["inputs"])


def _about_conventions(declared: Mapping[str, Any], inputs: Mapping[str, Any]) -> Iterator[str]:
    for key in OTHER_MODELS.keys() & declared.keys():
        yield f"conventions: {key} cannot be declared: {OTHER_MODELS[key]}"
    known_keys = [key for key in declared if key not in OTHER_MODELS]
    yield from _unknown("conventions: ", dict.fromkeys(known_keys), tuple(CONVENTION_CHOICES))
    for key, known in CONVENTION_CHOICES.items():
        value = declared.get(key, known[0])
        if (read_loss(value) if key == "loss" else value) not in known:
            choices = ", ".join(map(repr, known))
            yield f"conventions: {key} must be one of {choices}{CONVENTION_REMARKS.get(key, '')}"
    if has_one_output(inputs) and declared.get("biases") == "shared":
        yield (
            "conventions: biases cannot be 'shared' for a network with one output; declare "
            "'per-unit' if each unit has its own"
        )


def _about_text(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        return f"must be a string of 1 to {MAX_TEXT:,} characters"
    if found := UNPRINTABLE.search(value.replace("\n", " ")):
        return f"has the unprintable character {found[0]!r}"
    return None


def _about_inputs(inputs: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown("inputs: ", inputs, INPUT_KEYS)
    for key, meaning in REQUIRED.items():
        if key not in inputs:
            yield f"inputs: lacks {key}, {meaning}"
    misshapen = [key for key, fits in SHAPES.items() if key in inputs and not fits(inputs[key])]
    for key in misshapen:
        yield f"inputs: {key} must be {INPUT_FORMS[key]}"
    if not misshapen:
        yield from _about_outputs(inputs)
        yield from _about_training(inputs)


def _about_outputs(inputs: Mapping[str, Any]) -> Iterator[str]:
    if "W2" not in inputs:
        return
    outputs = len(rows(inputs["W2"]))
    if "T" in inputs and any(len(row) != outputs for row in rows(inputs["T"])):
        yield f"inputs: T must be {INPUT_FORMS['T']}; W2 has {count_noun(outputs, 'row')}"
    if outputs == 1 and is_row(inputs.get("b2")):
        yield "inputs: b2 must be one number, since W2 has 1 row"


def _about_training(inputs: Mapping[str, Any]) -> Iterator[str]:
    if "T" in inputs and "X" in inputs and len(rows(inputs["T"])) != len(rows(inputs["X"])):
        yield "inputs: X and T have different numbers of rows"
    if "learning_rate" in inputs and "T" not in inputs:
        yield "inputs: has learning_rate, but lacks T"


def _about_tables(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of the tables of published numbers, apart from their contents."""
    for after, table in data.get("after", {}).items():
        if not re.fullmatch("[1-9][0-9]{0,5}", after) or int(after) > MAX_UPDATES:
            yield (
                f"after: {after[:40]!r} must be a number of updates from 1 to {MAX_UPDATES:,}, "
                "as in [after.1]"
            )
        elif (passes := int(after) * _batch_size(data["inputs"])) > MAX_ROW_PASSES:
            yield (
                f"after.{after}: {int(after):,} updates with batch_size rows each pass {passes:,} "
                f"rows through the network; at most {MAX_ROW_PASSES:,} are allowed"
            )
        elif "learning_rate" not in data["inputs"]:
            yield f"after.{after}: updates need a learning_rate in [inputs]"
        elif not isinstance(table, dict):
            yield f"after.{after} must be a table: a line [after.{after}], and its numbers below it"


def _lines(
    data: Mapping[str, Any], given: ExampleInputs, conventions: Conventions
) -> tuple[list[Line], list[str]]:
    """Return the published numbers, and their problems."""
    lines: list[Line] = []
    problems: list[str] = []
    tables = {"printed": (0, data.get("printed", {}))}
    tables |= {f"after.{n}": (int(n), table) for n, table in data.get("after", {}).items()}
    for where, (updates, table) in sorted(tables.items(), key=lambda named: named[1][0]):
        known = publishable_numbers(
            updates,
            len(given.X),
            targets=bool(given.T),
            steps=given.learning_rate is not None,
            biases_per_unit=conventions.biases_per_unit,
            one_output=conventions.one_output,
        )
        known = by_quantity(known, updates) | known
        for name, written in table.items():
            for digits in written if isinstance(written, list) and written else [written]:
                if name not in known:
                    problems.append(f"{where}: {_unknown_number_problem(name, known, conventions)}")
                elif not is_number(digits):
                    problems.append(f"{where}: {name} must be {A_NUMBER}")
                else:
                    lines.append(Line(name, known[name], PublishedDigits(_normalize_minus(digits))))
    if len(lines) > MAX_LINES:
        problems.append(f"has {len(lines):,} published numbers; at most {MAX_LINES} are allowed")
    if not lines and not problems:
        problems.append("has no published numbers: add some below [printed] or [after.1]")
    return lines, problems[:PROBLEMS_SHOWN]


def _batch_size(inputs: Mapping[str, Any]) -> int:
    """Return how many rows each update takes; 1 if what is given is invalid."""
    size, X = inputs.get("batch_size", 1), inputs.get("X", [])
    return min(size, len(rows(X))) if is_size(size) and SHAPES["X"](X) else 1


def _unknown_number_problem(
    name: str, known: Mapping[str, NumberId], conventions: Conventions
) -> str:
    of_a_unit = name.removeprefix("new_").removeprefix("dE_d") in BIASES_PER_UNIT
    if of_a_unit and not conventions.biases_per_unit:
        return (
            f"{name} belongs to the bias of a single unit: declare biases = 'per-unit' below "
            "[conventions]"
        )
    nearest = get_close_matches(name, known, n=3)
    nearest = [meant for meant in (f"{name}_row1", f"new_{name}") if meant in known] or nearest
    hint = f"did you mean {' or '.join(nearest)}?" if nearest else f"there are {', '.join(known)}"
    return f"there is no number {name[:60]!r} here; {hint}"


def _unknown(where: str, table: Mapping[str, Any], known: Sequence[str]) -> Iterator[str]:
    for key in table:
        if key not in known:
            yield f"{where}has the unknown key {key[:60]!r}: {suggest(key, known)}"


def _normalize_minus(written: str | int) -> str:
    return str(written).replace("−", "-")


def _given(inputs: Mapping[str, Any]) -> ExampleInputs:
    def number(written: str | int) -> Fraction:
        return Fraction(_normalize_minus(written))

    def matrix(value: Any) -> list[list[Fraction]]:
        return [[number(x) for x in row] for row in rows(value)]

    def biases(value: Any) -> list[Fraction]:
        return [number(b) for b in (value if isinstance(value, list) else [value, value])]

    rate = inputs.get("learning_rate")
    W2, b2 = matrix(inputs["W2"]), biases(inputs["b2"])
    T = matrix(inputs["T"]) if "T" in inputs else []
    if len(W2) == 1:  # the second output is σ(0) = ½ and has no error, so it never moves
        W2, b2 = [*W2, [Fraction(0), Fraction(0)]], [b2[0], Fraction(0)]
        T = [[*row, Fraction(1, 2)] for row in T]
    return ExampleInputs(
        W1=matrix(inputs["W1"]),
        b1=biases(inputs["b1"]),
        W2=W2,
        b2=b2,
        X=matrix(inputs["X"]),
        T=T,
        learning_rate=None if rate is None else number(rate),
        batch_size=inputs.get("batch_size", 1),
    )


def _conventions(data: Mapping[str, Any]) -> Conventions:
    declared = data.get("conventions", {})
    given = _given(data["inputs"])
    one_output = has_one_output(data["inputs"])
    loss = read_loss(declared.get("loss", "half-sum")) or "half-sum"
    return Conventions(
        biases=cast("Biases", declared.get("biases", "fixed")),
        updates=cast("Updates", declared.get("updates", "simultaneous")),
        loss="sum" if one_output and loss == "mean" else loss,  # the mean over one output
        one_output=one_output,
        biases_differ=any(first != second for first, second in (given.b1, given.b2)),
    )
