"""Make the fixtures: `python -m backproof.generate`; with `--check`, only compare them.

Every expected number comes from `backproof.truth`, and none from an implementation.
"""

from pathlib import Path
from typing import Any

import click

from backproof import hard, random_nets, tutorial
from backproof.canonical import canonical, content_hash
from backproof.formats import FORMATS
from backproof.inputs import Op
from backproof.resources import resource
from backproof.truth import expected, printable
from backproof.vectors import parse_inputs


def fixtures() -> dict[str, str]:
    """Return the text of every generated fixture, by file name."""
    return {
        "tutorial.json": _file("The tutorial", tutorial),
        "hard.json": _file("Hard vectors", hard),
        "random.json": _file("Random nets", random_nets),
    }


def _file(title: str, chapter: Any) -> str:
    content = {
        "title": title,
        "source": chapter.SOURCE,
        "notes": chapter.NOTES,
        "vectors": [_with_answers(vector, chapter.dtypes(vector)) for vector in chapter.vectors()],
    }
    return canonical({"sha256": content_hash(content)} | content) + "\n"


def _with_answers(vector: dict[str, Any], dtypes: tuple[str, ...]) -> dict[str, Any]:
    """Add the true value of each printed number, and what is expected in each dtype."""
    inputs = parse_inputs(vector["inputs"])
    op: Op = vector["op"]
    complete = dict(vector)
    if "printed" in vector:
        true_values = printable(op, inputs)
        complete["printed"] = [
            entry | {"value": str(true_values[entry["quantity"]])} for entry in vector["printed"]
        ]
    complete["expected"] = {
        dtype: {
            path: {"value": str(number.value), "bound": str(number.bound)}
            for path, number in expected(op, inputs, FORMATS[dtype]).items()
        }
        for dtype in dtypes
    }
    return complete


def differences(folder: Path) -> list[str]:
    """Say where a fixture in `folder` is not, byte for byte, what is generated."""
    found = []
    for name, text in fixtures().items():
        path = folder / name
        if not path.is_file():
            found.append(f"{path}: missing")
            continue
        held = path.read_bytes().decode(errors="replace").splitlines(keepends=True)
        made = text.splitlines(keepends=True)
        for line, (old, new) in enumerate(zip(held + [""], made + [""], strict=False), start=1):
            if old != new:
                found.append(f"{path}:{line}: holds {old.strip()!r}, generated {new.strip()!r}")
                break
    return found


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if a fixture differs.")
def main(*, check: bool) -> None:
    """Make every fixture, or check that each is what would be made."""
    folder = resource("fixtures")
    if check:
        if found := differences(folder):
            raise click.ClickException("\n".join(found))
        click.echo(f"{len(fixtures())} fixture(s) are what is generated, byte for byte")
        return
    for name, text in fixtures().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        click.echo(f"wrote {folder / name}")


if __name__ == "__main__":
    main()
