"""Measure how each of the program's six mistakes changes the numbers.

python examples/tutorial_program/measure.py            prints the tables of docs/evidence/errata.md
python examples/tutorial_program/measure.py --write    writes them into the page
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from backproof import Params, load
from backproof.network.inputs import map_matrix, map_parameters
from backproof.vectors.fixtures import tutorial
from backproof.vectors.vectors import parse_inputs

HERE = Path(__file__).parent
ERRATA = HERE.parents[1] / "docs/evidence/errata.md"
TABLE = re.compile(r"(<!-- table: ([a-z0-9 ]+) -->\n).*?(<!-- end -->)", re.DOTALL)

Program: Any = load(str(HERE / "port.py"))
ALL: Collection[str] = Program.mistakes
NONE: Collection[str] = ()

GIVEN = parse_inputs({"params": tutorial.PARAMS, "X": tutorial.X, "T": tutorial.T})
START = Params(*map_parameters(float, GIVEN.params))
X, T = map_matrix(float, GIVEN.X), map_matrix(float, GIVEN.T)
RATE = float(tutorial.LEARNING_RATE)
EPOCHS = 100
DECIMALS = 8  # as in the tutorial


def program(mistakes: Collection[str]) -> Any:
    """Return the program with only these mistakes; without any, it is right."""
    made = Program()
    made.mistakes = mistakes
    return made


def trained(mistakes: Collection[str], epochs: int) -> Params:
    """Return the parameters after training on the tutorial's four rows."""
    reached: Params = program(mistakes).train(START, X, T, learning_rate=RATE, epochs=epochs)
    return reached


def error(params: Params) -> float:
    """Return the loss with these parameters: E_Total, summed over the four rows."""
    return float(sum(program(NONE).loss(params, X, T).total))


def first_gradients() -> Iterator[list[str]]:
    """Yield the gradient of each weight in row 1, right and by the program."""
    yield ["", "right", "the program"]
    right, theirs = (weights(program(s).gradients(START, X[:1], T[:1])) for s in (NONE, ALL))
    for letter, gradient in right.items():
        yield [f"∂E/∂{letter}", shown(gradient), shown(theirs[letter])]


def after(epochs: int) -> Iterator[list[str]]:
    """Yield the loss and four of the weights after training, with each mistake alone."""
    letters = ("w1", "w3", "w5", "w7")
    yield ["", "loss", *letters]
    for name, mistakes in named():
        params = trained(mistakes, epochs)
        reached = weights(params)
        yield [name, shown(error(params)), *(shown(reached[letter]) for letter in letters)]


def at_the_end() -> Iterator[list[str]]:
    """Yield all weights after the last epoch, right and by the program."""
    yield ["", "right", "the program"]
    right, theirs = (weights(trained(mistakes, EPOCHS)) for mistakes in (NONE, ALL))
    for letter, weight in right.items():
        yield [letter, shown(weight), shown(theirs[letter])]


def mended() -> Iterator[list[str]]:
    """Yield the loss after the last epoch when a single mistake of the program is fixed."""
    yield ["fixed", "loss"]
    for mistake in ALL:
        others = [other for other in ALL if other != mistake]
        yield [f"`{mistake}`", shown(error(trained(others, EPOCHS)))]


TABLES: Mapping[str, Callable[[], Iterator[list[str]]]] = {
    "the gradients of row 1": first_gradients,
    "after 1 epoch": lambda: after(1),
    "after 100 epochs": lambda: after(EPOCHS),
    "one mistake fixed": mended,
    "the weights after 100 epochs": at_the_end,
}


def named() -> Iterator[tuple[str, Collection[str]]]:
    """Yield right training, each mistake alone, and all mistakes together."""
    yield "right", NONE
    yield from ((f"`{mistake}`", (mistake,)) for mistake in ALL)
    yield "all six", ALL


def weights(params: Params) -> dict[str, float]:
    """Return the eight weights, or gradients, by name."""
    eight = [w for W in (params.W1, params.W2) for row in W for w in row]
    return {f"w{i}": w for i, w in enumerate(eight, start=1)}


def shown(x: float) -> str:
    return f"{x:.{DECIMALS}f}".replace("-", "−")


def table(rows: Iterator[Sequence[str]]) -> str:
    """Return a Markdown table with its numbers aligned right."""
    cells = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    lines = []
    for first, *others in cells:
        padded = [o.rjust(width) for o, width in zip(others, widths[1:], strict=True)]
        lines.append(f"| {' | '.join([first.ljust(widths[0]), *padded])} |\n")
    return "".join(lines)


def with_tables(text: str) -> str:
    """Return the page with each of its tables regenerated."""
    return TABLE.sub(lambda found: f"{found[1]}\n{table(TABLES[found[2]]())}\n{found[3]}", text)


@click.command()
@click.option("--write", is_flag=True, help="Write the tables into docs/evidence/errata.md.")
def main(*, write: bool) -> None:
    """Print the tables of docs/evidence/errata.md, or write them into the page."""
    if write:
        text = with_tables(ERRATA.read_text(encoding="utf-8"))
        ERRATA.write_text(text, encoding="utf-8", newline="\n")
    else:
        for name, made in TABLES.items():
            click.echo(f"{name}\n\n{table(made())}")


if __name__ == "__main__":
    main()
