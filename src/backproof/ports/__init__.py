"""Backends under test: found, started, asked, and kept from doing harm.

Knows `network` and `text`; no reference value, so nothing here can help a backend.
"""

__all__ = [
    "contract",
    "in_process",
    "launching",
    "loading",
    "process",
    "remote",
    "replies",
    "scaffold",
    "smoke_test",
    "specs",
    "wire",
]
