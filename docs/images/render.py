"""Draw check.svg: `backproof check` on all that is installed, and on a copy with one slip in it.

Run it where all four frameworks are installed: `python docs/images/render.py`.
"""

import io
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.terminal_theme import MONOKAI

from backproof.diagnosis.search import add_diagnosis
from backproof.judging.checking import check
from backproof.reports.check_table import print_check
from backproof.text.resources import resource_folder
from backproof.vectors.drawn import draw_file
from backproof.vectors.vectors import VectorFile, built_in_files, load_vectors, select

PICTURE = Path(__file__).with_name("check.svg")
SEED = 1
WIDTH = 150  # columns: no line of the tables is folded
RIGHT, WRONG = "dE_dw7 += delta_y2 * out_h1", "dE_dw7 += delta_y1 * out_h1"


class Screen(Console):
    """A console that folds what a terminal would fold; a picture is cut off instead."""

    def print(self, *objects: Any, soft_wrap: bool | None = None, **options: Any) -> None:
        del soft_wrap
        super().print(*objects, **options)


def main() -> None:
    """Run both commands and draw what they show."""
    screen = Screen(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
        markup=False,
    )

    def run(command: str, specs: Sequence[str], files: list[VectorFile]) -> None:
        screen.print(f"$ {command}", style="bold cyan")
        print_check(screen, check(specs, select(files), on_run_done=add_diagnosis))

    run(f"backproof check --seed {SEED}", (), [*built_in_files(), draw_file(SEED)])
    source = (resource_folder("implementations") / "plain_python.py").read_text(encoding="utf-8")
    if source.count(RIGHT) != 1:
        raise SystemExit(f"plain_python.py must say {RIGHT!r} once")
    edit = f"sed 's/{RIGHT}/{WRONG}/' implementations/plain_python.py > slip.py"
    screen.print(f"\n$ {edit}", style="bold cyan")
    with tempfile.TemporaryDirectory() as folder:
        slip = Path(folder) / "slip.py"
        slip.write_text(source.replace(RIGHT, WRONG), encoding="utf-8")
        run(
            "backproof check slip.py --vectors fixtures/tutorial.json",
            [str(slip)],
            load_vectors([resource_folder("fixtures") / "tutorial.json"]),
        )

    svg = screen.export_svg(title="backproof", theme=MONOKAI, unique_id="check")
    # No font from elsewhere: the reader's own monospace font will do.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    PICTURE.write_text(svg, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
