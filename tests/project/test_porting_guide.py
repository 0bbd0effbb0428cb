"""docs/guides/porting.md: every command in it is run, and every output is what it says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkout import ROOT
from shell import Shell

from backproof.errors import Unavailable
from backproof.judging.checking import check
from backproof.ports.loading import load

GUIDE = ROOT / "docs" / "guides" / "porting.md"
BLOCK = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What a section needs that may not be there.
LIBRARY = "A library's conventions"
NEEDS = {"In Python": "numpy", "In another language": "javascript", LIBRARY: "numpy"}


@dataclass(frozen=True)
class Block:
    """A block of code: a file to be written, or commands and what they show."""

    kind: str
    file: str | None
    text: str


def sections() -> Iterator[tuple[str, list[Block]]]:
    _, *chapters = re.split(r"^## ", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for chapter in chapters:
        title, _, text = chapter.partition("\n")
        blocks = [Block(*found) for found in BLOCK.findall(text)]
        if blocks:
            yield title, blocks


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Yield each command with the output that is shown for it."""
    _, *parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    for part in parts:
        command, _, output = part.partition("\n")
        yield command, output


def pattern(output: str) -> str:
    """Turn an output with gaps into a pattern; a line of … alone stands for any lines."""
    lines = [
        "(?:.*\n)*?" if line == "…\n" else re.escape(line).replace("…", ".*")
        for line in output.splitlines(keepends=True)
    ]
    return "".join(lines)


@pytest.mark.parametrize(("title", "blocks"), [*sections()], ids=[title for title, _ in sections()])
def test_a_chapter_can_be_followed(title: str, blocks: list[Block], tmp_path: Path) -> None:
    try:
        load(NEEDS[title])
    except Unavailable as reason:
        pytest.skip(str(reason))
    shell = Shell(tmp_path, tmp_path / "installed")
    for block in blocks:
        if block.file:
            (tmp_path / block.file).write_text(block.text, encoding="utf-8")
            continue
        assert block.kind == "console"
        for command, output in commands(block):
            said = shell.run(command)
            # The widths of a table's columns vary with the versions in them.
            shown = re.sub(" {2,}", "  ", said.text)
            wanted = pattern(re.sub(" {2,}", "  ", output))
            assert re.fullmatch(wanted, shown), f"{command}\n{said.text}\nis not\n{output}"


def library_port(file: str) -> str:
    """Return the port that the guide shows for a library's conventions."""
    [shown] = [block.text for block in dict(sections())[LIBRARY] if block.file == file]
    return shown


# What a port of the guide would do wrong if it left a convention of its library as it is.
UNBRIDGED = {
    "one bias for each unit": ("port.py", "len(X) * layer.db.sum()", "len(X) * layer.db", "train"),
    "gradients that are means": ("port.py", "layer.dW *= len(X)", "pass", "gradients"),
    "a mean of three": ("port.py", "((out - T) ** 2).mean()", "((out - T) ** 2).sum() / 3", "loss"),
    "activations of another layer": (
        "port.py",
        "out_h=out_h.tolist()",
        "out_h=out_y.tolist()",
        "forward",
    ),
    "fit with means": ("fit_port.py", "learning_rate * size", "learning_rate", "train"),
    "fit with biases": ("fit_port.py", "model.biases = model_of(params).biases", "pass", "train"),
    "fit with other activations": ("fit_port.py", "(X)[-1]", "(X)[-2]", "forward"),
}


@pytest.mark.parametrize(("file", "bridge", "instead", "op"), UNBRIDGED.values(), ids=UNBRIDGED)
def test_a_convention_that_is_not_bridged_fails(
    file: str, bridge: str, instead: str, op: str, tmp_path: Path
) -> None:
    """Although the quantities that the library does not show are unsupported."""
    try:
        load(NEEDS[LIBRARY])
    except Unavailable as reason:
        pytest.skip(str(reason))
    shown = library_port(file)
    assert bridge in shown
    path = tmp_path / file
    path.write_text(shown.replace(bridge, instead), encoding="utf-8")
    [run] = check([str(path)], dtypes=["float64"]).runs
    assert {r.vector.op for r in run.results if r.outcome == "fail"} >= {op}
    assert not run.conforms_where_supported


def wrong_after_training(path: Path) -> set[str]:
    """Return the parameters that exceed their error bounds after training."""
    [run] = check([str(path)], dtypes=["float64"]).runs
    trained = [result for result in run.results if result.vector.op == "train"]
    return {d.quantity for result in trained for d in result.wrong_deviations}


@pytest.mark.parametrize(
    ("tied", "wrong"),
    [("layer.b", set()), ("layer.b.sum() - b", {"b1", "b2"}), ("layer.b.mean()", {"b1", "b2"})],
    ids=["before the step", "after the step, by their sum", "after the step, by their mean"],
)
def test_biases_conform_only_if_tied_before_the_step(
    tied: str, wrong: set[str], tmp_path: Path
) -> None:
    try:
        load(NEEDS[LIBRARY])
    except Unavailable as reason:
        pytest.skip(str(reason))
    shown = library_port("port.py")
    summed, step = "layer.db[:] = len(X) * layer.db.sum()", "layer.step(learning_rate)"
    assert summed in shown
    assert step in shown
    after = f"b = layer.b.copy(); {step}; layer.b[:] = {tied}"
    port = shown.replace(step, after)
    path = tmp_path / "port.py"
    path.write_text(port.replace(summed, "layer.db *= len(X)") if wrong else port, encoding="utf-8")
    assert wrong_after_training(path) & {"b1", "b2"} == wrong


def test_every_chapter_that_needs_something_is_there() -> None:
    assert [title for title, _ in sections()] == list(NEEDS)


@pytest.mark.parametrize(
    ("output", "shown", "matches"),
    [
        ("a\n…\nb\n", "a\nx\ny\nb\n", True),
        ("a\n…\nb\n", "a\nb\n", True),
        ("a\n…\nb\n", "a\nx\n", False),
        ("1 …\n", "1 of 2\n", True),
        ("1 …\n", "1 \n2\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_only_gaps_that_are_shown_are_allowed(output: str, shown: str, matches: bool) -> None:
    assert bool(re.fullmatch(pattern(output), shown)) == matches
