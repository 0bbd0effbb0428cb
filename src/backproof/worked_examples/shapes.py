"""The shapes of what a worked example gives: numbers, rows of numbers, and lists of rows."""

import re
from collections.abc import Callable, Mapping
from typing import Any

MAX_ROWS = 64
MAX_DIGITS = 60
NUMBER = re.compile(r"[-+−]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?0*[0-9]{1,2})?")


def is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    return NUMBER.fullmatch(str(value)) is not None and len(str(value)) <= MAX_DIGITS


def is_row(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))


def is_rows(value: Any) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= MAX_ROWS and all(map(is_row, value))


def is_target_row(value: Any) -> bool:
    return is_row(value) or (isinstance(value, list) and len(value) == 1 and is_number(value[0]))


def is_target_rows(value: Any) -> bool:
    return (
        isinstance(value, list) and 1 <= len(value) <= MAX_ROWS and all(map(is_target_row, value))
    )


def rows(value: Any) -> list[Any]:
    return list(value) if isinstance(value[0], list) else [value]


def has_one_output(inputs: Mapping[str, Any]) -> bool:
    W2 = inputs.get("W2", [])
    return is_row(W2) or (is_rows(W2) and len(W2) == 1)


def is_size(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int) and 1 <= value <= MAX_ROWS


SHAPES: Mapping[str, Callable[[Any], bool]] = {
    "W1": lambda value: is_rows(value) and len(value) == 2,
    "b1": lambda value: is_number(value) or is_row(value),
    "W2": lambda value: is_row(value) or (is_rows(value) and len(value) <= 2),
    "b2": lambda value: is_number(value) or is_row(value),
    "X": lambda value: is_row(value) or is_rows(value),
    "T": lambda value: is_target_row(value) or is_target_rows(value),
    "learning_rate": is_number,
    "batch_size": is_size,
}
