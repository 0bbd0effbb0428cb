"""`backproof explain`: a calculation, worked out."""

from pathlib import Path

import click

from backproof.command_line.options import output_option, vectors_option
from backproof.reports.console import computing, console
from backproof.reports.explanation import explain
from backproof.reports.sheet import markdown, plain_text, print_sheet
from backproof.text.writing import STANDARD_OUTPUT, check_writable, write
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
    help="Significant digits to show.",
)
@click.option("--markdown", "as_markdown", is_flag=True, help="Write Markdown.")
@output_option("Write there, instead of to standard output.")
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
    file, vector = find_vector(name, files)
    explanation = explain(file, vector)
    if as_markdown:
        write(output, markdown(explanation, digits))
    elif output == STANDARD_OUTPUT:
        print_sheet(console(), explanation, digits)
    else:
        write(output, plain_text(explanation, digits))
