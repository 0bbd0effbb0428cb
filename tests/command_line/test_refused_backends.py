"""A backend that is named and cannot be checked costs no other its results."""

from pathlib import Path
from typing import Any

import pytest
from checkout import valid_report
from conftest import Command
from frameworks import REFERENCE
from python_port import PORT

OTHER_DTYPE = PORT.format(body="pass").replace('("float64",)', '("float32",)')
REFUSED = {  # attempt → the file, its content, the outcome, and part of the reason
    "a file without a backend": ("port.py", "", "error", "but defines none"),
    "a class that is no backend": (
        "port.py",
        PORT.format(body="pass").replace("params, X", "params"),
        "error",
        "`forward` lacks the parameter `X`",
    ),
    "a file that needs what is not installed": (
        "port.py",
        "import nowhere",
        "unavailable",
        "needs nowhere, which is neither installed nor beside the file",
    ),
    "a manifest that is not TOML": ("port.toml", "name", "error", "is not TOML"),
    "a manifest of a program that is not installed": (
        "port.toml",
        "name = 'none'\nrun = ['no-such-program-anywhere']",
        "unavailable",
        "no-such-program-anywhere is not installed",
    ),
}


def attempt(kind: str) -> Any:
    answer = "status 2, with its reason in the table and in JSON; the other backends are judged"
    mark = pytest.mark.hostile("A port", f"{kind}, named beside others", answer)
    return pytest.param(*REFUSED[kind], marks=mark, id=kind)


@pytest.mark.parametrize(("name", "text", "outcome", "reason"), [*map(attempt, REFUSED)])
def test_check_judges_the_others_beside(
    backproof: Command,
    one_row: Path,
    tmp_path: Path,
    name: str,
    text: str,
    outcome: str,
    reason: str,
) -> None:
    spec = written(tmp_path, name, text)
    report = tmp_path / "report.json"
    done = backproof("check", spec, REFERENCE, "--vectors", one_row, "--json", report)
    assert done.status == 2
    assert done.err.startswith(f"Error: {spec}")
    assert reason in done.err
    assert_judged_beside(done.out, report, outcome, reason)


def test_a_dtype_that_only_some_support_is_refused_by_the_others(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    spec = written(tmp_path, "port.py", OTHER_DTYPE)
    report = tmp_path / "report.json"
    options = ("--dtype", "float64", "--vectors", one_row, "--json", report)
    done = backproof("check", spec, REFERENCE, *options)
    reason = f"{spec}: supports float32, but not float64"
    assert (done.status, done.err) == (2, f"Error: {reason}\n")
    assert_judged_beside(done.out, report, "unsupported", reason)


def test_each_that_is_refused_is_told(backproof: Command, one_row: Path, tmp_path: Path) -> None:
    specs = [written(tmp_path, f"{name}.py", "import nowhere") for name in ("one", "other")]
    lack = "needs nowhere, which is neither installed nor beside the file"
    told = f"Error: {specs[0]}: {lack}\n{specs[1]}: {lack}\n"
    for others in ([REFERENCE], []):
        done = backproof("check", *specs, *others, "--vectors", one_row)
        assert (done.status, done.err) == (2, told)


@pytest.mark.parametrize(("name", "text", "outcome", "reason"), REFUSED.values(), ids=REFUSED)
def test_fuzz_judges_the_others_beside(
    backproof: Command, tmp_path: Path, name: str, text: str, outcome: str, reason: str
) -> None:
    spec = written(tmp_path, name, text)
    done = backproof("fuzz", spec, REFERENCE, "--nets", 1)
    assert done.status == 2
    assert done.err.startswith(f"Error: {spec}")
    assert reason in done.err
    assert f"{spec}: {outcome}: " in done.out
    (row,) = [line.split() for line in done.out.splitlines() if line.startswith(REFERENCE)]
    assert row[:7] == [REFERENCE, "float64", "4", "0", "0", "0", "0"]


@pytest.mark.parametrize(("name", "text", "outcome", "reason"), REFUSED.values(), ids=REFUSED)
def test_the_smoke_test_tests_the_others_beside(
    backproof: Command, tmp_path: Path, name: str, text: str, outcome: str, reason: str
) -> None:
    del outcome
    spec = written(tmp_path, name, text)
    done = backproof("check", "--smoke", spec, REFERENCE)
    assert done.status == 2
    assert reason in done.err
    assert f"{REFERENCE}: ok: exit at the end of input" in done.out


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def assert_judged_beside(said: str, report: Path, outcome: str, reason: str) -> None:
    assert "1 of 2 runs conform · 4 of 8 checks ran" in said
    made = valid_report(report.read_text(encoding="utf-8"))
    refused, right = made["runs"]
    assert made["conforms"] is False
    assert (refused["outcome"], right["outcome"]) == (outcome, "pass")
    assert refused["dtype"] is None
    assert reason in refused["message"]
