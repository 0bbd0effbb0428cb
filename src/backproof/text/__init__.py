"""Read untrusted files safely, write files atomically, and format text for messages.

Imports nothing from backproof but its exceptions.
"""

__all__ = ["canonical_json", "english", "json_words", "reading", "resources", "writing"]
