"""The reference implementations in other languages: they conform, and they can fail."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import Command
from frameworks import PYTHON
from tampering import edited

from backproof.errors import Unavailable
from backproof.network.inputs import OPS
from backproof.ports.launching import build, find_launch
from backproof.ports.process import Process
from backproof.ports.specs import BUILT_IN
from backproof.text.resources import resource_folder

# For each language, the file and the edit that double ∂E/∂w7 (W2[1][0]) and nothing else.
BREAK_W7 = {
    "javascript": (
        "network.mjs",
        ("delta_y[r][k] * s[i]", "delta_y[r][k] * s[i] * (k === 1 && i === 0 ? 2 : 1)"),
    ),
    "c": (
        "network.h",
        ("delta_y[k] * f.out_h[i];", "delta_y[k] * f.out_h[i] * (k == 1 && i == 0 ? 2 : 1);"),
    ),
    "go": (
        "network.go",
        (
            "dE.W2[k][i] += deltaY[k] * outH\n",
            "dE.W2[k][i] += deltaY[k] * outH * R(1+(1-i)*k)\n",
        ),
    ),
}


def available(name: str) -> pytest.MarkDecorator:
    """Skip if the toolchain is missing; with BACKPROOF_REQUIRE, that is a failure."""
    try:
        find_launch(name, "cpu")
    except Unavailable as reason:
        return pytest.mark.skip(reason=str(reason))
    return pytest.mark.skipif(condition=False, reason="")


EVERY_PORT = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=available(name)) for name in BUILT_IN if name not in PYTHON]
)


def test_every_port_has_a_way_to_be_broken() -> None:
    assert {*BREAK_W7} == {name for name in BUILT_IN if name not in PYTHON}


@pytest.mark.proof  # other languages do not depend on the version of Python
@EVERY_PORT
def test_a_port_conforms(name: str, backproof: Command, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = backproof("check", name, "--json", path)
    assert done.status == 0, done.out
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    assert [(run["backend"], run["notes"]) for run in runs] == [(name, [])] * len(runs)
    assert {run["dtype"] for run in runs} == {"float64", "float32"}
    assert all(run["checks"]["ran"] == run["checks"]["expected"] > 500 for run in runs)


@EVERY_PORT
def test_a_port_passes_the_smoke_test(name: str, backproof: Command) -> None:
    assert backproof("check", "--smoke", name).status == 0


@EVERY_PORT
def test_a_weight_broken_in_a_copy_is_named(
    name: str, backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(resource_folder("implementations") / name, folder)
    file, edit = BREAK_W7[name]
    edited(folder / file, folder / file, [edit])
    done = backproof("check", folder / "port.toml", "--vectors", one_row, "--dtype", "float64")
    assert done.status == 1
    lines = [line.strip() for line in done.out.splitlines()]
    at = lines.index("tutorial/row-1/gradients: fail")
    assert lines[at + 1].startswith("W2[1][0] (∂E/∂w7) exceeds its error bound: expected -0.0414")
    assert lines[at + 3] == "tutorial/row-1/step: fail"


@pytest.mark.parametrize("op", OPS)
@EVERY_PORT
def test_a_malformed_request_is_answered_with_an_error(name: str, op: str, tmp_path: Path) -> None:
    """The backend keeps running afterwards."""
    started = find_launch(name, "cpu")
    build(started, tmp_path, 300.0)
    process = Process(started.fill_build_folder(started.run, tmp_path), started.folder)
    try:
        for number, params in enumerate(({}, {"W1": [[1]], "b1": 0, "W2": [[1]], "b2": 0}, 3)):
            asked = {"id": number, "op": op, "dtype": "float64", "params": params, "X": [[1, 2]]}
            answer = json.loads(process.exchange((json.dumps(asked) + "\n").encode(), 60.0))
            assert answer["id"] == number
            assert answer.keys() == {"id", "error"}
        assert process.close() == ""
    finally:
        process.kill()
