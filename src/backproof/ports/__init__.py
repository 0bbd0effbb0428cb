"""Load, start and call the backends under test, and contain their failures.

May import `network` and `text`; no reference values, so nothing here can leak them to a backend.
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
