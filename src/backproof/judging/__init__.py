"""Verdicts: is every number within its bound? For one backend, for all, at random.

Knows `vectors`, `ports` and what is below them; not why an answer is wrong.
"""

__all__ = [
    "agreements",
    "all_ports",
    "checking",
    "deviations",
    "first_wrong_number",
    "fuzzing",
    "known_failures",
    "known_failures_file",
    "one_port",
    "results",
    "sentences",
]
