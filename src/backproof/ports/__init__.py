"""Backends under test: find, start and query them, and contain what they do.

May import `network` and `text`; no reference value, so nothing here can help a backend pass.
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
