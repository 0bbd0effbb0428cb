"""The environment is the one that it was made to be: no test is skipped that it was made to run."""

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from checkout import ROOT
from frameworks import FRAMEWORKS, PYTHON, REFERENCE

from backproof import load
from backproof.errors import Unavailable
from backproof.ports.launching import find_launch
from backproof.ports.specs import BUILT_IN

TOOLCHAINS = [name for name in BUILT_IN if name not in PYTHON]


def test_a_required_backend_is_available(required: str) -> None:
    load(required)


def test_an_absent_module_cannot_be_imported(absent: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(absent)


def launch_without_path(name: str, folder: Path) -> None:
    """Look for a backend's toolchain where no program is found."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("PATH", str(folder))
        find_launch(name, "cpu")


def run_pytest(
    *arguments: str, without: Iterable[str], folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run some of these tests where the modules `without` cannot be imported."""
    for module in without:
        raising = f"raise ModuleNotFoundError('hidden by a test', name={module!r})\n"
        (folder / f"{module}.py").write_text(raising, encoding="utf-8")
    given = {k: v for k, v in os.environ.items() if not k.startswith("BACKPROOF_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        env=given | {"PYTHONPATH": str(folder)} | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", TOOLCHAINS)
def test_a_required_backend_without_its_toolchain_fails_one_test(name: str, tmp_path: Path) -> None:
    this_test = f"{__file__}::{test_a_required_backend_is_available.__name__}"
    nowhere = {"PATH": str(tmp_path), "BACKPROOF_REQUIRE": f"{REFERENCE},{name}"}
    result = run_pytest(this_test, without=[], folder=tmp_path, **nowhere)
    assert result.returncode == pytest.ExitCode.TESTS_FAILED, result.stdout
    assert "1 failed, 1 passed" in result.stdout
    assert " is not installed; it needs " in result.stdout


def test_without_toolchains_their_tests_are_skipped_and_the_reasons_printed(tmp_path: Path) -> None:
    module = str(ROOT / "tests/ports/test_foreign_ports.py")
    nowhere = {"PATH": str(tmp_path), "BACKPROOF_REQUIRE": f"{REFERENCE},"}
    result = run_pytest(module, without=[], folder=tmp_path, **nowhere)
    assert result.returncode == pytest.ExitCode.OK, result.stdout
    for name in TOOLCHAINS:
        with pytest.raises(Unavailable) as missing:
            launch_without_path(name, tmp_path)
        assert f": {missing.value}" in result.stdout


def test_continuous_integration_wants_every_toolchain() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    [wanted] = re.findall(r"^export BACKPROOF_TOOLCHAINS=(.+)$", script, flags=re.MULTILINE)
    assert wanted.split(",") == TOOLCHAINS
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    assert f"core: BACKPROOF_REQUIRE = {REFERENCE},{{env:BACKPROOF_TOOLCHAINS:}}\n" in tox


@pytest.mark.parametrize(("name", "framework"), FRAMEWORKS.items(), ids=FRAMEWORKS)
def test_a_required_backend_without_its_framework_fails_one_test(
    name: str, framework: str, tmp_path: Path
) -> None:
    this_test = f"{__file__}::{test_a_required_backend_is_available.__name__}"
    result = run_pytest(this_test, without=[framework], folder=tmp_path, BACKPROOF_REQUIRE=name)
    assert result.returncode == pytest.ExitCode.TESTS_FAILED, result.stdout
    assert "1 failed" in result.stdout
    assert f"pip install 'backproof[{name}]'" in result.stdout


def test_every_other_backend_is_skipped_and_the_reason_printed(tmp_path: Path) -> None:
    module = str(ROOT / "tests/ports/test_contract.py")
    result = run_pytest(module, "-k", "keeps_the", without=FRAMEWORKS.values(), folder=tmp_path)
    assert result.returncode == pytest.ExitCode.OK, result.stdout
    assert f"1 passed, {len(FRAMEWORKS)} skipped" in result.stdout
    for name, framework in FRAMEWORKS.items():
        reason = f"{framework} is not installed: pip install 'backproof[{name}]'"
        assert reason in result.stdout


def test_a_module_that_is_there_though_it_must_be_absent_fails_one_test(tmp_path: Path) -> None:
    this_test = f"{__file__}::{test_an_absent_module_cannot_be_imported.__name__}"
    result = run_pytest(this_test, without=[], folder=tmp_path, BACKPROOF_ABSENT="json")
    assert result.returncode == pytest.ExitCode.TESTS_FAILED, result.stdout
    assert "1 failed" in result.stdout
