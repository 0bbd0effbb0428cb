"""The command to type next about a failure: to follow the calculation, or to ask it by hand."""

import shlex
from collections.abc import Iterable

from backproof.judging.results import Result
from backproof.text.resources import resource
from backproof.vectors.vectors import Vector, VectorFile

UNANSWERED = ("crash", "error", "timeout")


def hint(result: Result, dtype: str, files: Iterable[VectorFile]) -> str:
    """Say what works the calculation out, or what was asked; nothing, where nothing tells more."""
    source = _source(result.vector, files)
    if source is None:
        return ""
    if result.outcome in UNANSWERED:
        asked = ["--request", *([] if dtype == "float64" else ["--dtype", dtype])]
        show = ["backproof", "vectors", "show", result.vector.id, *asked, *source]
        return f"{shlex.join(show)} writes what it was asked."
    off = any(deviation.headroom > 1 for deviation in result.wrong)  # and not of another dtype
    if off and result.vector.inputs.finite:
        return f"{shlex.join(['backproof', 'explain', result.vector.id, *source])} works this out."
    return ""


def _source(vector: Vector, files: Iterable[VectorFile]) -> list[str] | None:
    """Return the options that name the file of a vector; None, if there is no such file."""
    for file in files:
        if any(vector.id == other.id for other in file.vectors):
            built_in = file.path.parent == resource("fixtures")
            return [] if built_in else ["--vectors", str(file.path)]
    return None
