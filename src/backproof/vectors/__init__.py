"""Vector files: what is asked of a backend, what a source prints, and what must come out.

Knows `truth` and everything below it, and no backend.
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
