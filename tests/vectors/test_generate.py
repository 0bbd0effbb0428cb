"""The fixtures are what their generator makes, to the byte."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from backproof.command_line import generate
from backproof.ports.specs import BUILT_IN
from backproof.text.resources import resource_folder
from backproof.vectors.generate import FIXTURE_MODULES, first_difference, generate_fixture

pytestmark = pytest.mark.proof

FOLDER = resource_folder("fixtures")
TEXT = 'first\n  "second": "é"\nthird\n'
LONG = "long.json"  # takes minutes
EVERY_FIXTURE = [
    pytest.param(name, marks=[pytest.mark.slow] if name == LONG else []) for name in FIXTURE_MODULES
]

Generate = Callable[..., Result]


@pytest.fixture
def generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generate:
    """The command, for a folder of its own and fixtures that are made in no time."""
    monkeypatch.setattr(generate, "resource_folder", lambda _: tmp_path)
    monkeypatch.setattr(generate, "generate_fixture", lambda name: f"{name}\n{TEXT}")

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(generate.main, arguments)

    return run


@pytest.mark.parametrize("name", EVERY_FIXTURE)
def test_a_fixture_is_generated_byte_for_byte(name: str) -> None:
    text = generate_fixture(name)
    assert text.encode() == (FOLDER / name).read_bytes()
    assert first_difference(FOLDER / name, text) is None


@pytest.mark.parametrize("name", FIXTURE_MODULES)
def test_a_fixture_asks_what_its_module_says(name: str) -> None:
    """Without what is computed, which for some takes minutes."""
    _, module = FIXTURE_MODULES[name]
    computed = {"dtypes", "expected", "printed"}

    def asked(vectors: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{k: v for k, v in vector.items() if k not in computed} for vector in vectors]

    held = json.loads((FOLDER / name).read_text(encoding="utf-8"))["vectors"]
    assert asked(held) == asked(module.vectors())


def test_every_vector_file_is_generated() -> None:
    """Nothing but the schema stands beside them."""
    assert {path.name for path in FOLDER.glob("*.json")} == {*FIXTURE_MODULES, "schema.json"}


@pytest.mark.parametrize(
    ("held", "line"),
    [
        (TEXT.replace("first", "f1rst"), 1),
        (TEXT.replace("é", "e\N{COMBINING ACUTE ACCENT}"), 2),
        (TEXT.replace("third\n", "third"), 3),
        (TEXT.replace("third\n", "third \n"), 3),
        (TEXT.replace("third\n", "third\r\n"), 3),
        (TEXT.replace("third\n", ""), 3),
        (TEXT + "\n", 4),
        (TEXT + "more", 4),
        ("", 1),
    ],
)
def test_a_changed_byte_is_found_with_its_line(tmp_path: Path, held: str, line: int) -> None:
    path = tmp_path / "held.json"
    path.write_bytes(held.encode())
    assert (first_difference(path, TEXT) or "").startswith(f"{path}:{line}: contains ")


def test_what_was_changed_is_shown_beside_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "held.json"
    path.write_bytes(TEXT.replace("first", "f1rst").encode())
    assert first_difference(path, TEXT) == f"{path}:1: contains 'f1rst', generated 'first'"


def test_what_is_no_utf_8_is_found(tmp_path: Path) -> None:
    path = tmp_path / "held.json"
    path.write_bytes(TEXT.encode("latin-1"))
    found = first_difference(path, TEXT)
    assert found is not None
    assert found.startswith(f"{path}:2: ")


def test_a_missing_fixture_is_found(tmp_path: Path) -> None:
    path = tmp_path / "missing.json"
    assert first_difference(path, TEXT) == f"{path}: missing"


def test_the_command_writes_every_fixture_and_then_finds_them_right(
    generator: Generate, tmp_path: Path
) -> None:
    assert generator().exit_code == 0
    assert {path.name: path.read_bytes().decode() for path in tmp_path.iterdir()} == {
        name: f"{name}\n{TEXT}" for name in FIXTURE_MODULES
    }
    checked = generator("--check")
    assert checked.exit_code == 0
    assert checked.output.count("matches what is generated, byte for byte") == len(FIXTURE_MODULES)


def test_the_command_fails_at_one_changed_byte_and_changes_nothing(
    generator: Generate, tmp_path: Path
) -> None:
    generator()
    name = list(FIXTURE_MODULES)[-1]
    path = tmp_path / name
    path.write_bytes(path.read_bytes().replace(b"third", b"4hird"))
    checked = generator("--check")
    assert checked.exit_code == 1
    assert f"{path}:4: contains '4hird', generated 'third'" in checked.output
    assert b"4hird" in path.read_bytes()


def test_the_command_takes_the_fixtures_named(generator: Generate, tmp_path: Path) -> None:
    name = next(iter(FIXTURE_MODULES))
    assert generator(name).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert generator("--check", name).exit_code == 0
    assert generator("--check").exit_code == 1
    assert generator("nothing.json").exit_code == 2


def test_truth_comes_from_no_implementation() -> None:
    """The generator loads none, nor anything that could."""
    program = "import sys, backproof.command_line.generate; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    frameworks = {built_in.framework for built_in in BUILT_IN.values()}
    assert not loaded & frameworks
    assert not [name for name in loaded if name.startswith("backproof_port_")]
    assert "backproof.truth.certified" in loaded
