"""CONTRIBUTING.md: every place that it names is there, and its lists are complete."""

import re
from collections.abc import Iterator, Sequence

import pytest
from checkout import ROOT

from backproof.command_line.cli import command
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import OPS
from backproof.ports.scaffold import TEMPLATES

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "src" / "backproof"
SOURCES = (PACKAGE, ROOT / "implementations", ROOT / "fixtures" / "schema.json")


def places(text: str) -> list[str]:
    """Return the paths that a text names."""
    return re.findall(r"`([\w./{}*-]+/[\w./*-]*|[\w-]+\.(?:py|toml|ini|txt|md))`", text)


def spelled(words: Sequence[str]) -> Iterator[str]:
    """Yield the files in which one of the words stands in quotes, as code writes it."""
    for source in SOURCES:
        for path in [source] if source.is_file() else sorted(source.rglob("*")):
            if path.suffix in {".py", ".json", ".h", ".c", ".go", ".mjs"} and (
                re.search(rf'"({"|".join(words)})"', path.read_text(encoding="utf-8"))
            ):
                yield str(path.relative_to(PACKAGE if PACKAGE in path.parents else ROOT))


def listed(heading: str) -> list[str]:
    """Return the files of a list: those in `src/backproof` are named from there."""
    text = PAGE.partition(f"**{heading}**:")[2].partition("\n\n")[0]
    return places(text)


@pytest.mark.parametrize("place", sorted({p for p in places(PAGE) if not p.startswith(".venv")}))
def test_every_place_that_it_names_is_there(place: str) -> None:
    folders = (ROOT, PACKAGE, PACKAGE / "diagnosis" / "clues", PACKAGE / "command_line")
    personal = place == "path/to/file.py"
    assert personal or any(list(folder.glob(place.rstrip("/"))) for folder in folders)


@pytest.mark.parametrize(
    ("heading", "words"), [("A dtype", [*FORMATS][-2:-1]), ("An op on the wire", OPS)]
)
def test_a_list_names_every_file_that_spells_a_word(heading: str, words: Sequence[str]) -> None:
    assert listed(heading) == sorted(spelled(words))


def test_every_template_is_a_folder_or_a_reference_port() -> None:
    folders = {path.name for path in (PACKAGE / "ports" / "templates").iterdir()}
    assert folders == TEMPLATES.keys()


@pytest.mark.parametrize("name", sorted(command.commands))
def test_every_option_is_in_the_reference(name: str) -> None:
    page = (ROOT / "docs/reference/command-line.md").read_text(encoding="utf-8")
    of_command = command.commands[name]
    subcommands = getattr(of_command, "commands", {"": of_command}).values()
    options = {
        option
        for subcommand in subcommands
        for parameter in subcommand.params
        for option in parameter.opts
        if option.startswith("--")
    }
    assert [option for option in sorted(options) if f"`{option}" not in page] == []
