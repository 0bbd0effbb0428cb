"""Write JSON paths and values for error messages: `ok.h[0][1]`, null, "a text"."""

import json
from collections.abc import Iterable
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
