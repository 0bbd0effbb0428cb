"""docs/guides/test-suite.md: its code runs, its failure is real, its table has every argument."""

import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT

import backproof
from backproof.testing import parametrize_with_vectors

PAGE = (ROOT / "docs" / "guides" / "test-suite.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
IMPORTS = BLOCKS[0].partition("\n\n\n")[0] + "\n\n\n"
FAILURE = re.findall(r"^```text\n(.*)\n```", PAGE, re.MULTILINE)[0]
# Doubles the gradient of w7, as the failure on the page shows.
BACKEND = """\
from backproof import load

class Mine(load("backproof.diagnosis.broken:Right")):
    name = "mine"

    def gradients(self, params, X, T):
        found = super().gradients(params, X, T)
        (w5, w6), (w7, w8) = found.W2
        return found._replace(W2=[[w5, w6], [2 * w7, w8]])
"""
KNOWN = """\
[[failure]]
vectors = "tutorial/row-1/gradients"
reason = "w7 is not written yet."
expires = 9999-12-31
"""


@pytest.fixture
def folder(tmp_path: Path, one_row: Path) -> Path:
    """A folder with all that the page's code names."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / "my_backend.py").write_text(BACKEND, encoding="utf-8")
    (tmp_path / "known-failures.toml").write_text(KNOWN, encoding="utf-8")
    (tmp_path / "vectors").mkdir()
    shutil.copy(one_row, tmp_path / "vectors" / "mine.json")
    return tmp_path


def run(folder: Path, code: str) -> str:
    """Run the tests of the tutorial's first row, as the page says, and return what pytest says."""
    code = code if code.startswith(IMPORTS) else IMPORTS + code
    (folder / "test_mine.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-rA", "-k", "row-1 and gradients"]
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(backproof.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_failure_on_the_page_is_what_pytest_shows(folder: Path) -> None:
    shown = run(folder, BLOCKS[0])
    assert re.search(f"^{re.escape(FAILURE).replace('…', '[0-9]*')}$", shown, re.MULTILINE), shown
    [test] = re.findall(r"`(test_conforms\[\S+\])`", PAGE)
    assert f"FAILED test_mine.py::{test}" in shown


def test_the_other_examples_run(folder: Path) -> None:
    of_a_dtype, with_known_failures = (run(folder, code) for code in BLOCKS[1:])
    assert "FAILED test_mine.py::test_conforms[float32-tutorial/row-1/gradients]" in of_a_dtype
    assert "float64" not in of_a_dtype
    assert "XFAIL test_mine.py::test_conforms[float64-tutorial/row-1/gradients]" in (
        with_known_failures
    )


def test_every_argument_has_a_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert rows == [*inspect.signature(parametrize_with_vectors).parameters]
