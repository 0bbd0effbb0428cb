"""Backends that crash, hang or misbehave, driven by each command that drives any."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from checkout import valid_report
from conftest import Command
from frameworks import REFERENCE

pytestmark = pytest.mark.proof

PORT = """\
import os, signal, sys, time
from backproof import Backend, load
{imported}

class Port(load("plain-python")):
    name = "port"

    def forward(self, params, X):
        {forward}
"""
FAILING_TEXT = """
class Unreadable({base}):
    def __str__(self):
        {body}
    __repr__ = __str__
"""
PANIC = "class Panic(BaseException): pass\n"  # as of PyO3, where Rust panics
UNREADABLE = FAILING_TEXT.format(base="Exception", body="raise ValueError('no text')")


def hostile(what: str, outcome: str, *body: str, where: str = "forward") -> Any:
    """Return the case of a backend with this body, and its row of the page."""
    code = {"imported": "", "forward": "pass"} | dict(zip((where, "imported"), body, strict=False))
    answer = f"`{outcome}`, status 1; the other backends are judged"
    mark = pytest.mark.hostile("A port", f"a backend that {what}", answer)
    return pytest.param(PORT.format(**code), outcome, id=what.replace("`", ""), marks=mark)


HOSTILE = [
    hostile("ends itself with `os._exit(0)`", "crash", "os._exit(0)"),
    hostile("ends itself with `os._exit(2)`", "crash", "os._exit(2)"),
    hostile("is killed", "crash", "os.kill(os.getpid(), 9)"),
    hostile("raises `KeyboardInterrupt`", "crash", "raise KeyboardInterrupt"),
    hostile("ends itself with `sys.exit(0)`", "error", "sys.exit(0)"),
    hostile("raises what is no `Exception`", "error", "raise Panic", PANIC),
    hostile("raises `GeneratorExit`", "error", "raise GeneratorExit"),
    hostile("raises what has no text", "error", "raise Unreadable", UNREADABLE),
    hostile(
        "raises what exits when it is written",
        "error",
        "raise Unreadable",
        FAILING_TEXT.format(base="Exception", body="sys.exit(0)"),
    ),
    hostile(
        "raises what panics when it is written",
        "error",
        "raise Unreadable",
        PANIC + FAILING_TEXT.format(base="Exception", body="raise Panic"),
    ),
    hostile(
        "lacks an operation for a reason that has no text",
        "unsupported",
        "raise Unreadable",
        FAILING_TEXT.format(base="NotImplementedError", body="raise ValueError"),
    ),
    hostile(
        "raises an exception with a text of 1,000,000 characters",
        "error",
        "raise ValueError('x' * 10**6)",
    ),
    hostile(
        "lacks an operation for a reason of 1,000,000 characters",
        "unsupported",
        "raise NotImplementedError('x' * 10**6)",
    ),
    hostile(
        "puts into its arguments what has no text",
        "error",
        "X.append(Unreadable()); return super().forward(params, X[:-1])",
        UNREADABLE,
    ),
    hostile("never answers", "timeout", "open(f'{__file__}.hung', 'x'); time.sleep(3600)"),
    hostile("ends with `os._exit(0)` at import", "crash", "os._exit(0)", where="imported"),
    hostile("ends with `os._exit(2)` at import", "crash", "os._exit(2)", where="imported"),
    hostile("ends with `sys.exit(2)` at import", "crash", "sys.exit(2)", where="imported"),
    hostile("ends with `sys.exit('why')` at import", "crash", "sys.exit('why')", where="imported"),
    hostile("raises an exception at import", "error", "1 / 0", where="imported"),
    hostile(
        "raises what is no `Exception` at import",
        "error",
        f"{PANIC}\nraise Panic",
        where="imported",
    ),
    hostile("raises `GeneratorExit` at import", "error", "raise GeneratorExit", where="imported"),
    hostile(
        "raises what is no `Exception` when it is created",
        "error",
        "pass\n\n    def __init__(self, dtype='float64', device='cpu'): raise Panic",
        PANIC,
    ),
    hostile(
        "raises what has no text at import",
        "error",
        f"{UNREADABLE}\nraise Unreadable",
        where="imported",
    ),
    hostile("never ends its import", "timeout", "time.sleep(3600)", where="imported"),
]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a time limit of some seconds be that: a backend that hangs is waited for in vain."""
    monkeypatch.setattr("backproof.ports.process.monotonic", time.monotonic)


