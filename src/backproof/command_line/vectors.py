"""The commands that look at vectors: `backproof vectors list`, `show` and so on."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from backproof.command_line.exit_code import ExitCode
from backproof.errors import BackproofError, VectorFileError
from backproof.judging.deviations import measure
from backproof.network.formats import FORMATS
from backproof.network.quantities import in_tutorial
from backproof.ports.replies import arguments
from backproof.ports.wire import written
from backproof.reports.console import LOOK, computing, console
from backproof.text.resources import resource
from backproof.text.writing import check_writable, write
from backproof.truth.certified import Expected
from backproof.vectors.documents import Document, open_document, require_own_ids, vector_files
from backproof.vectors.entries import Entry
from backproof.vectors.export import c_header, exported, tsv
from backproof.vectors.vectors import (
    SLOW,
    Vector,
    VectorFile,
    built_in_files,
    load_vectors,
    no_such_vector,
)
from backproof.vectors.verification import deviations, held_numbers
from backproof.vectors.versions import Change, changes

FORMS = {"tsv": tsv, "c": c_header}

PATH = click.Path(exists=True, path_type=Path)
paths_option = click.option(
    "--vectors",
    "paths",
    multiple=True,
    type=PATH,
    help="Vector file or folder, instead of the built-in ones.",
)
slow_option = click.option("--slow", is_flag=True, help="Take the vectors that take minutes, too.")


@click.group("vectors")
def vectors_command() -> None:
    """List, show, check, export and compare test vectors."""


@vectors_command.command("list")
@paths_option
def list_command(paths: tuple[Path, ...]) -> None:
    """List the vectors."""
    table = _table("", "id", "op", "dtypes", "flags", "description")
    for file in _files(paths):
        for vector in file.vectors:
            dtypes = "all" if len(vector.expected) == len(FORMATS) else ", ".join(vector.expected)
            flags = ", ".join(vector.flags)
            table.add_row(vector.id, vector.op, dtypes, flags, vector.description)
    console().print(table)


@vectors_command.command("show")
@click.argument("name", metavar="ID")
@paths_option
@click.option("--request", is_flag=True, help="Only write the line that a port is asked.")
@click.option(
    "--dtype",
    default="float64",
    show_default=True,
    type=click.Choice(list(FORMATS)),
    help="Of the request.",
)
def show_command(name: str, paths: tuple[Path, ...], dtype: str, *, request: bool) -> None:
    """Show one vector.

    Its inputs, what is printed beside the truth, and for each dtype the truth and its bounds.
    With --request, the line of JSON that `backproof check` sends for it, to put to a port by hand.
    """
    known = {v.id: (file, v) for file in _files(paths) for v in file.vectors}
    if name not in known:
        raise no_such_vector(name, known)
    file, vector = known[name]
    if request:
        given = arguments(vector.op, vector.inputs.rounded(FORMATS[dtype]))
        click.echo(written({"id": 1, **given.request(vector.op, dtype)}), nl=False)
        return
    out = console()
    _show_about(out, file, vector)
    entries = open_document(file.path, trusted=True).entries
    out.print(_inputs_table(next(entry for entry in entries if entry["id"] == name)))
    if vector.printed:
        out.print(_printed_table(vector))
    out.print(_expected_table(vector))
    for unjudged, reason in vector.unjudged.items():
        out.print(f"Not judged in {unjudged}: {reason}", style="yellow")


@vectors_command.command("validate")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...", type=PATH)
@click.pass_context
def validate_command(context: click.Context, paths: tuple[Path, ...]) -> None:
    """Check the form of vector files.

    Computes nothing. Lists all that is wrong, and ends with exit status 2 if anything is.
    """
    status = ExitCode.OK
    for path in _found(paths):
        try:
            document = open_document(path)
        except VectorFileError as error:
            click.echo(str(error))
            status = ExitCode.USAGE_ERROR
            continue
        problems = [*document.problems, *([document.altered] if document.altered else [])]
        for problem in problems:
            click.echo(f"{path}: {problem}")
            status = ExitCode.USAGE_ERROR
        if not problems:
            click.echo(f"{path}: valid, {len(document.entries)} vectors")
    context.exit(status)


@vectors_command.command("verify")
@click.argument("paths", nargs=-1, metavar="[FILE]...", type=PATH)
@slow_option
@click.pass_context
def verify_command(context: click.Context, paths: tuple[Path, ...], *, slow: bool) -> None:
    """Compute every truth and bound anew.

    Takes the built-in files if none is named. Says what differs from a file, and ends with exit
    status 1 if anything does.
    """
    status = ExitCode.OK
    for document in _valid(paths or (resource("fixtures"),)):
        if document.altered:
            click.echo(f"{document.path}: {document.altered}")
            status = ExitCode.FAILED
        numbers = 0  # that the file holds
        said = []
        for entry in computing(document.entries):
            vector = f"{document.path}: vector {entry['id']!r}"
            if SLOW in entry.get("flags", []) and not slow:
                said.append(f"{vector}: left out; --slow takes it")
                continue
            numbers += held_numbers(entry)
            found = [f"{vector}: {deviation}" for deviation in deviations(entry)]
            said += found
            status = ExitCode.FAILED if found else status
        held = any(map(held_numbers, document.entries))
        said.append(
            f"{document.path}: {numbers:,} numbers compared"
            if held
            else f"{document.path}: holds nothing to compare: neither `expected` nor the `value` "
            "of a printed number. `backproof check --vectors` computes both"
        )
        click.echo("\n".join(said))
    context.exit(status)


@vectors_command.command("export")
@click.argument("paths", nargs=-1, metavar="[FILE]...", type=PATH)
@click.option("--format", "form", required=True, type=click.Choice(list(FORMS)), help="Of what.")
@click.option(
    "--dtype", "dtypes", multiple=True, type=click.Choice(list(FORMATS)), help="Only this one."
)
@slow_option
@click.option(
    "-o",
    "--output",
    default="-",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write there, instead of to standard output.",
)
def export_command(
    paths: tuple[Path, ...], form: str, dtypes: tuple[str, ...], output: Path, *, slow: bool
) -> None:
    """Write vectors for ports that read no JSON.

    tsv is a table with a row for each number, c a header of constant tables; both explain
    themselves. Takes the built-in files if none is named.
    """
    check_writable(output)
    files = [file if slow else file.without(SLOW) for file in _files(paths)]
    vectors = exported(files, dtypes or tuple(FORMATS))
    if not vectors:
        raise BackproofError("there is no vector to export")
    write(output, FORMS[form](files, vectors))


@vectors_command.command("diff")
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
@click.pass_context
def diff_command(context: click.Context, old: Path, new: Path) -> None:
    """Compare two versions of vectors, value by value.

    OLD and NEW are files or folders. Ends with exit status 1 if anything differs.
    """
    out = console()
    found = list(changes(_apart(_valid([old])), _apart(_valid([new]))))
    for subject, group in groupby(found, key=lambda change: change.subject):
        for line in _described(subject, list(group)):
            out.print(line, soft_wrap=True)
    if found:
        level = max(change.level for change in found)
        differences = f"{len(found)} differences" if len(found) > 1 else "1 difference"
        out.print(f"{differences}: by the policy, a {level.name.lower()} version")
    else:
        out.print("No difference.")
    context.exit(ExitCode.FAILED if found else ExitCode.OK)


def _files(paths: Sequence[Path]) -> list[VectorFile]:
    return load_vectors(list(paths), watch=computing) if paths else built_in_files()


def _found(paths: Sequence[Path]) -> list[Path]:
    return [file for path in paths for file in vector_files(path)]


def _valid(paths: Sequence[Path]) -> list[Document]:
    documents = [open_document(file) for file in _found(paths)]
    for document in documents:
        if document.problems:
            raise VectorFileError(f"{document.path}: {document.problems[0]}")
    return documents


def _apart(documents: Sequence[Document]) -> Sequence[Document]:
    """Return the documents, if every vector has an id of its own."""
    require_own_ids(
        (document.path, entry["id"]) for document in documents for entry in document.entries
    )
    return documents


def _described(subject: str, found: Sequence[Change]) -> list[str]:
    if not found[0].place:
        return [f"{'+' if found[0].old is None else '-'} {subject}"]
    lines = [f"~ {subject}"]
    for change in found:
        if change.old is None:
            lines.append(f"    {change.place}: new: {change.new}")
        elif change.new is None:
            lines.append(f"    {change.place}: gone: {change.old}")
        else:
            lines.append(f"    {change.place}: {change.old} → {change.new}")
    return lines


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
    """Show the inputs as they are written, a matrix row by row."""
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
    table = _table("Printed", "quantity", "printed", "true value", "", "equation", "where")
    for number in vector.printed:
        verdict = "right" if number.right else "wrong"
        true_value = f"{number.value:.20g}"
        table.add_row(
            number.quantity, number.digits, true_value, verdict, number.equation, number.where
        )
    return table


def _expected_table(vector: Vector) -> Table:
    unit = "u·max(|w|, 1)" if vector.op == "train" else "ulps"
    table = _table("Expected", "quantity", "", "dtype", "true value", "bound", f"in {unit}")
    for dtype, answer in vector.expected.items():
        for quantity, number in answer.items():
            letters = in_tutorial(quantity, vector.op)
            bound = (str(number.bound), _in_units(vector, dtype, number))
            table.add_row(quantity, letters, dtype, f"{number.value:.20g}", *bound)
    return table


def _in_units(vector: Vector, dtype: str, number: Expected) -> str:
    """Write a bound in the units in which `backproof check` shows errors."""
    if not (number.value.is_finite() and number.bound.is_finite()):
        return ""
    size, _ = measure(vector.op, FORMATS[dtype], Fraction(number.value))
    return f"{float(Fraction(number.bound) / size):.3g}"


def _table(title: str, *headings: str) -> Table:
    table = Table(title=f"\n{title}" if title else None, title_justify="left", **LOOK)
    for i, heading in enumerate(headings):
        table.add_column(heading, overflow="fold", no_wrap=i == 0)
    return table
