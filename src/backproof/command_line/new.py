"""`backproof new`: a port to fill in."""

import shlex
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from backproof.errors import BackproofError
from backproof.ports.scaffold import NAME, TEMPLATES, Template, _named, files, write
from backproof.ports.specs import BUILT_IN


@click.command("new")
@click.argument("language")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", help="The port's name in reports; without it, that of the folder.")
def new_command(language: str, folder: Path, name: str | None) -> None:
    """Write a port to fill in.

    LANGUAGE is python, python-package, javascript, c or go. FOLDER must be new or empty.
    """
    template = _template(language)
    name = _valid(name if name is not None else folder.resolve().name)
    texts = files(template, name)
    write(texts, folder)
    click.echo(f"Wrote {name} into {folder}: {', '.join(sorted(texts))}.")
    click.echo(f"Its numbers are zeros. Fill in {folder / _named(template.to_fill_in, name)}.")
    click.echo("\nNext:")
    for command in _next_commands(template, folder, name):
        click.echo(f"  {shlex.join(command)}")


def _template(language: str) -> Template:
    if language not in TEMPLATES:
        nearest = get_close_matches(language, TEMPLATES, n=1)
        hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
        raise BackproofError(
            f"{language}: there is no template for it.{hint} There are {', '.join(TEMPLATES)}. "
            'For others, "In another language" in docs/guides/porting.md says what to write.'
        )
    return TEMPLATES[language]


def _valid(name: str) -> str:
    if not NAME.fullmatch(name):
        raise BackproofError(
            f"{name!r} cannot be the name of a port: it must be of lower-case letters and digits, "
            "in words joined by hyphens. --name gives it another than the folder's."
        )
    if name in BUILT_IN:
        raise BackproofError(
            f"{name!r} is the name of a built-in backend. --name gives the port another."
        )
    return name


def _next_commands(template: Template, folder: Path, name: str) -> Sequence[Sequence[str]]:
    spec = str(folder / template.spec) if template.spec else name
    checks = ["backproof", "check", "--smoke", spec], ["backproof", "check", spec]
    if template.spec:
        return *checks, ["backproof", "vectors", "show", "tutorial/row-1/forward"]
    return ["pip", "install", "-e", str(folder)], *checks
