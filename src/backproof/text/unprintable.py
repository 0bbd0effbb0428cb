"""Text of unknown origin, made safe to print: the one place that says what may not be printed.

Unprintable are control characters, which command a terminal; what sets the direction of text, or
separates lines as no terminal does, so that a text shows as another; what has no width, so that one
name shows as another; and lone surrogates, which stand for bytes that are no text.
"""

import re

UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # direction
    "\u2028\u2029"  # line and paragraph separators
    "\u200b\u2060-\u2064\ufeff\ufff9-\ufffb"  # no width
    "\ud800-\udfff]"  # lone surrogates
)


def printable(text: str, *, keep: str = "") -> str:
    """Escape what is unprintable as Python does, except the characters in `keep`."""
    return UNPRINTABLE.sub(lambda c: c[0] if c[0] in keep else ascii(c[0])[1:-1], text)
