"""`backproof check`: exit statuses, the table, the report and error messages."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from checkout import valid_report
from conftest import Command, Finished
from frameworks import BREAK_W7, FRAMEWORKS, PYTHON, REFERENCE
from python_port import port
from tampering import edited

from backproof import Backend
from backproof.network.inputs import OPS
from backproof.ports.specs import BUILT_IN
from backproof.text.resources import resource_folder

MAIN = [sys.executable, "-c", "from backproof.command_line.cli import main; main()"]


def implementation(name: str) -> Path:
    return resource_folder("implementations") / BUILT_IN[name].file


@pytest.fixture
def no_frameworks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make importing any framework fail in child processes."""
    folder = tmp_path / "no-frameworks"
    folder.mkdir()
    for framework in FRAMEWORKS.values():
        missing = f"raise ModuleNotFoundError('No module', name='{framework}')"
        (folder / f"{framework}.py").write_text(missing, encoding="utf-8")
    path = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))


def test_a_conforming_backend_is_a_success(
    backproof: Command, backend: type[Backend], one_row: Path
) -> None:
    done = backproof("check", backend.name, "--vectors", one_row)
    assert done.status == 0
    rows = [line.split()[:5] for line in done.out.splitlines() if line.startswith(backend.name)]
    assert rows == [[backend.name, backend.version, d, "pass", "4"] for d in backend.dtypes]
    checks = 4 * len(rows)
    assert f"{len(rows)} of {len(rows)} runs conform · {checks} of {checks} checks ran" in done.out
    assert done.err == ""


def test_the_built_in_vectors_are_checked_unless_others_are_named(backproof: Command) -> None:
    done = backproof("check", REFERENCE)
    assert done.status == 0
    assert "Published numbers in the vector file 'The tutorial': all 13 are correct." in done.out
    assert "1 of 1 runs conform" in done.out


def test_without_a_spec_all_backends_have_a_row(backproof: Command, one_row: Path) -> None:
    done = backproof("check", "--vectors", one_row)
    assert done.status == 0
    assert {line.split()[0] for line in done.out.splitlines() if line} >= set(BUILT_IN)


def test_a_weight_broken_in_a_copy_of_an_implementation_is_named(
    backproof: Command, backend: type[Backend], one_row: Path, tmp_path: Path
) -> None:
    """The gradient of w7 is doubled; nothing else is wrong."""
    source = implementation(backend.name)
    copy = edited(source, tmp_path / f"copy_of_{source.name}", [BREAK_W7[source.name]])
    done = backproof("check", copy, "--vectors", one_row, "--dtype", "float64")
    assert done.status == 1
    lines = [line.strip() for line in done.out.splitlines()]
    at = lines.index("Diagnosis: no mistake in the catalogue reproduces these numbers. Clues:")
    assert lines[at + 1 : at + 3] == [
        (
            "Correct in both test vectors: the forward pass and the loss. "
            "Wrong in 1 of 1: the gradients."
        ),
        "Of the gradients, only ∂E/∂w7 is wrong, in the one test vector that fails.",
    ]
    assert lines[at + 3] == (
        "First wrong value: ∂E/∂w7 = ∂E2/∂Out y2 · ∂Out y2/∂y2 · ∂y2/∂w7, "
        "in tutorial/row-1/gradients. Correct before it: ∂E/∂w5 and ∂E/∂w6; "
        "the forward pass and the loss of the same inputs; both test vectors."
    )
    assert lines[at + 4 : at + 8] == [
        "Outcomes:",
        "2 × fail, first in tutorial/row-1/gradients",
        "Examples:",
        "tutorial/row-1/gradients: fail",
    ]
    at += 7
    assert lines[at + 1].startswith("W2[1][0] (∂E/∂w7) exceeds its error bound: expected -0.0414")
    command = f"backproof explain tutorial/row-1/gradients --vectors {one_row}"
    assert lines[at + 2] == f"To see this calculation step by step: {command}"
    assert lines[at + 3] == "tutorial/row-1/step: fail"
    assert lines[at + 4].startswith("W2[1][0] (w7) exceeds its error bound: expected 0.2424")
    assert lines[at + 5] == ""
    assert "0 of 1 runs conform" in lines[-1]


