"""Make the fixtures: `python -m backproof.vectors.generate`; with `--check`, only compare them.

Every expected number comes from `backproof.truth.certified`, and none from an implementation.
"""

from itertools import zip_longest
from pathlib import Path
from typing import Any

import click

from backproof.network.formats import FORMATS
from backproof.network.inputs import Op
from backproof.text.canonical_json import canonical, content_hash
from backproof.text.resources import resource
from backproof.truth.certified import printable
from backproof.vectors.fixtures import hard, long, random, tutorial
from backproof.vectors.vectors import answer, parse_inputs

VERSION = "1.0.0"  # of the vectors; docs/vectors.md says what may change with it

CHAPTERS: dict[str, tuple[str, Any]] = {
    "tutorial.json": ("The tutorial", tutorial),
    "hard.json": ("Hard vectors", hard),
    "random.json": ("Random nets", random),
    "long.json": ("Long training", long),
}


def fixture(name: str) -> str:
    """Return the text of the fixture with this file name."""
    title, chapter = CHAPTERS[name]
    content = {
        "version": VERSION,
        "title": title,
        "source": chapter.SOURCE,
        "notes": chapter.NOTES,
        "vectors": [_with_answers(vector) for vector in chapter.vectors()],
    }
    return canonical({"sha256": content_hash(content)} | content) + "\n"


def _with_answers(vector: dict[str, Any]) -> dict[str, Any]:
    """Add the true value of each printed number, and what is expected in each dtype."""
    inputs = parse_inputs(vector["inputs"])
    op: Op = vector["op"]
    complete = {key: value for key, value in vector.items() if key != "dtypes"}
    if "printed" in vector:
        true_values = printable(op, inputs)
        complete["printed"] = [
            entry | {"value": str(true_values[entry["quantity"]])} for entry in vector["printed"]
        ]
    complete["expected"] = {
        dtype: {
            path: {"value": str(number.value), "bound": str(number.bound)}
            for path, number in answer(vector, dtype).items()
        }
        for dtype in vector.get("dtypes", FORMATS)
    }
    return complete


def difference(path: Path, text: str) -> str | None:
    """Say where a fixture is not, byte for byte, the text generated."""
    if not path.is_file():
        return f"{path}: missing"
    held = path.read_bytes().decode(errors="replace").splitlines(keepends=True)
    made = text.splitlines(keepends=True)
    for line, (old, new) in enumerate(zip_longest(held, made, fillvalue=""), start=1):
        if old != new:
            return f"{path}:{line}: holds {old.strip()!r}, generated {new.strip()!r}"
    return None


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a fixture differs.")
@click.argument("names", nargs=-1, type=click.Choice(list(CHAPTERS)))
def main(names: tuple[str, ...], *, check: bool) -> None:
    """Make the fixtures named, or all; or check that each is what would be made."""
    folder = resource("fixtures")
    for name in names or CHAPTERS:
        text = fixture(name)
        if not check:
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            click.echo(f"{name}: written")
        elif found := difference(folder / name, text):
            raise click.ClickException(found)
        else:
            click.echo(f"{name}: is what is generated, byte for byte")


if __name__ == "__main__":
    main()
