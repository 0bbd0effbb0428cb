"""The command to type next after a failure: to follow the calculation, or to see the request.

For a drawn test vector, a command before it writes the file that holds it.
"""

import shlex
from collections.abc import Iterable

from backproof.judging.results import Result
from backproof.text.resources import resource_folder
from backproof.vectors.vectors import VectorFile

NO_OUTPUT_OUTCOMES = ("crash", "error", "timeout")


def suggest_command(result: Result, dtype: str, files: Iterable[VectorFile]) -> str:
    """Return the command that shows the calculation or the request; "" if neither tells more."""
    file = next((f for f in files if result.vector.id in {v.id for v in f.vectors}), None)
    if file is None:
        return ""
    built_in = file.path.parent == resource_folder("fixtures")
    source = [] if built_in else ["--vectors", str(file.path)]
    draw = ""
    if file.seed is not None:
        draw = f"backproof vectors draw --seed {file.seed} -o {file.path} && "
    if result.outcome in NO_OUTPUT_OUTCOMES:
        asked = ["--request", *([] if dtype == "float64" else ["--dtype", dtype])]
        show = ["backproof", "vectors", "show", result.vector.id, *asked, *source]
        return f"To see the request: {draw}{shlex.join(show)}"
    # A number of another dtype is wrong, too, but the calculation would not show why.
    off = any(deviation.error_ratio > 1 for deviation in result.wrong_deviations)
    if off and result.vector.inputs.finite:
        explain = ["backproof", "explain", result.vector.id, *source]
        return f"To see this calculation step by step: {draw}{shlex.join(explain)}"
    return ""
