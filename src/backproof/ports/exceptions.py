"""Exceptions of a backend, described with the lines of its own code that lead to them."""

import traceback
from pathlib import Path

import backproof

MAX_LINES = 3  # of the backend, the last of which raised
OWN_CODE = Path(backproof.__file__).parent


def describe_exception(error: BaseException) -> str:
    """Return type and text of an exception, and in which lines it was raised."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001  # the backend defines how its exceptions are written
        text = "(its text cannot be read)"
    described = f"{type(error).__name__}: {text}" if text else type(error).__name__
    lines = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if OWN_CODE not in Path(frame.filename).parents
    ]
    if not lines:
        return described
    where = [f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in lines[-MAX_LINES:]]
    return f"{described} ({', '.join(where)}: {lines[-1].line})"
