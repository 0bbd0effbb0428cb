"""The package: what importing it loads, what it exports and declares, and what it is pinned to."""

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import backproof

PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
GROUPS = PYPROJECT["dependency-groups"]
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PIP_CONSTRAINT = os.environ.get("PIP_CONSTRAINT", "")

in_tox = pytest.mark.skipif("TOX_ENV_DIR" not in os.environ, reason="is about tox's environments")


def read_requirements(lines: list[str]) -> list[Requirement]:
    """Parse them, without backproof's own extras that make up the extra `all`."""
    found = [Requirement(line) for line in lines]
    return [requirement for requirement in found if requirement.name != PROJECT["name"]]


RUNTIME = read_requirements(PROJECT["dependencies"])
EXTRAS = read_requirements([line for e in PROJECT["optional-dependencies"].values() for line in e])
TEST = read_requirements(GROUPS["test"])
OF_TOOLS = ("docs", "libraries", "lint", "mutants", "types", "wheel")
TOOLS = read_requirements(
    [line for group in OF_TOOLS for line in GROUPS[group]] + PYPROJECT["build-system"]["requires"]
)


def read_pins(file: str, python: str) -> dict[str, Version]:
    """Map each package to the one version that the constraints leave it on a Python."""
    pins = {}
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"python_version": python}):
            [specifier] = requirement.specifier
            assert specifier.operator == "==", line
            assert requirement.name not in pins, f"{line}: a second version on Python {python}"
            pins[requirement.name] = Version(specifier.version)
    return pins


def test_importing_backproof_loads_nothing_but_the_standard_library() -> None:
    program = (
        "import sys; before = set(sys.modules); import backproof;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert set(result.stdout.split()) - sys.stdlib_module_names == {"backproof"}


def test_exports_are_pinned() -> None:
    assert backproof.__all__ == ["UNSUPPORTED", "Backend", "Forward", "Loss", "Params", "load"]
    assert all(hasattr(backproof, name) for name in backproof.__all__)


def test_the_package_says_that_it_is_typed() -> None:
    assert resources.files("backproof").joinpath("py.typed").is_file()


def test_installed_version_is_the_one_in_pyproject() -> None:
    assert metadata.version("backproof") == PROJECT["version"]


def test_every_runtime_dependency_is_justified_and_nothing_else_is() -> None:
    justified = re.findall(
        r"^- \*\*(.+?)\*\*: .+\.$",
        (ROOT / "docs/project/dependencies.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert sorted(justified) == sorted(requirement.name for requirement in RUNTIME)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_constraints_pin_every_dependency_within_its_bounds(python: str) -> None:
    pins = read_pins("constraints.txt", python)
    wrong = [
        f"{requirement}: {pins.get(requirement.name, 'is not pinned')}"
        for requirement in [*RUNTIME, *EXTRAS, *TEST, *TOOLS, Requirement("tox")]
        if requirement.name not in pins or pins[requirement.name] not in requirement.specifier
    ]
    assert not wrong


def test_lowest_constraints_are_the_lower_bounds() -> None:
    pins = read_pins("constraints-lowest.txt", "3.11")
    for requirement in [*RUNTIME, *EXTRAS, *TEST]:
        [bound] = requirement.specifier
        assert bound.operator == ">="
        assert pins.get(requirement.name) == Version(bound.version), requirement


@pytest.mark.environment
@in_tox
def test_the_package_under_test_is_the_installed_wheel() -> None:
    assert Path(backproof.__file__).is_relative_to(os.environ["TOX_ENV_DIR"])


@pytest.mark.environment
@in_tox
@pytest.mark.skipif(not PIP_CONSTRAINT, reason="this environment is made without constraints")
def test_everything_installed_is_pinned() -> None:
    pins = read_pins(PIP_CONSTRAINT, THIS_PYTHON)
    installed: dict[str, Version] = {
        canonicalize_name(distribution.name): Version(Version(distribution.version).public)
        for distribution in metadata.distributions()
    }
    del installed["backproof"], installed["pip"]
    wrong = [
        f"{name} is {version}, not {pins.get(name)}"
        for name, version in installed.items()
        if version != pins.get(name)
    ]
    assert not wrong


def test_readme_gives_the_command_that_continuous_integration_runs() -> None:
    command = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()[-1]
    assert ".venv/bin/tox" in command
    assert command in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
