"""Backends under test: found, started, asked, and kept from doing harm.

Knows `network` and `text`; no truth, so that nothing here can help a backend to be right.
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
