"""`backproof vectors`: list, show, validate, verify, export and compare test vectors."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click

from backproof.command_line.exit_code import ExitCode
from backproof.command_line.options import (
    EXISTING_PATH,
    dtypes_option,
    output_option,
    slow_option,
    vectors_option,
)
from backproof.errors import BackproofError, VectorFileError
from backproof.network.formats import FORMATS
from backproof.ports.replies import arguments
from backproof.ports.wire import written
from backproof.reports.console import computing, console
from backproof.reports.vector_tables import change_lines, list_table, show_vector
from backproof.text.resources import resource
from backproof.text.writing import check_writable, write
from backproof.vectors.documents import (
    found_files,
    open_document,
    valid_documents,
    with_own_ids,
)
from backproof.vectors.export import c_header, exported, tsv
from backproof.vectors.vectors import (
    SLOW,
    VectorFile,
    built_in_files,
    load_vectors,
    no_such_vector,
)
from backproof.vectors.verification import deviations, held_numbers
from backproof.vectors.versions import changes

FORMS = {"tsv": tsv, "c": c_header}


@click.group("vectors")
def vectors_command() -> None:
    """List, show, check, export and compare test vectors."""


@vectors_command.command("list")
@vectors_option
def list_command(paths: tuple[Path, ...]) -> None:
    """List the vectors."""
    console().print(list_table(_files(paths)))


@vectors_command.command("show")
@click.argument("name", metavar="ID")
@vectors_option
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
    entries = open_document(file.path, trusted=True).entries
    show_vector(out, file, vector, next(entry for entry in entries if entry["id"] == name))


@vectors_command.command("validate")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...", type=EXISTING_PATH)
@click.pass_context
def validate_command(context: click.Context, paths: tuple[Path, ...]) -> None:
    """Check the form of vector files.

    Computes nothing. Lists all that is wrong, and ends with exit status 2 if anything is.
    """
    status = ExitCode.OK
    for path in found_files(paths):
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
@click.argument("paths", nargs=-1, metavar="[FILE]...", type=EXISTING_PATH)
@slow_option
@click.pass_context
def verify_command(context: click.Context, paths: tuple[Path, ...], *, slow: bool) -> None:
    """Compute every truth and bound anew.

    Takes the built-in files if none is named. Says what differs from a file, and ends with exit
    status 1 if anything does.
    """
    status = ExitCode.OK
    for document in valid_documents(paths or (resource("fixtures"),)):
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
@click.argument("paths", nargs=-1, metavar="[FILE]...", type=EXISTING_PATH)
@click.option("--format", "form", required=True, type=click.Choice(list(FORMS)), help="Of what.")
@dtypes_option("Export only this dtype. May be repeated.")
@slow_option
@output_option("Write there, instead of to standard output.")
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
@click.argument("old", type=EXISTING_PATH)
@click.argument("new", type=EXISTING_PATH)
@click.pass_context
def diff_command(context: click.Context, old: Path, new: Path) -> None:
    """Compare two versions of vectors, value by value.

    OLD and NEW are files or folders. Ends with exit status 1 if anything differs.
    """
    out = console()
    found = list(
        changes(with_own_ids(valid_documents([old])), with_own_ids(valid_documents([new])))
    )
    for subject, group in groupby(found, key=lambda change: change.subject):
        for line in change_lines(subject, list(group)):
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
