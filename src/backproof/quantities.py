"""Names of single numbers: `W2[0][1]` is the number at row 0, column 1 of the quantity `W2`."""

from collections.abc import Iterator
from typing import Any


def flatten(name: str, nested: Any) -> Iterator[tuple[str, Any]]:
    """Yield every number of a nested sequence with its path, in order."""
    if isinstance(nested, list | tuple):
        for i, item in enumerate(nested):
            yield from flatten(f"{name}[{i}]", item)
    else:
        yield name, nested


def numbers(fields: Any, prefix: str = "") -> dict[str, Any]:
    """Return every number of a named tuple of nested sequences, by path."""
    return {
        path: number
        for name, nested in fields._asdict().items()
        for path, number in flatten(prefix + name, nested)
    }
