"""`backproof diagnose`: output and exit statuses."""

from pathlib import Path

import pytest
from conftest import Command
from worked_example_files import GIVEN

from backproof.network.mistakes import CATALOGUE

RIGHT = GIVEN + "[printed]\nh1 = 0.3775\nE_total = 0.298371109\n"
WRONG = RIGHT + "[after.1]\nE_total = 0.291027924\n"


def written(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_right_ends_with_success(backproof: Command, tmp_path: Path) -> None:
    done = backproof("diagnose", written(tmp_path, RIGHT))
    assert (done.status, done.err) == (0, "")
    lines = [line.rstrip() for line in done.out.splitlines()]
    assert lines == [
        "mine",
        "number   published    should be  verdict",
        "h1       0.3775                  right",
        "E_Total  0.298371109             right",
        "2 of 2 published numbers are right to every digit.",
    ]


def test_what_is_wrong_is_explained_and_ends_with_1(backproof: Command, tmp_path: Path) -> None:
    done = backproof("diagnose", written(tmp_path, WRONG))
    assert (done.status, done.err) == (1, "")
    lines = done.out.splitlines()
    assert lines[4].split() == [
        *["E_Total,", "after", "1", "update", "0.291027924", "0.291027774"],
        "hidden-delta-uses-updated-weights",
    ]
    named = "hidden-delta-uses-updated-weights"
    assert lines[5:] == [
        "2 of 3 published numbers are right to every digit.",
        "1 of 1 wrong numbers is reproduced by this mistake:",
        f"  {named}: {CATALOGUE[named].description()}",
        "Every wrong number is explained, to the last published digit.",
    ]


def test_what_cannot_be_explained_is_said(backproof: Command, tmp_path: Path) -> None:
    done = backproof("diagnose", written(tmp_path, GIVEN + "[printed]\nout_y1 = 0.751365083\n"))
    assert done.status == 1
    assert done.out.splitlines()[-1] == (
        "1 of 1 wrong numbers is unexplained: no known mistake or typo reproduces the digits of "
        "Out y1."
    )


def test_the_template_can_be_diagnosed(backproof: Command, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    assert backproof("diagnose", "--template", "-o", path).status == 0
    assert backproof("diagnose", "--template").out == path.read_text(encoding="utf-8")
    done = backproof("diagnose", path)
    assert (done.status, done.out.splitlines()[0]) == (1, "My example")


def test_a_folder_becomes_a_page(backproof: Command, tmp_path: Path) -> None:
    written(tmp_path, f'title = "One *fine* text"\n{RIGHT}', "a.toml")
    written(tmp_path, f'source = "https://example.org/b"\nnote = "By hand."\n{WRONG}', "b.toml")
    page = tmp_path / "page.md"
    assert backproof("diagnose", tmp_path, "--markdown", "-o", page).status == 1
    text = page.read_text(encoding="utf-8")
    assert "| [One \\*fine\\* text](#a) | 2 | 2 | · | · | · | · | · |" in text
    assert "| [b](#b) | 3 | 2 | · | 1 | · | · | · |" in text
    assert "| **2 sources** | 5 | 4 | · | 1 | · | · | · |" in text
    assert "<https://example.org/b>\n\nBy hand.\n" in text
    assert "| E\\_Total, after 1 update | 0.291027924 | 0.291027774 | hidden-delta" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "FILE is missing; --template prints one", id="no file"),
        pytest.param(["-o", "x", "{file}"], "-o needs --markdown", id="an output for nothing"),
        pytest.param(["{folder}"], "this folder has no worked examples", id="an empty folder"),
        pytest.param(["nowhere.toml"], "'nowhere.toml' does not exist", id="no such file"),
        pytest.param(["{broken}"], "broken.txt: is not TOML", id="a file that is none"),
    ],
)
def test_what_cannot_be_done_ends_with_2(
    backproof: Command, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    places = {
        "file": written(tmp_path, RIGHT),
        "folder": tmp_path / "empty",
        "broken": written(tmp_path, "[", "broken.txt"),
    }
    done = backproof("diagnose", *(argument.format(**places) for argument in arguments))
    assert (done.status, done.out) == (2, "")
    assert said in done.err
