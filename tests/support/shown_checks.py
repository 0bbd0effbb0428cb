"""What the terminal shows of runs that a test makes up."""

import io
from collections.abc import Sequence

from by_hand import result, run, vector
from rich.console import Console

from backproof.judging.checking import CheckResult
from backproof.judging.known_failures import Stale
from backproof.judging.results import Result, Run
from backproof.reports.check_table import print_check
from backproof.vectors.vectors import VectorFile

TRAINED = vector(
    {"W2[1][0]": ("0.25", "1e-6"), "b2": ("0.5", "0")},
    op="train",
    printed=[("params.W2[1][0]", "0.2500")],
    name="tutorial/a-rather-long-name-of-a-vector/step-with-biases",
)
FORWARD = vector({"h[0][1]": ("1.5", "1e-6")}, name="first")
RIGHT = result(FORWARD, {"h[0][1]": 1.5})
WRONG = result(TRAINED, {"W2[1][0]": 0.5, "b2": 0.75}, "fail")
RUNS = [
    run("conforming", RIGHT),
    run("broken", RIGHT, WRONG),
    run("lacking", Result(TRAINED, "unsupported", message="train")),
    Run("absent", "", None, message="nothing is installed: pip install 'backproof[nothing]'"),
]


def shown(
    file: VectorFile,
    width: int = 160,
    runs: Sequence[Run] = RUNS,
    stale: Sequence[Stale] = (),
    asked: Sequence[str] = (),
) -> str:
    out = io.StringIO()
    screen = Console(file=out, width=width, markup=False, highlight=False)
    print_check(screen, CheckResult([file], runs, stale), dtypes=asked)
    return out.getvalue()
