"""The rooms of the source: what stands at the top, what is public, which way imports go."""

import ast
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT

import backproof

SOURCE = ROOT / "src" / "backproof"
TOP = {
    "command_line",
    "diagnosis",
    "errors.py",
    "interface.py",
    "judging",
    "network",
    "ports",
    "pytest_plugin.py",
    "reports",
    "testing.py",
    "text",
    "truth",
    "vectors",
    "worked_examples",
}
ROOMS = sorted(name for name in TOP if not name.endswith(".py"))
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "templates" not in path.parts)
MOST_LINES = 400
TABLES = {  # of data, in which a line is a fact
    "src/backproof/vectors/fixtures/hard.py": "the hard vectors",
}

has_import_linter = pytest.mark.skipif(
    importlib.util.find_spec("importlinter") is None,
    reason="needs import-linter: pip install --group architecture",
)


def dotted(path: Path) -> str:
    """Return the name under which a module is imported."""
    return ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield what a module imports from backproof: the module, and the name taken from it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("backproof."):
            assert node.module is not None
            yield from ((node.module, alias.name) for alias in node.names)


def test_a_newcomer_sees_fourteen_names() -> None:
    """Beside the modules with which Python itself begins, and the mark that there are types."""
    entries = {path.name for path in SOURCE.iterdir()} - {"__pycache__", "py.typed"}
    assert {name for name in entries if not name.startswith("__")} == TOP


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_for_what_it_knows_and_what_is_public(room: str) -> None:
    package = importlib.import_module(f"backproof.{room}")
    assert "\nMay import " in (package.__doc__ or "")
    assert package.__all__ == sorted(package.__all__)
    for name in package.__all__:
        importlib.import_module(f"backproof.{room}.{name}")


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_takes_from_another_room_only_what_is_public_there(path: Path) -> None:
    own = dotted(path).split(".")[1:2]
    for module, name in imports(path):
        _, room, *rest = module.split(".")
        if [room] == own or room not in ROOMS:
            continue
        public = importlib.import_module(f"backproof.{room}").__all__
        assert (rest[0] if rest else name) in public, f"{module} is not public"
        assert not name.startswith("_"), f"{module}.{name} is private"


@pytest.mark.parametrize(
    "path",
    [*MODULES, *sorted((ROOT / "tests").rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_module_has_at_most_400_lines(path: Path) -> None:
    if str(path.relative_to(ROOT)) not in TABLES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_what_is_longer_is_a_table_that_needs_it() -> None:
    for name in TABLES:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > MOST_LINES


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_no_function_or_class_bears_the_name_of_its_module(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert path.stem not in defined


def test_the_public_names_are_pinned() -> None:
    testing = importlib.import_module("backproof.testing")
    errors = importlib.import_module("backproof.errors")
    assert backproof.__all__ == ["UNSUPPORTED", "Backend", "Forward", "Loss", "Params", "load"]
    assert testing.__all__ == ["parametrize_with_vectors"]
    assert errors.__all__ == [
        "BackproofError",
        "BoundUnavailable",
        "ExampleError",
        "KnownFailuresError",
        "SpecError",
        "Unavailable",
        "VectorFileError",
    ]
    for module in (backproof, testing, errors):
        assert all(hasattr(module, name) for name in module.__all__)


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the imports of a copy of the source, with the contracts of pyproject.toml."""
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


# What is planted in one module, and the contract that it breaks.
PLANTED = {
    "upwards": (
        "truth/certified.py",
        "from backproof.judging import results",
        "Every import points down",
    ),
    "upwards-inside-a-function": (
        "text/english.py",
        "def late() -> None:\n    from backproof.network import float_formats",
        "Every import points down",
    ),
    "sideways": ("ports/wire.py", "import backproof.vectors.entries", "Every import points down"),
    "truth-in-a-driver": (
        "ports/remote_driver.py",
        "from backproof.truth import arithmetics",
        "ports does not import truth",
    ),
    "click-below-the-command-line": (
        "reports/console.py",
        "import click",
        "Only command_line imports click",
    ),
    "a-framework": (
        "judging/one_backend.py",
        "import numpy",
        "No framework under test is imported",
    ),
    "a-circle": (
        "network/float_formats.py",
        "from backproof.network import inputs",
        "No package has a circular import",
    ),
    "a-room-without-a-storey": ("attic.py", '"""New."""', "Every import points down"),
}


@has_import_linter
def test_imports_keep_every_contract() -> None:
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


@has_import_linter
@pytest.mark.parametrize(("module", "line", "contract"), PLANTED.values(), ids=PLANTED)
def test_a_planted_import_breaks_its_contract(
    module: str, line: str, contract: str, tmp_path: Path
) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / "src" / "backproof" / module
    assert planted.exists() or line == '"""New."""'
    with planted.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = lint_imports(tmp_path)
    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout
