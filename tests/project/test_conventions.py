"""The tests keep their own rules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT
from frameworks import FRAMEWORKS

MODULES = sorted((ROOT / "tests").rglob("test_*.py"))


def words(function: ast.FunctionDef) -> Iterator[str]:
    """Yield every name and text in the body of a function, but for its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                yield node.id
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_test_names_a_framework(path: Path) -> None:
    """Parameters, and tables beside the tests, do."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert [f.name for f in functions if FRAMEWORKS.keys() & set(words(f))] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_test_has_the_name_of_another_in_its_module(path: Path) -> None:
    """The later one would take the place of the earlier, and only one would run."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert sorted(set(names)) == sorted(names)
