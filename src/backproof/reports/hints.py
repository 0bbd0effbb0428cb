"""The command to type next after a failure: to follow the calculation, or to see the request."""

import shlex
from collections.abc import Iterable

from backproof.judging.results import Result
from backproof.text.resources import resource_folder
from backproof.vectors.vectors import Vector, VectorFile

NO_OUTPUT_OUTCOMES = ("crash", "error", "timeout")


def suggest_command(result: Result, dtype: str, files: Iterable[VectorFile]) -> str:
    """Return the command that shows the calculation or the request; "" if neither tells more."""
    source = _source(result.vector, files)
    if source is None:
        return ""
    if result.outcome in NO_OUTPUT_OUTCOMES:
        asked = ["--request", *([] if dtype == "float64" else ["--dtype", dtype])]
        show = ["backproof", "vectors", "show", result.vector.id, *asked, *source]
        return f"To see the request: {shlex.join(show)}"
    # A number of another dtype is wrong, too, but the calculation would not show why.
    off = any(deviation.error_ratio > 1 for deviation in result.wrong_deviations)
    if off and result.vector.inputs.finite:
        explain = ["backproof", "explain", result.vector.id, *source]
        return f"To see this calculation step by step: {shlex.join(explain)}"
    return ""


def _source(vector: Vector, files: Iterable[VectorFile]) -> list[str] | None:
    """Return the options that name the file of a test vector; None if it is in no file."""
    for file in files:
        if any(vector.id == other.id for other in file.vectors):
            built_in = file.path.parent == resource_folder("fixtures")
            return [] if built_in else ["--vectors", str(file.path)]
    return None
