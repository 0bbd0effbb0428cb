"""Text and files: untrusted files are read, our files are written whole or not at all.

Knows nothing of backproof but its exceptions.
"""

__all__ = ["canonical_json", "english", "json_words", "reading", "resources", "writing"]
