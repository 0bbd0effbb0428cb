"""Generate the fixtures: `python -m backproof.command_line.generate`; `--check` compares them."""

import click

from backproof.text.resources import resource_folder
from backproof.text.writing import OutputFile
from backproof.vectors.generate import FIXTURE_MODULES, first_difference, generate_fixture


@click.command()
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit with status 1 if a fixture differs from what is generated.",
)
@click.argument("names", nargs=-1, type=click.Choice(list(FIXTURE_MODULES)))
def main(names: tuple[str, ...], *, check: bool) -> None:
    """Generate the named fixtures, or all of them."""
    folder = resource_folder("fixtures")
    for name in names or FIXTURE_MODULES:
        text = generate_fixture(name)
        if not check:
            OutputFile(folder / name).write(text)
            click.echo(f"{name}: written")
        elif found := first_difference(folder / name, text):
            raise click.ClickException(found)
        else:
            click.echo(f"{name}: matches what is generated, byte for byte")


if __name__ == "__main__":
    main()
