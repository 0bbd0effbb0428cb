"""The network: its formulas in any arithmetic, its conventions, number formats and mistakes.

May import `text`. A mistake is a subclass of `Network` that breaks one convention: a mutant of the
network, as in mutation testing.
"""

__all__ = [
    "arithmetic",
    "evaluation",
    "exercises",
    "float_formats",
    "inputs",
    "mistakes",
    "network",
    "notation",
    "quantities",
]
