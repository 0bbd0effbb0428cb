"""JSON's own words, for sentences about what stands in it: `ok.h[0][1]`, null, "a text"."""

import json
from collections.abc import Iterable
from typing import Any


def dotted(place: Iterable[str | int]) -> str:
    """Write the way from the top to a value as one word."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)
    return "".join(parts).lstrip(".")


def short(value: Any) -> str:
    """Write a value as JSON has it, or say of what kind it is where that takes long."""
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:40]}… ({len(text):,} characters)"
