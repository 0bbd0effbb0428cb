"""Backends broken on purpose: a subclass that changes the answers, or a file that is edited."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from backproof import Backend

Edit = tuple[str, str]  # a text, and what takes its place


def answering(backend: type[Backend], op: str, change: Callable[[Any], Any]) -> type[Backend]:
    """Subclass a backend so that its answers to `op` are changed."""

    def changed(self: Backend, *args: Any, **options: Any) -> Any:
        return change(getattr(backend, op)(self, *args, **options))

    # Its methods take whatever the backend's do.
    return type(f"{backend.__name__}Broken", (backend,), {op: changed})


def computing_in(backend: type[Backend], dtype: str) -> type[Backend]:
    """Subclass a backend so that it computes in `dtype`, whatever it is asked for."""

    def made(self: Any, **_asked: str) -> None:
        backend.__init__(self, dtype)

    return type(f"{backend.__name__}Broken", (backend,), {"__init__": made})


def with_number(answer: Any, quantity: str, number: Any) -> Any:
    """Return an answer in which one number is another.

    with_number(Loss([[1.0, 2.0]], [3.0]), "per_output[0][1]", 5.0)  # Loss([[1.0, 5.0]], [3.0])
    """
    name, *indices = quantity.replace("]", "").split("[")
    return answer._replace(**{name: _with(getattr(answer, name), list(map(int, indices)), number)})


def with_every_number(answer: Any, change: Callable[[float], Any]) -> Any:
    """Return an answer in which every number is changed."""
    return type(answer)(*(_changed(field, change) for field in answer))


def edited(source: Path, target: Path, edits: Sequence[Edit]) -> Path:
    """Copy a file with some text replaced; each text must occur exactly once."""
    text = source.read_text(encoding="utf-8")
    for old, new in edits:
        if text.count(old) != 1:
            raise LookupError(f"{source.name} has {old!r} {text.count(old)} times, not once")
        text = text.replace(old, new)
    target.write_text(text, encoding="utf-8")
    return target


def _with(nested: Any, indices: list[int], number: Any) -> Any:
    if not indices:
        return number
    first, *others = indices
    return [_with(item, others, number) if i == first else item for i, item in enumerate(nested)]


def _changed(nested: Any, change: Callable[[float], Any]) -> Any:
    if isinstance(nested, list | tuple):
        return [_changed(item, change) for item in nested]
    return change(nested)
