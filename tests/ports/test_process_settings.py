"""Using a backend changes no process-wide setting."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from frameworks import PYTHON, SETTINGS

from backproof import Backend
from backproof.ports.specs import BUILT_IN
from backproof.text.resources import resource_folder

STANDARD = ["dict(os.environ)", "warnings.filters", "random.getstate()", "decimal.getcontext()"]
CALLS = """
params = backproof.Params([[0.5, 0.25], [0.125, 1.0]], 0.5, [[0.5, 0.25], [0.125, 1.0]], 0.5)
X, T = [[0.5, 1.0]] * 3, [[0.0, 1.0]] * 3
made = backproof.load(sys.argv[1])
for dtype in made.dtypes:
    backend = made(dtype)
    backend.forward(params, X)
    backend.loss(params, X, T)
    backend.gradients(params, X, T)
    backend.train(params, X, T, learning_rate=0.5, epochs=2, batch_size=2, train_biases=True)
"""


def changed(spec: str, framework: str | None, settings: list[str]) -> dict[str, list[str]]:
    """Return the settings that using a backend changes, each with its old and new value."""
    imports = ["backproof", "decimal", "json", "os", "random", "sys", "warnings"]
    expressions = ", ".join(f"{e!r}: repr({e})" for e in [*STANDARD, *settings])
    program = (
        f"import {', '.join(filter(None, [*imports, framework]))}\n"
        f"def settings(): return {{{expressions}}}\n"
        f"before = settings()\n{CALLS}\nafter = settings()\n"
        "print(json.dumps({e: [before[e], after[e]] for e in before if before[e] != after[e]}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, spec], capture_output=True, text=True, check=True
    )
    found: dict[str, list[str]] = json.loads(result.stdout)
    return found


def test_using_a_backend_changes_no_setting(backend: type[Backend]) -> None:
    framework = BUILT_IN[backend.name].framework
    assert changed(backend.name, framework, SETTINGS[backend.name]) == {}


@pytest.mark.parametrize(
    ("spoiling", "setting"),
    [
        ("import os; os.environ['OMP_NUM_THREADS'] = '7'", "dict(os.environ)"),
        ("import warnings; warnings.simplefilter('ignore', UserWarning)", "warnings.filters"),
        ("import random; random.seed(1)", "random.getstate()"),
        ("import decimal; decimal.getcontext().prec = 9", "decimal.getcontext()"),
    ],
    ids=lambda text: text.partition(";")[0] if ";" in text else "",
)
def test_a_backend_that_changes_a_setting_is_found(
    spoiling: str, setting: str, reference: type[Backend], tmp_path: Path
) -> None:
    source = resource_folder("implementations") / BUILT_IN[reference.name].file
    spoiled = tmp_path / "spoiled.py"
    spoiled.write_text(source.read_text(encoding="utf-8") + spoiling, encoding="utf-8")
    assert list(changed(str(spoiled), None, [])) == [setting]


def test_the_settings_of_every_backend_are_known() -> None:
    assert [*SETTINGS] == PYTHON
