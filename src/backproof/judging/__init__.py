"""Verdicts: is every number within its bound? For one backend, for all, at random.

May import `vectors`, `ports` and below. Why a number is wrong is not decided here.
"""

__all__ = [
    "agreements",
    "all_backends",
    "checking",
    "deviations",
    "first_wrong_number",
    "fuzzing",
    "known_failures",
    "known_failures_file",
    "one_backend",
    "requests",
    "results",
    "sentences",
    "started_backends",
]
