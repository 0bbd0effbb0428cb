"""`backproof explain`: which test vector it shows, where it writes, and its error messages."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from checkout import ROOT
from conftest import Command
from sheets import NUMBER, blocks
from vector_files import MAZUR, entry, with_op, written

from backproof.vectors.vectors import Vector

OUTLINE = """\
## Step 1 of 2: rows 1 to 3
### Given
### Row 1
#### Forward propagation
#### Loss
#### Backpropagation: output layer
#### Backpropagation: hidden layer
### Row 2
#### Forward propagation
#### Loss
#### Backpropagation: output layer
#### Backpropagation: hidden layer
### Row 3
#### Forward propagation
#### Loss
#### Backpropagation: output layer
#### Backpropagation: hidden layer
### Rows 1 to 3 together
## Step 2 of 2: row 4
### Given
### Forward propagation
### Loss
### Backpropagation: output layer
### Backpropagation: hidden layer
## After 2 steps
### Given
### Row 1
#### Forward propagation
#### Loss
### Row 2
#### Forward propagation
#### Loss
### Row 3
#### Forward propagation
#### Loss
### Row 4
#### Forward propagation
#### Loss
"""


def test_steps_of_several_rows_are_worked_out_row_by_row_then_together(backproof: Command) -> None:
    done = backproof("explain", "tutorial/1-epoch/batches-of-3", "--markdown")
    assert re.findall(r"^##.*\n", done.out, re.MULTILINE) == OUTLINE.splitlines(keepends=True)


@pytest.mark.parametrize("options", [[], ["--markdown"]], ids=["text", "markdown"])
def test_nothing_is_explained_twice(backproof: Command, options: list[str]) -> None:
    done = backproof("explain", "tutorial/1-epoch/batches-of-3", *options)
    for words in ("Each unit adds up", "by the chain rule", "The new value", "∂y1/∂w5 = Out h1"):
        assert done.out.count(words) == 1, words


def test_in_the_terminal_a_blank_line_stands_before_every_heading(backproof: Command) -> None:
    lines = backproof("explain", "tutorial/1-epoch/batches-of-3").out.splitlines()
    underlined = [i for i, line in enumerate(lines) if i > 1 and re.fullmatch("[─╌·]+", line)]
    assert len(underlined) == OUTLINE.count("\n")
    assert all(lines[i - 2] == "" for i in underlined)


def test_of_many_epochs_the_first_is_written_out_and_the_end_is_shown(
    backproof: Command, tutorials: Mapping[str, Vector]
) -> None:
    done = backproof("explain", "tutorial/10-epochs/full-batch", "--markdown")
    steps = re.findall(r"^## (.+)$", done.out, re.MULTILINE)
    assert steps == ["Step 1 of 10: rows 1 to 4", "After 10 steps"]
    w1 = tutorials["tutorial/10-epochs/full-batch"].expected["float64"]["W1[0][0]"].value
    assert f"w1 = {w1:.12f}" in done.out.split("## After 10 steps")[1]


def test_a_weight_printed_after_many_epochs_is_judged(backproof: Command, tmp_path: Path) -> None:
    path = written(tmp_path, with_op("train", inputs__epochs=3, printed={"params.W2[0][0]": "1.5"}))
    done = backproof("explain", "--vectors", path)
    assert "0 of 1 published numbers are right; w5 is not 1.5." in done.out


@pytest.mark.parametrize("columns", [60, 80, 100, 120])
def test_no_line_is_longer_than_the_terminal_or_than_is_easily_read(
    monkeypatch: pytest.MonkeyPatch, backproof: Command, columns: int
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    done = backproof("explain", "tutorial/1-epoch/batches-of-3-with-biases", "--digits", "17")
    lines = re.sub(r"\x1b\[[0-9;]*m", "", done.out).splitlines()
    assert len(lines) > 500
    assert max(map(len, lines)) <= min(columns, 100)


def test_at_twelve_digits_no_formula_of_a_row_is_broken_in_80_columns(backproof: Command) -> None:
    done = backproof("explain")
    starts = [line.strip()[:2] for line in done.out.splitlines()]
    assert not {"· ", "+ ", "− "} & set(starts)


def test_markdown_and_terminal_carry_the_same_lines(backproof: Command) -> None:
    on_the_page = backproof("explain", "--markdown").out
    in_the_terminal = backproof("explain").out.splitlines()
    formulas = [line for lines in blocks(on_the_page) for line in lines]
    assert len(formulas) > 150
    assert formulas == [line for line in in_the_terminal if line in set(formulas)]
    assert NUMBER.findall(re.sub("```text|#+ ", "", on_the_page)) == NUMBER.findall(
        re.sub("(?m)^[═─╌]+$", "", "\n".join(in_the_terminal))
    )


def test_the_readme_shows_what_the_command_shows(backproof: Command) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    [formula] = re.findall(r"```text\n(∂E/∂w1 .+?)```", readme, re.DOTALL)
    assert formula in backproof("explain").out


def test_a_terminal_shows_wrong_digits_in_red(
    monkeypatch: pytest.MonkeyPatch, backproof: Command, tmp_path: Path
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    path = written(tmp_path, MAZUR, "mazur.json")
    lines = backproof("explain", "mazur/1", "--vectors", path).out.splitlines()
    red = [line for line in lines if re.search(r"\x1b\[1;31m *\S", line)]
    assert len(red) == 1
    assert "−0.019049119" in red[0]


@pytest.mark.parametrize("options", [[], ["--markdown"]], ids=["text", "markdown"])
def test_a_sheet_is_written_to_a_file(
    monkeypatch: pytest.MonkeyPatch, backproof: Command, tmp_path: Path, options: list[str]
) -> None:
    """The file has no colors, even if the terminal has."""
    path = tmp_path / "sheet"
    with monkeypatch.context() as coloured:
        coloured.setenv("FORCE_COLOR", "1")
        done = backproof("explain", *options, "-o", path)
    assert (done.status, done.out) == (0, "")
    assert path.read_text("utf-8") == backproof("explain", *options).out


def test_a_command_that_fails_leaves_the_file_alone(backproof: Command, tmp_path: Path) -> None:
    path = written(tmp_path, "mine", "sheet.md")
    done = backproof("explain", "tutorial/row-2", "-o", path)
    assert done.status == 2
    assert path.read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("", "tutorial/row-1/step"),
        ("tutorial", "tutorial/row-1/step"),
        ("tutorial/row-1/", "tutorial/row-1/step"),
        ("tutorial/all-rows", "tutorial/all-rows/gradients"),
        ("tutorial/row-1/loss", "tutorial/row-1/loss"),
    ],
)
def test_the_beginning_of_an_id_stands_for_the_vector_that_computes_the_most(
    backproof: Command, name: str, taken: str
) -> None:
    assert backproof("explain", *filter(None, [name])).out.startswith(f"{taken}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["tutorial/row-1/stop"],
            "tutorial/row-1/stop: no test vector has this id; did you mean tutorial/row-1/step or ",
        ),
        (["!"], "!: no test vector has this id; `backproof vectors list` lists all ids"),
        (["?"], "?: no test vector's id matches this pattern; `backproof vectors list` lists all"),
        (["--digits", "0"], "Invalid value for '--digits': 0 is not in the range 1<=x<=40."),
        (["-o", "nowhere/sheet.md"], "nowhere/sheet.md: cannot be written: the folder "),
        (["--vectors", "nowhere.json"], "Invalid value for '--vectors': Path 'nowhere.json' does"),
        (
            ["hard/non-finite/nan-target/loss"],
            "hard/non-finite/nan-target/loss: has NaN or infinite inputs, which cannot be",
        ),
    ],
)
def test_what_cannot_be_explained_is_said(
    backproof: Command, arguments: list[str], message: str
) -> None:
    done = backproof("explain", *arguments)
    assert (done.status, done.out) == (2, "")
    assert message in done.err


def test_a_training_of_no_step_says_so(backproof: Command, tmp_path: Path) -> None:
    path = written(tmp_path, entry(inputs__epochs=0))
    done = backproof("explain", "--vectors", path)
    assert done.status == 0
    assert "No step" in done.out
    assert "new w1" not in done.out


@pytest.mark.hostile("A terminal", "whose width is given as 0 columns", "all is shown")
def test_a_width_of_0_is_an_unknown_one(
    backproof: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "Out h1" in backproof("explain", "tutorial/row-1/forward").out
