"""Options shared by several commands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from backproof.network.float_formats import FORMATS
from backproof.vectors.drawn import SEEDS

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

EXISTING_PATH = click.Path(exists=True, path_type=Path)


vectors_option = click.option(
    "--vectors",
    "paths",
    multiple=True,
    type=EXISTING_PATH,
    help="Use this vector file or folder instead of the built-in ones. May be repeated.",
)
slow_option = click.option(
    "--slow", is_flag=True, help="Include the test vectors that take minutes."
)


def seed_option(help_text: str, *, required: bool = False) -> Decorator:
    """Return the option for the seed that test vectors are drawn with."""
    return click.option(
        "--seed",
        required=required,
        type=click.IntRange(0, SEEDS - 1),
        metavar="N",
        help=help_text,
    )


device_option = click.option(
    "--device",
    default="cpu",
    show_default=True,
    help="Run each backend on this device, such as cpu or cuda.",
)


def dtypes_option(help_text: str) -> Decorator:
    """Return the option that selects dtypes; without it, all are selected."""
    return click.option(
        "--dtype", "dtypes", multiple=True, type=click.Choice(list(FORMATS)), help=help_text
    )


def output_option(help_text: str) -> Decorator:
    """Return the option that names the output file; the default is standard output."""
    return click.option(
        "-o",
        "--output",
        default="-",
        type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
        help=help_text,
    )
