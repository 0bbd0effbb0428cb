"""The network: its formulas over any arithmetic, its conventions, formats and mistakes.

Knows `text` and the exceptions. A mistake is a network too, one with a convention broken.
"""

__all__ = [
    "arithmetic",
    "evaluation",
    "formats",
    "inputs",
    "mistakes",
    "network",
    "notation",
    "quantities",
]
