"""README.md: its numbers, its example, and what the example is told when it is broken."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest
from checkout import ROOT
from conftest import Command, files

from backproof.network.mistakes import CATALOGUE
from backproof.vectors.drawn import DRAWN_OPS
from backproof.vectors.vectors import SLOW
from backproof.worked_examples.example import expand_paths, load_example

README = (ROOT / "README.md").read_text(encoding="utf-8")
FLAT = " ".join(README.split())
[EXAMPLE] = re.findall(r"```python\n(.+?)```", README, flags=re.DOTALL)
[BROKEN_OUTPUT] = re.findall(r"```text\n(mine .+?)```", README, flags=re.DOTALL)
REPLACED, REPLACEMENT = re.findall(r"Replace `(.+?)` with `(.+?)`,", FLAT)[0]
NEEDED = {
    alias.name
    for node in ast.walk(ast.parse(EXAMPLE))
    if isinstance(node, ast.Import)
    for alias in node.names
}

can_be_run = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED),
    reason=f"the example imports {', '.join(NEEDED)}",
)


def counts() -> dict[str, int]:
    """Return what the README counts, by the words that follow the number."""
    vectors = [vector for file in files() for vector in file.vectors]
    fast = [vector for vector in vectors if SLOW not in vector.flags]
    float64 = sum("float64" in vector.expected for vector in fast)
    published = [load_example(path) for path in expand_paths(ROOT / "fixtures" / "published")]
    return {
        "test vectors, and": len(vectors),
        "more drawn": len(DRAWN_OPS),
        "of these test vectors take minutes": len(vectors) - len(fast),
        f"others, {float64} cover float64": len(fast),
        "cover float64": float64,
        "known mistakes": len(CATALOGUE),
        "published examples": len(published),
        "numbers, [are checked": sum(len(example.lines) for example in published),
    }


@pytest.mark.parametrize("words", counts())
def test_a_number_of_the_readme_is_what_is_there(words: str) -> None:
    assert re.findall(rf"([\d,]+) {re.escape(words)}", FLAT) == [f"{counts()[words]:,}"]


@pytest.mark.environment
@can_be_run
@pytest.mark.parametrize("broken", [False, True], ids=["as-it-is", "broken"])
def test_the_example_is_told_what_the_readme_says(
    backproof: Command, tmp_path: Path, *, broken: bool
) -> None:
    assert EXAMPLE.count(REPLACED) == 1
    path = tmp_path / "my_backend.py"
    path.write_text(EXAMPLE.replace(REPLACED, REPLACEMENT) if broken else EXAMPLE, "utf-8")
    done = backproof("check", path, "--seed", 1)
    assert done.status == 1
    assert (BROKEN_OUTPUT in done.out) is broken
    assert (" fail " in done.out) is broken  # as it is, operations are missing and nothing is wrong
