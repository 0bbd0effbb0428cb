"""The JSON layout of all files that backproof writes: byte-stable and readable in a diff."""

import hashlib
import json
from typing import Any

MAX_LINE_LENGTH = 100


def dump_canonical(data: Any, indent: int = 0) -> str:
    """Format JSON: an object or array goes on one line if it fits, else one member per line."""
    flat = json.dumps(data, ensure_ascii=False)
    if not isinstance(data, dict | list) or not data or indent + len(flat) <= MAX_LINE_LENGTH:
        return flat
    inner = indent + 2
    if isinstance(data, dict):
        members = [
            f"{json.dumps(k, ensure_ascii=False)}: {dump_canonical(v, inner)}"
            for k, v in data.items()
        ]
        opening, closing = "{", "}"
    else:
        members = [dump_canonical(item, inner) for item in data]
        opening, closing = "[", "]"
    gap = "\n" + " " * inner
    return opening + gap + f",{gap}".join(members) + "\n" + " " * indent + closing


def content_hash(data: Any) -> str:
    """Return the SHA-256 of the data in hexadecimal, whatever its layout and order of keys."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
