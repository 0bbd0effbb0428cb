"""Exceptions of a backend, described with the lines of its own code that lead to them."""

import sysconfig
import traceback
from pathlib import Path

import backproof

MAX_LINES = 3  # of the backend's own, in a sentence
MAX_FRAMES = 100  # the innermost, of more
LIBRARIES = ("stdlib", "platstdlib", "purelib", "platlib")  # folders, as `sysconfig` calls them


def read_text(error: BaseException) -> str:
    """Return the text of an exception, which the backend defines; say so if that fails."""
    try:
        return str(error)
    except KeyboardInterrupt:  # Ctrl-C
        raise
    except BaseException:  # noqa: BLE001  # a backend may raise anything
        return "(its text cannot be read)"


def describe_exception(error: BaseException) -> str:
    """Return type and text of an exception, and in which lines of the backend it was raised."""
    text = read_text(error)
    described = f"{type(error).__name__}: {text}" if text else type(error).__name__
    own = _own_frames(error)
    if not own:
        return described
    places = [f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in own]
    where = ", ".join(list(dict.fromkeys(places))[-MAX_LINES:])
    return f"{described} ({where}{f': {own[-1].line}' if own[-1].line else ''})"


def list_frames(error: BaseException) -> tuple[str, ...]:
    """Return the lines of the backend that led to an exception, the outermost first."""
    return tuple(
        f"{f.filename}:{f.lineno} in {f.name}{f': {f.line}' if f.line else ''}"
        for f in _own_frames(error)[-MAX_FRAMES:]
    )


def _own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    libraries = [Path(sysconfig.get_path(name)) for name in LIBRARIES]
    other_code = [Path(backproof.__file__).parent, *libraries]
    return [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen ")  # the machinery of imports
        and not any(Path(frame.filename).is_relative_to(folder) for folder in other_code)
    ]
