"""The picture in docs/project/architecture.md: the packages of backproof, and which imports which.

An arrow that follows from others is left out, and so is every arrow to what all of them stand on.
`python docs/images/rooms.py` draws it from the imports in `src/backproof`; with `--check` it is
only compared.
"""

import argparse
import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping, Set
from html import escape
from pathlib import Path
from textwrap import wrap

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "backproof"
PICTURE = Path(__file__).with_suffix(".svg")

WIDTH, HEIGHT = 290, 66  # of a room, in pixels
LEAVES, ARRIVES = 60, 115  # an arrow, so far from the middle of a room's edge
LINE = 46  # characters
COLUMN, BELOW = 325, 34  # from the middle of one to a side; between two rows
MARGIN = 20
GROUND = {"text", "interface", "errors"}  # what any room may import
FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" \
viewBox="0 0 {width} {height}">
<style>
  text {{ font-family: system-ui, sans-serif; fill: #1f2328; text-anchor: middle }}
  .name {{ font-size: 15px; font-weight: 600 }}
  .purpose {{ font-size: 11.5px; fill: #59636e }}
  rect {{ fill: #ffffff; stroke: #59636e; rx: 6 }}
  line {{ stroke: #59636e; stroke-width: 1.2; marker-end: url(#head) }}
</style>
<defs>
<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"
orient="auto">
<path d="M0 0L8 4L0 8z" fill="#59636e"/>
</marker>
</defs>
<rect width="{width}" height="{height}" style="stroke: none"/>
{inside}
</svg>
"""

Graph = Mapping[str, Set[str]]  # room → the rooms that it imports


def room_of(path: Path) -> str:
    """Return the room that a module belongs to: its package, or itself."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    """List the modules, without the templates of ports and what Python itself begins with."""
    return [
        path
        for path in sorted(SOURCE.rglob("*.py"))
        if "templates" not in path.parts and not room_of(path).startswith("__")
    ]


def imported(path: Path) -> Iterator[str]:
    """Yield the rooms that a module imports from."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("backproof."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (a.name.split(".")[1] for a in node.names if a.name.startswith("backproof."))


def graph() -> Graph:
    """Return which room imports which others."""
    found: dict[str, set[str]] = {}
    for path in modules():
        room = room_of(path)
        found.setdefault(room, set()).update(r for r in imported(path) if r != room)
    return found


def storeys() -> list[list[str]]:
    """Return the rooms from top to bottom, as the contract in pyproject.toml has them."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = [c for c in config["tool"]["importlinter"]["contracts"] if c["type"] == "layers"]
    found = [layer.split(" | ") for layer in contract["layers"]]
    return [row for row in found if not row[0].startswith("__")]


def implied(rooms: Graph, room: str, other: str) -> bool:
    """Whether a room knows another through a third anyway."""
    return any(reaches(rooms, third, other) for third in rooms[room] - {other})


def reaches(rooms: Graph, room: str, other: str) -> bool:
    return other in rooms[room] or any(reaches(rooms, third, other) for third in rooms[room])


def purpose(room: str) -> str:
    """Return what a room is for, as the first line of its docstring says."""
    path = SOURCE / room / "__init__.py" if (SOURCE / room).is_dir() else SOURCE / f"{room}.py"
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.splitlines()[0].partition(": ")[2].removesuffix(".")


def drawn() -> str:
    """Return the picture."""
    rooms, rows = graph(), storeys()
    total = 2 * COLUMN + WIDTH + 2 * MARGIN
    place: dict[str, tuple[int, int]] = {}  # the middle of the upper edge
    for n, row in enumerate(rows):
        for i, room in enumerate(row):
            x = total // 2 + (2 * i - len(row) + 1) * COLUMN
            place[room] = (x, MARGIN + n * (HEIGHT + BELOW))
    arrows = []
    for room, (x1, y1) in place.items():
        for other in sorted(rooms[room]):
            x2, y2 = place[other]
            if y2 <= y1:
                sys.exit(f"{room} imports {other}, which is no lower")
            if other not in GROUND and not implied(rooms, room, other):
                side = (x1 > x2) - (x1 < x2)  # of `other`, from which the arrow comes
                start = f'x1="{x1 - side * LEAVES}" y1="{y1 + HEIGHT}"'
                arrows.append(f'<line {start} x2="{x2 + side * ARRIVES}" y2="{y2 - 2}"/>')
    boxes = []
    for room, (x, y) in place.items():
        boxes += [
            f'<rect x="{x - WIDTH // 2}" y="{y}" width="{WIDTH}" height="{HEIGHT}"/>',
            f'<text class="name" x="{x}" y="{y + 22}">{room}</text>',
        ]
        for n, line in enumerate(wrap(purpose(room), LINE)):
            boxes.append(
                f'<text class="purpose" x="{x}" y="{y + 40 + 15 * n}">{escape(line)}</text>'
            )
    bottom = 2 * MARGIN + len(rows) * (HEIGHT + BELOW) - BELOW
    return FRAME.format(width=total, height=bottom, inside="\n".join([*arrows, *boxes]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the rooms, or compare the picture.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if it differs")
    made = drawn()
    if not parser.parse_args().check:
        PICTURE.write_text(made, encoding="utf-8", newline="\n")
    elif PICTURE.read_bytes() != made.encode():
        sys.exit(f"{PICTURE} is not what the imports are: python docs/images/rooms.py draws it")


if __name__ == "__main__":
    main()
