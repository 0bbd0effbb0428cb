"""Reports: the tables, explanations, pages and JSON made from results.

May import every package but `command_line`. Rich is used from here up, not below.
"""

__all__ = [
    "check_table",
    "console",
    "explanation",
    "fuzz_table",
    "hints",
    "json_report",
    "judged_examples",
    "kill_matrix",
    "sheet",
    "vector_tables",
    "worked",
]
