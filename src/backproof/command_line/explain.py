"""The command that explains a calculation: `backproof explain`."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import click
from rich.console import Console

from backproof.network.inputs import OPS
from backproof.reports.console import computing, console
from backproof.reports.explanation import explain
from backproof.reports.sheet import markdown, print_sheet
from backproof.text.writing import STANDARD_OUTPUT, check_writable, write
from backproof.truth.certified import VALUE_DIGITS
from backproof.vectors.vectors import Vector, VectorFile, built_in_files, ids_named, load_vectors


@click.command("explain")
@click.argument("name", metavar="[VECTOR]", default="")
@click.option(
    "--vectors",
    "paths",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Vector file or folder, instead of the built-in ones.",
)
@click.option(
    "--digits",
    default=12,
    show_default=True,
    type=click.IntRange(1, VALUE_DIGITS),
    help="Significant digits to show.",
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Write Markdown.")
@click.option(
    "-o",
    "--output",
    default="-",
    type=click.Path(allow_dash=True, path_type=Path),
    help="Write there, instead of to standard output.",
)
def explain_command(
    name: str, paths: tuple[Path, ...], digits: int, *, as_markdown: bool, output: Path
) -> None:
    """Work a calculation out, formula by formula.

    Each formula stands in symbols, with its numbers and with its true result; below it what a
    publication prints, if it does. VECTOR is the id of a vector, or how ids begin: of several
    vectors, the first that computes the most is taken. Without it, that is the first step of the
    tutorial.
    """
    check_writable(output)
    # What an implementation must answer in a dtype is not explained, so it need not be computed.
    files = load_vectors(list(paths), dtypes=(), watch=computing) if paths else built_in_files()
    file, vector = _found(name, files)
    explanation = explain(file, vector)
    if as_markdown:
        write(output, markdown(explanation, digits))
    elif output == STANDARD_OUTPUT:
        print_sheet(console(), explanation, digits)
    else:
        page = StringIO()
        plain = Console(file=page, force_terminal=False, highlight=False, markup=False)
        print_sheet(plain, explanation, digits)
        write(output, page.getvalue())


def _found(name: str, files: Sequence[VectorFile]) -> tuple[VectorFile, Vector]:
    """Return the vector that a name stands for, and its file."""
    known = {vector.id: (file, vector) for file in files for vector in file.vectors}
    named = [known[id_] for id_ in (ids_named(name, known) if name else known)]
    return max(named, key=lambda pair: OPS.index(pair[1].op))
