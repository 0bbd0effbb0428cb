"""Commands: each parses its arguments, calls another room and shows the result.

Knows every room. Click is used here only.
"""

__all__ = ["cli", "generate"]
