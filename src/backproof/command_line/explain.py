"""`backproof explain`: show a calculation step by step."""

from pathlib import Path

import click

from backproof.command_line.options import output_option, vectors_option
from backproof.reports.console import make_console, track_computation
from backproof.reports.explanation import explain
from backproof.reports.explanation_sheet import plain_text, print_sheet, render_markdown
from backproof.text.writing import STANDARD_OUTPUT, OutputFile
from backproof.truth.certified import VALUE_DIGITS
from backproof.vectors.vectors import built_in_files, find_vector, load_vectors


@click.command("explain")
@click.argument("name", metavar="[VECTOR]", default="")
@vectors_option
@click.option(
    "--digits",
    default=12,
    show_default=True,
    type=click.IntRange(1, VALUE_DIGITS),
    help="Show this many significant digits.",
)
@click.option(
    "--markdown", "as_markdown", is_flag=True, help="Write Markdown instead of plain text."
)
@output_option("Write to this file. [default: standard output]")
def explain_command(
    name: str, paths: tuple[Path, ...], digits: int, *, as_markdown: bool, output: Path
) -> None:
    """Show the calculation of a test vector step by step.

    Each formula is shown in symbols, with numbers and with its exact result, followed by the
    published numbers for it, if there are any.

    VECTOR is the id of a test vector, or the beginning of ids. If it matches several, the one that
    computes the most is shown. Without VECTOR, the first training step of the tutorial is shown.
    """
    sheet = OutputFile(output, paths)
    # An explanation does not show error bounds, so there is no need to compute them for any dtype.
    files = (
        load_vectors(list(paths), dtypes=(), track=track_computation) if paths else built_in_files()
    )
    file, vector = find_vector(name, files)
    explanation = explain(file, vector)
    if as_markdown:
        sheet.write(render_markdown(explanation, digits))
    elif output == STANDARD_OUTPUT:
        print_sheet(make_console(), explanation, digits)
    else:
        sheet.write(plain_text(explanation, digits))
