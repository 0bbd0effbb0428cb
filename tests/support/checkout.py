"""Where the checkout is, and what it holds that a test reads."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]


def schema(package: str, name: str) -> Any:
    """Return a JSON Schema that the package ships; it must be one."""
    held = json.loads((files(package) / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(held)
    return held


def valid_report(text: str) -> Any:
    """Read a report as strictly as its schema has it."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    report = json.loads(text, parse_constant=refuse)
    Draft202012Validator(schema("backproof.reports", "report")).validate(report)
    return report
