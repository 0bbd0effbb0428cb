"""`backproof diagnose`: the published numbers of worked examples."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from backproof.command_line.exit_code import ExitCode
from backproof.command_line.options import output_option
from backproof.network.mistakes import Mistake
from backproof.reports.console import console, followed
from backproof.reports.judged_examples import page, print_judgement
from backproof.text.writing import STANDARD_OUTPUT, check_writable, write
from backproof.worked_examples.example import TEMPLATE, example_files, load
from backproof.worked_examples.judging import judge


@click.command("diagnose")
@click.argument(
    "paths", metavar="[FILE]...", nargs=-1, type=click.Path(exists=True, path_type=Path)
)
@click.option("--template", is_flag=True, help="Print a file to fill in.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Write a page in Markdown.")
@output_option("Write the page or the template there, instead of to standard output.")
@click.pass_context
def diagnose_command(
    context: click.Context,
    paths: tuple[Path, ...],
    *,
    template: bool,
    as_markdown: bool,
    output: Path,
) -> None:
    """Judge the printed numbers of worked examples.

    FILE is a TOML file with what a source gives and prints, or a folder of them; --template prints
    one to fill in. Each number is compared with the truth and with the source's own lines before
    it: which digits are right, what the others should be, and which mistake explains them. The exit
    status is 1 if a digit is wrong.
    """
    if template:
        check_writable(output)
        write(output, TEMPLATE.read_text(encoding="utf-8"))
        return
    if not paths:
        raise click.UsageError("name a FILE; --template prints one to fill in")
    if output != STANDARD_OUTPUT and not as_markdown:
        raise click.UsageError("-o goes with --markdown or --template")
    check_writable(output)
    judgements = [judge(load(file), comparing) for path in paths for file in example_files(path)]
    if as_markdown:
        write(output, page(judgements))
    else:
        out = console()
        for i, judgement in enumerate(judgements):
            if i:
                out.print()
            print_judgement(out, judgement)
    context.exit(
        ExitCode.FAILED if any(judgement.wrong for judgement in judgements) else ExitCode.OK
    )


def comparing(made: Sequence[tuple[type[Mistake], ...]]) -> Iterable[tuple[type[Mistake], ...]]:
    """Yield mistakes to try, and show on a terminal how far it has come."""
    return followed(made, "Comparing", total=len(made))