def test_every_implementation_has_a_way_to_be_broken() -> None:
    assert BREAK_W7.keys() == {BUILT_IN[name].file for name in PYTHON}


@pytest.mark.parametrize(
    ("body", "outcome", "line"),
    [
        ("raise NotImplementedError", "unsupported", "row-1/forward: unsupported: forward"),
        ("return 1 / 0", "error", "row-1/forward: error: forward raised ZeroDivisionError"),
        (
            "return ([[0.0] * 2],) * 4",
            "fail",
            "h[0][0] (h1, row 1) exceeds its error bound: expected ",
        ),
        ("return ([[0] * 2],) * 4", "error", "forward returned h[0][0] as int, not as a Python"),
        ("raise ValueError(self.device)", "error", "forward raised ValueError: abacus"),
        ("raise ValueError('[red]x[/]')", "error", "forward raised ValueError: [red]x[/]"),
    ],
)
def test_whatever_is_not_a_pass_is_no_success(
    backproof: Command, one_row: Path, tmp_path: Path, body: str, outcome: str, line: str
) -> None:
    done = backproof("check", port(tmp_path, body), "--vectors", one_row, "--device", "abacus")
    assert done.status == 1
    assert ["port", "1.2", "float64", outcome, "0"] in [
        s.split()[:5] for s in done.out.splitlines()
    ]
    assert line in done.out


def test_the_failures_of_a_backend_are_counted_and_a_few_shown(
    backproof: Command, tmp_path: Path
) -> None:
    done = backproof("check", port(tmp_path, "return 1 / 0"))
    lines = done.out.splitlines()
    at = lines.index("  Outcomes:")
    error, *unsupported = lines[at + 1 : at + 5]
    assert error.endswith(
        " × error: forward raised ZeroDivisionError: division by zero "
        "(port.py:12 in forward: return 1 / 0), first in tutorial/row-1/forward"
    )
    ops = {re.sub(r"^ +\d+ × unsupported: (\w+), first in .*", r"\1", s) for s in unsupported}
    assert ops == {"loss", "gradients", "train"}
    assert lines[at + 5] == "  Examples:"
    counted = sum(int(line.split()[0].replace(",", "")) for line in lines[at + 1 : at + 5])
    assert f"port float64: {counted} of {counted} test vectors do not pass" in lines
    shown = [line for line in lines if re.match("    tutorial/", line)]
    assert [line.split(": ")[1] for line in shown] == ["error", "error", *["unsupported"] * 3]
    assert f"    … and {counted - 5} more; --json FILE lists them all" in lines


