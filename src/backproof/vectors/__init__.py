"""Test vectors: inputs, published numbers, reference values and error bounds.

May import `truth` and below, and no backend.
"""

__all__ = [
    "documents",
    "drawn",
    "entries",
    "export",
    "fixtures",
    "generate",
    "names",
    "problems",
    "random_nets",
    "vectors",
    "verification",
    "versions",
]
