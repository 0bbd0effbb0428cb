"""Test vectors: inputs, published numbers, reference values and error bounds.

Imports `truth` and what it imports, and no backend.
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
