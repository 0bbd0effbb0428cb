"""The page of hostile input: a row for each test with the mark `hostile`.

python tests/support/hostile_page.py > docs/reference/hostile-input.md
"""

import contextlib
import io
import sys
from collections.abc import Iterable, Iterator

import pytest
from checkout import ROOT

INTRODUCTION = """\
# Hostile input

What was tried to make `backproof` crash, hang, lose something or say something untrue, and what
happens. Every row is a test. The page is generated: `python tests/support/hostile_page.py`.

The rows under "Anything, at random" are drawn: a few in every test run, always the same, and more,
others each time, with `tox -e hostile`. A random run of less than that length drew 750 responses,
1,200 files, 37 ports and 30 signals, and found nothing. An earlier one found that responses in
UTF-16 were accepted; they are now refused.
"""


class Collected:
    """Keeps the tests that pytest collects."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.items += items


def page() -> str:
    """Return the page, from the marks of the tests."""
    files = [str(p) for p in (ROOT / "tests").rglob("test_*.py") if "mark.hostile" in p.read_text()]
    collected = Collected()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        status = pytest.main(["--collect-only", "-q", "--slow", *sorted(files)], [collected])
    if status != pytest.ExitCode.OK:
        sys.exit(said.getvalue())
    rows = (mark.args for item in collected.items for mark in item.iter_markers("hostile"))
    return "\n".join([INTRODUCTION, *_tables(dict.fromkeys(rows))])


def _tables(rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    by_kind: dict[str, list[str]] = {}
    for kind, attempt, answer in rows:
        by_kind.setdefault(kind, []).append(f"| {attempt} | {answer} |")
    for kind, lines in sorted(by_kind.items()):
        yield "\n".join([f"## {kind}", "", "| attempt | what happens |", "|---|---|", *lines, ""])


if __name__ == "__main__":
    sys.stdout.write(page())
