"""The page of hostile input has a row for each test that tries one."""

import subprocess
import sys

import pytest
from checkout import ROOT

pytestmark = pytest.mark.proof


def test_the_page_of_hostile_input_is_made_from_the_tests() -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "tests" / "support" / "hostile_page.py"],
        capture_output=True,
        check=True,
        text=True,
    )
    page = ROOT / "docs" / "reference" / "hostile-input.md"
    assert made.stdout == page.read_text(encoding="utf-8")
