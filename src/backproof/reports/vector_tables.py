"""What `backproof vectors` prints: the list, one test vector, and changes between versions."""

from collections.abc import Sequence
from fractions import Fraction

from rich.console import Console
from rich.table import Table

from backproof.judging.deviations import error_unit
from backproof.network.float_formats import FORMATS
from backproof.network.quantities import tutorial_name
from backproof.reports.console import TABLE_STYLE
from backproof.truth.certified import Expected
from backproof.vectors.entries import Entry
from backproof.vectors.vectors import Vector, VectorFile
from backproof.vectors.versions import Change


def list_table(files: Sequence[VectorFile]) -> Table:
    """Return a row for each test vector."""
    table = _table("", "id", "op", "dtypes", "flags", "description")
    for file in files:
        for vector in file.vectors:
            dtypes = "all" if len(vector.expected) == len(FORMATS) else ", ".join(vector.expected)
            flags = ", ".join(vector.flags)
            table.add_row(vector.id, vector.op, dtypes, flags, vector.description)
    return table


def describe_changes(subject: str, changes: Sequence[Change]) -> list[str]:
    """Describe the changes of one test vector, or of the texts of a file."""
    if not changes[0].json_path:
        return [f"{'+' if changes[0].old is None else '-'} {subject}"]
    lines = [f"~ {subject}"]
    for change in changes:
        if change.old is None:
            lines.append(f"    {change.json_path}: new: {change.new}")
        elif change.new is None:
            lines.append(f"    {change.json_path}: gone: {change.old}")
        else:
            lines.append(f"    {change.json_path}: {change.old} → {change.new}")
    return lines


def print_vector(out: Console, file: VectorFile, vector: Vector, entry: Entry) -> None:
    """Print a test vector: description, inputs, published numbers and expected values."""
    _show_about(out, file, vector)
    out.print(_inputs_table(entry))
    if vector.published:
        out.print(_printed_table(vector))
    out.print(_expected_table(vector))
    for unjudged, reason in vector.skip_reasons.items():
        out.print(f"Not evaluated in {unjudged}: {reason}", style="yellow")


def _show_about(out: Console, file: VectorFile, vector: Vector) -> None:
    version = f", version {file.version}" if file.version else ""
    lines = [
        vector.id,
        vector.description,
        f"op {vector.op}",
        *(f"{flag}: {file.notes[flag]}" for flag in vector.flags),
        f"from {file.path}{version}, sha256 {file.sha256[:12]}",
        file.source,
    ]
    for line in filter(None, lines):
        out.print(line, soft_wrap=True, style="bold" if line == vector.id else "")


def _inputs_table(entry: Entry) -> Table:
    """Return the inputs as written in the file, with a line for each row of a matrix."""
    table = _table("Inputs", "", "as written")
    inputs = {**entry["inputs"]["params"], **entry["inputs"]}
    del inputs["params"]
    for name, value in inputs.items():
        if isinstance(value, list):
            for i, row in enumerate(value):
                table.add_row(f"{name}[{i}]", "  ".join(map(str, row)))
        else:
            table.add_row(name, str(value))
    return table


def _printed_table(vector: Vector) -> Table:
    table = _table("Published", "quantity", "published", "reference value", "", "equation", "where")
    for number in vector.published:
        verdict = "right" if number.is_correct else "wrong"
        true_value = f"{number.value:.20g}"
        table.add_row(
            number.quantity, number.digits, true_value, verdict, number.equation, number.where
        )
    return table


def _expected_table(vector: Vector) -> Table:
    unit = "u·max(|w|, 1)" if vector.op == "train" else "ulps"
    table = _table(
        "Expected", "quantity", "", "dtype", "reference value", "error bound", f"in {unit}"
    )
    for dtype, answer in vector.expected.items():
        for quantity, number in answer.items():
            letters = tutorial_name(quantity, vector.op)
            bound = (str(number.bound), _in_units(vector, dtype, number))
            table.add_row(quantity, letters, dtype, f"{number.value:.20g}", *bound)
    return table


def _in_units(vector: Vector, dtype: str, number: Expected) -> str:
    """Format a bound in the unit that `backproof check` uses for errors."""
    if not (number.value.is_finite() and number.bound.is_finite()):
        return ""
    size, _ = error_unit(vector.op, FORMATS[dtype], Fraction(number.value))
    return f"{float(Fraction(number.bound) / size):.3g}"


def _table(title: str, *headings: str) -> Table:
    table = Table(title=f"\n{title}" if title else None, title_justify="left", **TABLE_STYLE)
    for i, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", no_wrap=i == 0)
    return table