def test_one_failure_among_others_is_no_success(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    done = backproof("check", REFERENCE, port(tmp_path, "return 1 / 0"), "--vectors", one_row)
    assert done.status == 1
    assert "1 of 2 runs conform" in done.out


def test_the_dtypes_named_are_those_checked(
    backproof: Command, backend: type[Backend], one_row: Path
) -> None:
    last = backend.dtypes[-1]
    done = backproof("check", backend.name, "--vectors", one_row, "--dtype", last)
    assert done.status == 0
    rows = [line.split()[2] for line in done.out.splitlines() if line.startswith(backend.name)]
    assert rows == [last]


def test_a_dtype_in_which_nothing_is_judged_takes_part_only_if_named(
    backproof: Command, tmp_path: Path
) -> None:
    path = port(tmp_path, "return backproof.Forward(*[[[0.0, 0.0]]] * 4)")
    both = path.read_text().replace('("float64",)', '("float64", "float16")')
    path.write_text(f"import backproof\n{both}", encoding="utf-8")
    params = {"W1": [[1e5, 1], [1, 1]], "b1": 0, "W2": [[1, 1], [1, 1]], "b2": 0}
    vectors = tmp_path / "large.json"
    vectors.write_text(json.dumps({"inputs": {"params": params, "X": [[1, 1]]}}))
    by_itself = backproof("check", path, "--vectors", vectors)
    assert "0 of 1 runs conform" in by_itself.out
    assert "Not evaluated in float16: large/forward" in by_itself.out
    both_named = backproof(
        "check", path, "--vectors", vectors, "--dtype", "float64", "--dtype", "float16"
    )
    assert (both_named.status, "not-run" in both_named.out) == (1, True)
    assert "0 of 2 runs conform" in both_named.out


def test_several_dtypes_may_be_named(backproof: Command, one_row: Path) -> None:
    dtypes = ("--dtype", "bfloat16", "--dtype", "float64")
    assert backproof("check", REFERENCE, "--vectors", one_row, *dtypes).status == 0


def test_a_dtype_that_a_named_backend_lacks_cannot_be_checked(
    backproof: Command, one_row: Path
) -> None:
    done = backproof("check", REFERENCE, "--vectors", one_row, "--dtype", "bfloat16")
    assert done == Finished(2, "", f"Error: {REFERENCE}: supports float64, but not bfloat16\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dtype", "posit8"], "'posit8' is not one of 'float64', 'float32'"),
        (["--vectors", "nowhere.json"], "'nowhere.json' does not exist"),
        (["--colour"], "No such option"),
        (["--json", "."], "is a directory"),
        (["--timeout", "nan"], "nan is not a number of seconds."),
        (["--timeout", "inf"], "inf is not in the range 0<x<=86400."),
        (["--timeout", "1e300"], "1e+300 is not in the range 0<x<=86400."),
        (["--timeout", "0"], "0.0 is not in the range 0<x<=86400."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_option_cannot_be_carried_out(
    backproof: Command, arguments: list[str], message: str
) -> None:
    done = backproof("check", *arguments)
    assert done.status == 2
    assert message in done.err
    assert done.out == ""


@pytest.mark.parametrize("name", BUILT_IN)
def test_an_unknown_name_is_answered_with_the_nearest(backproof: Command, name: str) -> None:
    done = backproof("check", f"{name}x")
    assert done.status == 2
    assert done.err.startswith(f"Error: {name}x: no backend has this name. Did you mean {name!r}?")


@pytest.mark.parametrize("name", ["port.toml", "port.py"])
def test_a_folder_is_answered_with_the_port_in_it(
    backproof: Command, tmp_path: Path, name: str
) -> None:
    done = backproof("check", tmp_path)
    assert done.err.startswith(f"Error: {tmp_path}: no backend has this name, but a folder does. ")
    (tmp_path / name).touch()
    done = backproof("check", tmp_path)
    assert done.status == 2
    assert done.err == f"Error: {tmp_path}: is a folder; did you mean {tmp_path / name}?\n"


@pytest.mark.usefixtures("no_frameworks")
@pytest.mark.parametrize(("name", "framework"), FRAMEWORKS.items(), ids=FRAMEWORKS)
def test_a_named_backend_without_its_framework_cannot_be_checked(
    backproof: Command, name: str, framework: str, one_row: Path
) -> None:
    done = backproof("check", REFERENCE, name, "--vectors", one_row)
    assert done.status == 2
    whose = "" if framework == name else f"{name}: "
    lack = f"{framework} is not installed: pip install 'backproof[{name}]'"
    assert done.err == f"Error: {whose}{lack}\n"
    assert "1 of 2 runs conform" in done.out


@pytest.mark.usefixtures("no_frameworks")
def test_all_that_is_installed_conforms_though_others_are_unavailable(
    backproof: Command, one_row: Path
) -> None:
    done = backproof("check", "--vectors", one_row)
    assert done.status == 0
    conforming, wanted = re.findall(r"(\d+) of (\d+) runs conform", done.out)[0]
    assert conforming == wanted != "0"
    for name, framework in FRAMEWORKS.items():
        (row,) = [line for line in done.out.splitlines() if line.startswith(f"{name} ")]
        assert row.split()[1:6] == ["–", "–", "unavailable", "–", "–"]
        assert f"{framework} is not installed: pip install" in row  # the rest may wrap


def test_headroom_is_shown_by_quantity(backproof: Command, one_row: Path) -> None:
    done = backproof("check", REFERENCE, "--vectors", one_row, "--headroom")
    lines = [line.split() for line in done.out.splitlines()]
    groups, headings, numbers, *_ = lines[lines.index(["Largest", "error/bound"]) + 1 :]
    assert groups == ["gradients."] * 4 + ["params."] * 4
    assert headings[:5] == ["backend", "dtype", "h", "out_h", "y"]
    assert headings[-4:] == ["W1", "b1", "W2", "b2"]
    assert [numbers[0], len(numbers)] == [REFERENCE, len(headings)]


def test_the_report_is_written_to_a_file(backproof: Command, one_row: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text('{"report": "of another check"}', encoding="utf-8")
    done = backproof("check", REFERENCE, "--vectors", one_row, "--json", path)
    assert done.status == 0
    assert "1 of 1 runs conform" in done.out
    report = valid_report(path.read_text(encoding="utf-8"))
    assert report["suite"]["vectors"] == 4
    (run,) = report["runs"]
    assert (run["backend"], run["dtype"], run["outcome"]) == (REFERENCE, "float64", "pass")
    assert run["counts"]["pass"] == 4
    assert run["first_wrong"] is None
    assert [result["vector"].rpartition("/")[2] for result in run["results"]] == [*OPS[:3], "step"]
    assert all(result["error_ulp"] <= result["bound_ulp"] for result in run["results"])
    assert list(tmp_path.iterdir()) == [path]


def test_the_report_has_standard_output_for_itself(backproof: Command, one_row: Path) -> None:
    done = backproof("check", REFERENCE, "--vectors", one_row, "--json", "-")
    assert done.status == 0
    assert valid_report(done.out)["runs"][0]["backend"] == REFERENCE
    assert "1 of 1 runs conform" in done.err


def test_what_a_port_prints_is_kept_out_of_the_report(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    spec = port(tmp_path, "print('working'); return 1 / 0")
    done = backproof("check", spec, "--vectors", one_row, "--json", "-")
    assert valid_report(done.out)["runs"][0]["outcome"] == "error"


@pytest.mark.usefixtures("no_frameworks")
def test_the_report_tells_what_is_unavailable(backproof: Command, one_row: Path) -> None:
    report = valid_report(backproof("check", "--vectors", one_row, "--json", "-").out)
    unavailable = {run["backend"]: run for run in report["runs"] if run["dtype"] is None}
    assert unavailable.keys() & {*PYTHON} == FRAMEWORKS.keys()
    for name, framework in FRAMEWORKS.items():
        run = unavailable[name]
        assert run["outcome"] == "unavailable"
        assert f"{framework} is not installed: pip install 'backproof[{name}]'" in run["message"]
        assert run["results"] == []


@pytest.mark.parametrize(
    ("number", "word"),
    [("float('nan')", "NaN"), ("float('inf')", "Infinity"), ("-float('inf')", "-Infinity")],
)
def test_the_report_has_words_for_what_json_cannot_say(
    backproof: Command, one_row: Path, tmp_path: Path, number: str, word: str
) -> None:
    spec = port(tmp_path, f"return ([[{number}] * 2],) * 4")
    done = backproof("check", spec, "--vectors", one_row, "--json", "-")
    assert done.status == 1
    (run,) = valid_report(done.out)["runs"]
    first = run["first_wrong"]
    assert (first["vector"], first["quantity"]) == ("tutorial/row-1/forward", "h[0][0]")
    assert (first["actual"], first["error_ulp"]) == (word, "Infinity")
    assert first["expected"].startswith("0.41760000000000001391")
    assert first["complaint"] == "is not finite"
    assert run["counts"] | {"fail": 1, "unsupported": 3} == run["counts"]


def test_a_report_that_cannot_be_written_leaves_nothing_behind(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    for path in (tmp_path / "no-folder" / "report.json", file / "report.json"):
        done = backproof("check", REFERENCE, "--vectors", one_row, "--json", path)
        assert done.status == 2
        assert f"{path}: cannot be written: " in done.err
    assert list(tmp_path.iterdir()) == [file]


def test_the_command_is_installed_and_tells_its_version() -> None:
    script = Path(sys.executable).with_name("backproof")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert version("backproof") in done.stdout


def test_checking_without_a_framework_loads_none(one_row: Path) -> None:
    """The command line itself loads none either."""
    program = (
        "import sys\nfrom backproof.command_line.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print({{*{list(FRAMEWORKS.values())}}} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "check", REFERENCE, "--vectors", one_row],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "set()"


def test_help_explains_every_option(backproof: Command) -> None:
    done = backproof("check", "--help")
    assert done.status == 0
    for option in ("--dtype", "--vectors", "--only", "--device", "--json", "--slow", "--headroom"):
        assert option in done.out
