"""Backends under test: find, start and query them, and contain what they do.

May import `network` and `text`; no reference value, so nothing here can help a backend pass.
"""

__all__ = [
    "contract",
    "in_process_driver",
    "launching",
    "loading",
    "process",
    "remote_driver",
    "responses",
    "scaffold",
    "smoke_test",
    "specs",
    "wire",
]
