"""Words and files: reads what strangers wrote, writes files whole or not at all.

Knows nothing else of backproof but its exceptions.
"""

__all__ = ["canonical_json", "english", "json_words", "reading", "resources", "writing"]
