"""The one way in which backproof writes JSON: stable to the byte, and readable in a diff."""

import hashlib
import json
from typing import Any

LINE = 100


def canonical(data: Any, indent: int = 0) -> str:
    """Write JSON with every object and array on one line where it fits, else one member a line."""
    flat = json.dumps(data, ensure_ascii=False)
    if not isinstance(data, dict | list) or not data or indent + len(flat) <= LINE:
        return flat
    inner = indent + 2
    if isinstance(data, dict):
        members = [
            f"{json.dumps(k, ensure_ascii=False)}: {canonical(v, inner)}" for k, v in data.items()
        ]
        opening, closing = "{", "}"
    else:
        members = [canonical(item, inner) for item in data]
        opening, closing = "[", "]"
    gap = "\n" + " " * inner
    return opening + gap + f",{gap}".join(members) + "\n" + " " * indent + closing


def content_hash(data: Any) -> str:
    """Return the SHA-256 of what the data says, however it is laid out, in hexadecimal."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
