"""Whether answers are right: a number, a vector, a run, all backends side by side, random nets.

Knows `vectors`, `ports` and everything below them; why an answer is wrong is not asked here.
"""

__all__ = [
    "agreements",
    "all_ports",
    "deviations",
    "first_wrong_number",
    "fuzzing",
    "known_failures",
    "known_failures_file",
    "one_port",
    "results",
    "sentences",
]
