"""Reports: the tables, explanations, pages and JSON made from results.

May import every package but `command_line`. Rich is used from here up, not below.
"""

__all__ = [
    "check_table",
    "console",
    "explanation",
    "explanation_sheet",
    "fuzz_table",
    "hints",
    "json_report",
    "kill_matrix",
    "listed_backends",
    "published_examples",
    "stage_writer",
    "vector_tables",
]
