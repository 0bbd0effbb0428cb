"""`backproof vectors`: list, show, validate, verify, draw, export and compare test vectors."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click

from backproof.command_line.exit_code import ExitCode
from backproof.command_line.options import (
    EXISTING_PATH,
    dtypes_option,
    output_option,
    seed_option,
    slow_option,
    vectors_option,
)
from backproof.errors import BackproofError, VectorFileError
from backproof.network.float_formats import FORMATS
from backproof.ports.responses import make_arguments
from backproof.ports.wire import encode_line
from backproof.reports.console import make_console, print_line, track_computation
from backproof.reports.vector_tables import describe_changes, list_table, print_vector
from backproof.text.canonical_json import dump_canonical
from backproof.text.english import count_noun
from backproof.text.resources import resource_folder
from backproof.text.writing import STANDARD_OUTPUT, OutputFile
from backproof.vectors.documents import (
    expand_paths,
    open_document,
    open_valid,
    with_unique_ids,
)
from backproof.vectors.drawn import draw_content
from backproof.vectors.export import exportable, format_c_header, format_tsv
from backproof.vectors.names import unknown_vector_error
from backproof.vectors.vectors import (
    SLOW,
    VectorFile,
    built_in_files,
    load_vectors,
)
from backproof.vectors.verification import count_stored_numbers, find_discrepancies
from backproof.vectors.versions import diff_documents

EXPORT_FORMATS = {"tsv": format_tsv, "c": format_c_header}


@click.group("vectors")
def vectors_command() -> None:
    """List, show, check, draw, export and compare test vectors."""


@vectors_command.command("list")
@vectors_option
def list_command(paths: tuple[Path, ...]) -> None:
    """List all test vectors."""
    make_console().print(list_table(_files(paths)))


@vectors_command.command("show")
@click.argument("name", metavar="ID")
@vectors_option
@click.option(
    "--request",
    is_flag=True,
    help="Print only the request that a backend receives, as a line of JSON.",
)
@click.option(
    "--dtype",
    default="float64",
    show_default=True,
    type=click.Choice(list(FORMATS)),
    help="Round the inputs of the --request to this dtype.",
)
def show_command(name: str, paths: tuple[Path, ...], dtype: str, *, request: bool) -> None:
    """Show one test vector.

    Prints its inputs, the published numbers beside their reference values, and the reference values
    and error bounds for each dtype. --request prints the line of JSON that `backproof check` sends,
    for trying a backend by hand.
    """
    known = {v.id: (file, v) for file in _files(paths) for v in file.vectors}
    if name not in known:
        raise unknown_vector_error(name, known)
    file, vector = known[name]
    if request:
        given = make_arguments(vector.op, vector.inputs.rounded(FORMATS[dtype]))
        request_line = encode_line({"id": 1, **given.request(vector.op, dtype)})
        OutputFile(STANDARD_OUTPUT).write(request_line.decode())
        return
    out = make_console()
    entries = open_document(file.path, trusted=True).entries
    print_vector(out, file, vector, next(entry for entry in entries if entry["id"] == name))


@vectors_command.command("validate")
@click.argument("paths", nargs=-1, required=True, metavar="FILE...", type=EXISTING_PATH)
@click.pass_context
def validate_command(context: click.Context, paths: tuple[Path, ...]) -> None:
    """Validate the format of vector files.

    Computes nothing. Lists every problem; the exit status is 2 if there are any.
    """
    status = ExitCode.OK
    for path in expand_paths(paths):
        try:
            document = open_document(path)
        except VectorFileError as error:
            print_line(str(error))
            status = ExitCode.USAGE_ERROR
            continue
        problems = [*document.problems, *([document.hash_problem] if document.hash_problem else [])]
        for problem in problems:
            print_line(f"{path}: {problem}")
            status = ExitCode.USAGE_ERROR
        if not problems:
            print_line(f"{path}: valid, {count_noun(len(document.entries), 'test vector')}")
    context.exit(status)


@vectors_command.command("verify")
@click.argument("paths", nargs=-1, metavar="[FILE]...", type=EXISTING_PATH)
@slow_option
@click.pass_context
def verify_command(context: click.Context, paths: tuple[Path, ...], *, slow: bool) -> None:
    """Recompute every reference value and error bound, and compare them with the files.

    Without FILE, the built-in files are verified. Lists every difference; the exit status is 1 if
    there are any.
    """
    status = ExitCode.OK
    for document in open_valid(paths or (resource_folder("fixtures"),)):
        if document.hash_problem:
            print_line(f"{document.path}: {document.hash_problem}")
            status = ExitCode.FAILED
        numbers = 0  # compared
        said = []
        for entry in track_computation(document.entries):
            vector = f"{document.path}: test vector {entry['id']!r}"
            if SLOW in entry.get("flags", []) and not slow:
                said.append(f"{vector}: left out; --slow includes it")
                continue
            numbers += count_stored_numbers(entry)
            found = [f"{vector}: {deviation}" for deviation in find_discrepancies(entry)]
            said += found
            status = ExitCode.FAILED if found else status
        held = any(map(count_stored_numbers, document.entries))
        said.append(
            f"{document.path}: {numbers:,} numbers compared"
            if held
            else f"{document.path}: nothing to compare: the file has neither `expected` nor the "
            "`value` of a published number. `backproof check --vectors` computes both"
        )
        print_line("\n".join(said))
    context.exit(status)


@vectors_command.command("draw")
@seed_option("Draw with this seed, which `backproof check` prints.", required=True)
@output_option("Write to this file. [default: standard output]")
def draw_command(seed: int, output: Path) -> None:
    """Write the test vectors that `backproof check --seed` draws, as a vector file."""
    file = OutputFile(output)
    file.write(dump_canonical(draw_content(seed)) + "\n")


@vectors_command.command("export")
@click.argument("paths", nargs=-1, metavar="[FILE]...", type=EXISTING_PATH)
@click.option(
    "--format",
    "export_format",
    required=True,
    type=click.Choice(list(EXPORT_FORMATS)),
    help="Write this format.",
)
@dtypes_option("Export only this dtype. May be repeated. [default: all]")
@slow_option
@output_option("Write to this file. [default: standard output]")
def export_command(
    paths: tuple[Path, ...],
    export_format: str,
    dtypes: tuple[str, ...],
    output: Path,
    *,
    slow: bool,
) -> None:
    """Export test vectors for backends that cannot read JSON.

    tsv is a table with a row for each number; c is a header with constant tables. Comments in both
    explain their layout. Without FILE, the built-in files are exported.
    """
    table = OutputFile(output, paths)
    files = [file if slow else file.exclude_flag(SLOW) for file in _files(paths)]
    vectors = exportable(files, dtypes or tuple(FORMATS))
    if not vectors:
        raise BackproofError("there are no test vectors to export")
    table.write(EXPORT_FORMATS[export_format](files, vectors))


@vectors_command.command("diff")
@click.argument("old", type=EXISTING_PATH)
@click.argument("new", type=EXISTING_PATH)
@click.pass_context
def diff_command(context: click.Context, old: Path, new: Path) -> None:
    """Compare two versions of test vectors, value by value.

    OLD and NEW are files or folders. The exit status is 1 if anything differs.
    """
    out = make_console()
    found = list(
        diff_documents(with_unique_ids(open_valid([old])), with_unique_ids(open_valid([new])))
    )
    for subject, group in groupby(found, key=lambda change: change.subject):
        for line in describe_changes(subject, list(group)):
            out.print(line, soft_wrap=True)
    if found:
        level = max(change.level for change in found)
        differences = f"{len(found)} differences" if len(found) > 1 else "1 difference"
        out.print(f"{differences}: according to the policy, a {level.name.lower()} version")
    else:
        out.print("No differences.")
    context.exit(ExitCode.FAILED if found else ExitCode.OK)


def _files(paths: Sequence[Path]) -> list[VectorFile]:
    return load_vectors(list(paths), track=track_computation) if paths else built_in_files()