def written(folder: Path, text: str) -> Path:
    path = folder / "port.py"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("text", "outcome"), HOSTILE)
def test_check_judges_the_others_beside(
    backproof: Command, one_row: Path, tmp_path: Path, text: str, outcome: str
) -> None:
    port, report = written(tmp_path, text), tmp_path / "report.json"
    options = ("--vectors", one_row, "--json", report, "--timeout", 20)
    done = backproof("check", port, REFERENCE, *options)
    assert (done.status, done.err) == (1, "")
    wrong, right = valid_report(report.read_text(encoding="utf-8"))["runs"]
    assert (wrong["outcome"], right["outcome"]) == (outcome, "pass")
    assert wrong["message"] or wrong["results"][0]["message"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("text", "outcome"), HOSTILE)
def test_fuzz_judges_the_others_beside(
    backproof: Command, tmp_path: Path, text: str, outcome: str
) -> None:
    port = written(tmp_path, text)
    done = backproof("fuzz", port, REFERENCE, "--nets", 1, "--timeout", 20)
    assert (done.status, done.err) == (1, "")
    lines = done.out.splitlines()
    *wrong, right = [line.split()[2:7] for line in lines if re.search(r" float64 +\d", line)]
    assert right == ["4", "0", "0", "0", "0"]
    if outcome == "unsupported":
        assert wrong == [["0", "0", "4", "0", "0"]]  # the other operations need it
    else:
        said = "forward raised " if outcome == "error" else f"{outcome}: "
        started = f"{port} float64, seed 1, forward: {said}"
        assert lines[0].startswith((started, f"{port}: {outcome}: before the first test vector, "))


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("text", "outcome"), HOSTILE)
def test_prove_on_it_says_what_is_left_out(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, outcome: str
) -> None:
    monkeypatch.setattr("backproof.command_line.prove.kill_results", lambda *_: {})
    monkeypatch.setattr("backproof.command_line.prove.table", lambda _: "")
    monkeypatch.setattr("backproof.command_line.prove.summarize_kills", lambda *_: [])
    port = written(tmp_path, text)
    done = backproof("prove", "--on", port, "--timeout", 20)
    assert done.status == (0 if outcome == "unsupported" else 1)
    assert " left out, first tutorial/row-1/forward: " in done.err
    assert f": {outcome}: " in done.err


