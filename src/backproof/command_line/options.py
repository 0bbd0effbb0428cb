"""Options shared by several commands."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from backproof.network.float_formats import FORMATS
from backproof.vectors.drawn import SEEDS

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

LONGEST = 86_400  # seconds: a day
EXISTING_PATH = click.Path(exists=True, path_type=Path)


class _Seconds(click.FloatRange):
    """A time limit in seconds: positive, finite and at most a day."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True, max=LONGEST)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):  # NaN passes every range check
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds


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
timeout_option = click.option(
    "--timeout",
    default=60.0,
    show_default=True,
    type=_Seconds(),
    metavar="SECONDS",
    help="Stop a backend that takes longer than this to start or to respond to one request.",
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
