"""Draw training_error.svg: the loss over 100 epochs, by the tutorial's program and when correct.

`python docs/images/training_error.py` draws it; with `--check`, it only compares the drawing with
the file. Needs the dependency group `docs`.
"""

import io
import sys
from pathlib import Path

import click
import matplotlib as mpl
from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples/tutorial_program"))

from measure import ALL, EPOCHS, NONE, error, trained  # noqa: E402  # found by the path above

PICTURE = Path(__file__).with_name("training_error.svg")
UNSAID = ("Creator", "Date", "Format", "Type")  # metadata left out of the file
CURVES = (
    (ALL, "#c2410c", "the tutorial’s program"),
    (NONE, "#1d4ed8", "correct training"),
)


def drawn() -> str:
    """Return the picture as SVG, byte for byte the same every time."""
    settings = {"svg.hashsalt": "backproof", "svg.fonttype": "none", "font.size": 11}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(7.2, 3.9))
        figure.subplots_adjust(left=0.09, right=0.74, bottom=0.14, top=0.9)
        axes = figure.add_subplot()
        for mistakes, color, name in CURVES:
            errors = [error(trained(mistakes, epochs)) for epochs in range(EPOCHS + 1)]
            axes.plot(errors, color=color, linewidth=2.2)
            label = f"{name}\n{errors[-1]:.2f}"
            axes.annotate(
                label,
                (EPOCHS, errors[-1]),
                xytext=(8, 0),
                textcoords="offset points",
                color=color,
                va="center",
                annotation_clip=False,
            )
        axes.set_title("Loss of the four rows", loc="left", fontsize=12)
        axes.set_xlabel("epochs")
        axes.set_xlim(0, EPOCHS)
        axes.set_ylim(0, 2)
        axes.set_yticks([0, 0.5, 1, 1.5, 2])
        axes.grid(axis="y", color="#e5e7eb")
        axes.set_axisbelow(True)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        svg = io.StringIO()
        figure.savefig(svg, format="svg", metadata=dict.fromkeys(UNSAID))
    return svg.getvalue()


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail if the file differs.")
def main(*, check: bool) -> None:
    """Draw the picture, or check that the file is up to date."""
    svg = drawn()
    if not check:
        PICTURE.write_text(svg, encoding="utf-8", newline="\n")
    elif PICTURE.read_text(encoding="utf-8") != svg:
        raise click.ClickException(f"{PICTURE.name} is out of date: draw it again")


if __name__ == "__main__":
    main()
