"""What people and machines read of a result: tables, explanations, pages, the JSON report.

Knows every room but the command line. Rich is used here and there only.
"""

__all__ = [
    "check_table",
    "console",
    "explanation",
    "hints",
    "json_report",
    "judged_examples",
    "kill_matrix",
    "sheet",
    "worked",
]
