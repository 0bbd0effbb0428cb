"""`backproof diagnose`: explain the wrong numbers of published worked examples."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from backproof.command_line.exit_code import ExitCode
from backproof.command_line.options import output_option
from backproof.network.mistakes import Mistake
from backproof.reports.console import make_console, track_items
from backproof.reports.published_examples import examples_page, print_judgement
from backproof.text.writing import NEVER, STANDARD_OUTPUT, OutputFile
from backproof.worked_examples.evaluation import evaluate_example
from backproof.worked_examples.example import TEMPLATE, expand_paths, load_example


@click.command("diagnose")
@click.argument(
    "paths", metavar="[FILE]...", nargs=-1, type=click.Path(exists=True, path_type=Path)
)
@click.option("--template", is_flag=True, help="Print a template of FILE to fill in, and exit.")
@click.option(
    "--markdown",
    "as_markdown",
    is_flag=True,
    help="Write a Markdown page instead of a table for the terminal.",
)
@output_option("Write the page or the template to this file. [default: standard output]")
@click.pass_context
def diagnose_command(
    context: click.Context,
    paths: tuple[Path, ...],
    *,
    template: bool,
    as_markdown: bool,
    output: Path,
) -> None:
    """Find and explain wrong numbers in published worked examples.

    FILE is a TOML or JSON file with the inputs and the published numbers of one source, or a folder
    of TOML files. --template prints a file to fill in; explain and check --vectors take it, too.

    Each number is compared with the exact value and with the source's own earlier numbers. The
    command shows which digits are right, the correct digits for the others, and the mistake, typo
    or rounding that explains them.

    The exit status is 1 if any digit is wrong.
    """
    if template:
        OutputFile(output, beginning=NEVER).write(TEMPLATE.read_text(encoding="utf-8"))
        return
    if not paths:
        raise click.UsageError("FILE is missing; --template prints one to fill in")
    if output != STANDARD_OUTPUT and not as_markdown:
        raise click.UsageError("-o needs --markdown or --template")
    page = OutputFile(output, paths)
    judgements = [
        evaluate_example(load_example(file), track_hypotheses)
        for path in paths
        for file in expand_paths(path)
    ]
    if as_markdown:
        page.write(examples_page(judgements))
    else:
        out = make_console()
        for i, judgement in enumerate(judgements):
            if i:
                out.print()
            print_judgement(out, judgement)
    context.exit(
        ExitCode.FAILED if any(judgement.wrong for judgement in judgements) else ExitCode.OK
    )


def track_hypotheses(
    hypotheses: Sequence[tuple[type[Mistake], ...]],
) -> Iterable[tuple[type[Mistake], ...]]:
    """Yield the mistakes to try, with a progress bar on a terminal."""
    return track_items(hypotheses, "Comparing", total=len(hypotheses))
