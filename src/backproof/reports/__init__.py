"""Reports: the tables, explanations, pages and JSON made from results.

Knows every room but `command_line`. Rich is used here and there only.
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
