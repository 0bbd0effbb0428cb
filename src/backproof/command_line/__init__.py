"""Commands: each parses its arguments, calls another package and prints the result.

May import every package. Only this one uses Click.
"""

__all__ = ["cli", "generate", "signals"]
