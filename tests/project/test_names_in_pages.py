"""The pages on how the code works: what they call by a name exists under that name."""

import ast
import re
from functools import cache

import pytest
from checkout import ROOT

SOURCE = ROOT / "src" / "backproof"
PAGES = ("docs/evidence/numerics.md", "docs/project/architecture.md")
FILE = r"\w+\.(?:json|py|toml)`"
NAME = re.compile(rf"`(?!{FILE})([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)`")
PATH = re.compile(r"`([\w.]+/[\w./]*)`")
NO_NAMES = {  # in backticks, but words of a file format, which the source holds as strings
    "anchors": "a key of a vector file",
    "printed": "a key of a vector file",
    "hello": "a request of the wire protocol",
    "echo": "a request of the wire protocol",
}


@cache
def defined() -> set[str]:
    """Return the names of all modules, classes, functions, fields and constants of the package."""
    names = set()
    for path in SOURCE.rglob("*.py"):
        names |= {path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                names.add(node.name)
            if isinstance(node, ast.Module | ast.ClassDef):
                names |= {name for statement in node.body for name in assigned(statement)}
    return names


def assigned(statement: ast.stmt) -> list[str]:
    """Return the names to which a statement assigns."""
    targets: list[ast.expr] = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def unknown(page: str) -> list[str]:
    """Return what a page has in backticks as a name or path, but the repository has not."""
    names = [name for name in NAME.findall(page) if name not in NO_NAMES]
    return [
        *(name for name in names if not defined().issuperset(name.split("."))),
        *(p for p in PATH.findall(page) if not ((ROOT / p).exists() or (SOURCE / p).exists())),
    ]


@pytest.mark.parametrize("page", PAGES)
def test_every_name_on_a_page_is_one_of_the_package(page: str) -> None:
    assert unknown((ROOT / page).read_text(encoding="utf-8")) == []


def test_a_name_that_nothing_bears_is_found() -> None:
    page = "`Rounding` `RoundingModel` `truth.arithmetics` `truth.nowhere` `truth/nowhere.py`"
    assert unknown(page) == ["Rounding", "truth.nowhere", "truth/nowhere.py"]


def test_each_exception_is_needed() -> None:
    assert defined().isdisjoint(NO_NAMES)
