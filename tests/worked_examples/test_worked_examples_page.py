"""docs/guides/worked-examples.md: its sample output, its file and its tables."""

import re
from pathlib import Path

import pytest
from checkout import ROOT
from conftest import Command

from backproof.worked_examples.example import load_example
from backproof.worked_examples.verdicts import VerdictKind

PAGE = ROOT / "docs" / "guides" / "worked-examples.md"


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def block(page: str, language: str) -> str:
    """Return the first block of code in a language."""
    return page.partition(f"```{language}\n")[2].partition("```\n")[0]


def test_the_sample_is_what_the_command_prints(
    backproof: Command, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    command, *shown = block(page, "console").splitlines()
    assert command.startswith("$ backproof diagnose ")
    done = backproof(*command.split()[2:])
    assert [line.rstrip() for line in done.out.splitlines()] == shown


def test_the_file_that_is_shown_can_be_read(page: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(block(page, "toml"), encoding="utf-8")
    example = load_example(path)
    assert [line.name for line in example.lines] == ["out_h1", "dE2_dout_h1", "new_w5", "E_total"]


def test_every_verdict_is_explained(page: str) -> None:
    rows = re.findall(r"^\| (.+?) \| ", page.partition("| verdict |")[2], re.MULTILINE)
    named = {VerdictKind.MISTAKE.value: "*a mistake*"}  # the command prints its id
    assert sorted(rows) == sorted(named.get(kind.value, kind.value) for kind in VerdictKind)
