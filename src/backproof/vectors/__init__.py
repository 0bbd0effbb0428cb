"""Test vectors: what is asked, what a source publishes, what must come out.

Knows `truth` and what is below it, and no backend.
"""

__all__ = [
    "documents",
    "entries",
    "export",
    "generate",
    "problems",
    "random_nets",
    "vectors",
    "verification",
    "versions",
]
