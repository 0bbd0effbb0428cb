"""`backproof new`: write a skeleton of a new backend."""

import os
import shlex
from pathlib import Path

import click

from backproof.ports.scaffold import (
    fill_in_name,
    find_template,
    next_commands,
    render_files,
    valid_name,
)
from backproof.reports.console import print_line
from backproof.text.writing import write_folder


@click.command("new")
@click.argument("language")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--name", help="Use this name for the backend in reports. [default: the name of FOLDER]"
)
def new_command(language: str, folder: Path, name: str | None) -> None:
    """Write a skeleton of a new backend, to fill in.

    LANGUAGE is python, python-package, javascript, c or go. FOLDER must not exist or be empty.
    """
    template = find_template(language)
    name = valid_name(name if name is not None else Path(os.path.realpath(folder)).name)
    texts = render_files(template, name)
    write_folder(folder, texts)
    print_line(f"Wrote {name} into {folder}: {', '.join(sorted(texts))}.")
    print_line(f"Its numbers are zeros. Fill in {folder / fill_in_name(template.main_file, name)}.")
    print_line("\nNext:")
    for command in next_commands(template, folder, name):
        print_line(f"  {shlex.join(command)}")