@pytest.mark.hostile(
    "A port", "a backend that writes to descriptor 1, in `fuzz`", "it does not reach the terminal"
)
def test_what_a_backend_writes_does_not_reach_the_terminal(tmp_path: Path) -> None:
    text = PORT.format(
        imported="os.write(1, b'IMPORTED'); print('IMPORTED')",
        forward="os.write(1, b'WRITTEN'); print('WRITTEN'); return super().forward(params, X)",
    )
    command = [*MAIN, "fuzz", str(written(tmp_path, text)), "--nets", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "IMPORTED" not in done.stdout
    assert "WRITTEN" not in done.stdout


MAIN = [sys.executable, "-c", "from backproof.command_line.cli import main; main()"]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(
            command,
            id=command[0],
            marks=pytest.mark.hostile(
                "A signal",
                f"SIGTERM while a backend hangs, in `{' '.join(command)}`",
                "status 143 at once; the backend is ended",
            ),
        )
        for command in (["fuzz"], ["fuzz", "--workers", "2"], ["prove", "--on"])
    ],
)
def test_a_signal_is_obeyed_while_a_backend_hangs(tmp_path: Path, command: list[str]) -> None:
    pid = tmp_path / "pid"
    hang = f"open({str(pid)!r}, 'w').write(f'{{os.getpid()}}.'); time.sleep(3600)"
    port = written(tmp_path, PORT.format(imported="", forward=hang))
    with subprocess.Popen([*MAIN, *command, str(port)], stderr=subprocess.PIPE, text=True) as child:
        while not (pid.exists() and pid.read_text().endswith(".")):
            assert child.poll() is None
            time.sleep(0.05)
        child.send_signal(signal.SIGTERM)
        _, said = child.communicate(timeout=100)
    assert (child.returncode, said) == (143, "")
    assert not psutil.pid_exists(int(pid.read_text().rstrip(".")))


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    """Even where it is killed, and can end nothing itself."""
    port = written(tmp_path, PORT.format(imported="", forward="return super().forward(params, X)"))
    command = [*MAIN, "fuzz", str(port), "--nets", "1000000", "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        workers: list[psutil.Process] = []
        while len(workers) < 2:
            assert child.poll() is None
            time.sleep(0.05)
            children = psutil.Process(child.pid).children()
            workers = [c for c in children if "spawn_main" in " ".join(c.cmdline())]
        child.kill()
    _, left = psutil.wait_procs(workers, timeout=100)
    assert left == []


@pytest.mark.parametrize(
    ("name", "marked"),
    [
        pytest.param(
            name,
            marked,
            id=f"{name!r}",
            marks=pytest.mark.hostile("A port", f"a backend that calls itself `{name}`", answer),
        )
        for name, marked, answer in (
            ("plain-python", True, "marked as not built in, in the table and in JSON"),
            ("Plain Python", True, "marked as not built in, in the table and in JSON"),
            (
                "\N{FULLWIDTH LATIN SMALL LETTER C}",
                True,
                "marked as not built in, in the table and in JSON",
            ),
            ("numpy-of-mine", False, "shown as it is"),
        )
    ],
)
def test_a_name_of_a_built_in_backend_is_marked(
    backproof: Command, one_row: Path, tmp_path: Path, name: str, *, marked: bool
) -> None:
    text = PORT.format(imported="", forward="return super().forward(params, X)")
    port = written(tmp_path, text.replace('"port"', repr(name)))
    report = tmp_path / "report.json"
    done = backproof("check", port, REFERENCE, "--vectors", one_row, "--json", report)
    assert done.status == 0
    assert (
        any(line.startswith(f"{name} (not built in) ") for line in done.out.splitlines()) is marked
    )
    assert sum("(not built in)" in line for line in done.out.splitlines()) == marked
    written_report = valid_report(report.read_text(encoding="utf-8"))
    runs = [(run["backend"], run["spec"], run["built_in"]) for run in written_report["runs"]]
    assert runs == [(name, str(port), False), (REFERENCE, REFERENCE, True)]
    (pair,) = written_report["agreement"]["float64"]
    assert pair["a"] == (f"{name} (not built in)" if marked else name)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(
            options,
            id=options[0],
            marks=pytest.mark.hostile(
                "An option", f"`check --smoke {options[0]}`", "refused, status 2"
            ),
        )
        for options in (
            ["--dtype", "float64"],
            ["--vectors", "VECTORS"],
            ["--only", "tutorial"],
            ["--slow"],
            ["--headroom"],
            ["--known-failures", "VECTORS"],
            ["--json", "report.json"],
        )
    ],
)
def test_what_smoke_would_ignore_is_refused(
    backproof: Command, one_row: Path, options: list[str]
) -> None:
    given = [str(one_row) if word == "VECTORS" else word for word in options]
    done = backproof("check", "--smoke", REFERENCE, *given)
    assert (done.status, done.out) == (2, "")
    assert f"--smoke would ignore {options[0]}: it uses no test vectors" in done.err


def test_smoke_goes_with_a_device_and_a_time_limit(backproof: Command) -> None:
    options = ("--device", "cpu", "--timeout", 600)
    assert backproof("check", "--smoke", REFERENCE, *options).status == 0
