"""Text and files: read untrusted files safely, write files whole or not at all.

May import nothing from backproof but its exceptions.
"""

__all__ = [
    "canonical_json",
    "english",
    "json_reading",
    "json_words",
    "reading",
    "resources",
    "shortening",
    "unprintable",
    "writing",
]
