"""JSON in words: the numbers that it lacks; paths and values for error messages."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def format_path(place: Iterable[str | int]) -> str:
    """Return the path to a value in dotted notation."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    return "".join(parts).lstrip(".")


def abbreviate(value: Any) -> str:
    """Return a value as JSON; name only the type of lists and objects, and shorten long text."""
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:40]}… ({len(text):,} characters)"


def encode_non_finite(data: Any) -> Any:
    """Replace non-finite numbers with the strings "NaN", "Infinity" and "-Infinity"."""
    if isinstance(data, float) and not math.isfinite(data):
        return "NaN" if math.isnan(data) else ("Infinity" if data > 0 else "-Infinity")
    if isinstance(data, Mapping):
        return {key: encode_non_finite(value) for key, value in data.items()}
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [encode_non_finite(item) for item in data]
    return data
