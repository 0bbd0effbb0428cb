"""Starting a backend from a `port.toml`: what it may contain, and messages about mistakes in it."""

import json
import sys
from pathlib import Path

import bad_port
import pytest
from conftest import Command

from backproof import Params, load
from backproof.errors import SpecError, Unavailable
from backproof.ports.launching import find_launch

SERVE = [sys.executable, "-m", "backproof.ports.serve", "plain-python"]
RUN = f"name = 'served'\nrun = {SERVE}\n"


def manifest(folder: Path, text: str) -> str:
    path = folder / "port.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_manifest_is_a_spec(backproof: Command, one_row: Path, tmp_path: Path) -> None:
    done = backproof("check", manifest(tmp_path, RUN), "--vectors", one_row)
    assert done.status == 0, done
    assert "plain-python" in done.out


PARAMS = Params([[0.5, 0.25], [0.125, 1.0]], 0.5, [[1.0, 2.0], [3.0, 4.0]], -0.5)
ROWS, TARGETS = [[0.5, -0.0]], [[0.0, 1.0]]


def test_it_can_be_loaded_as_a_class_that_answers_alike(tmp_path: Path) -> None:
    backend = load(manifest(tmp_path, RUN))
    assert (backend.name, backend.dtypes) == ("plain-python", ("float64",))
    far, near = backend(), load("plain-python")()
    assert far.forward(PARAMS, ROWS) == near.forward(PARAMS, ROWS)
    assert far.loss(PARAMS, ROWS, TARGETS) == near.loss(PARAMS, ROWS, TARGETS)
    assert far.gradients(PARAMS, ROWS, TARGETS) == near.gradients(PARAMS, ROWS, TARGETS)
    trained = [
        port.train(PARAMS, ROWS, TARGETS, learning_rate=0.5, epochs=3, train_biases=True)
        for port in (far, near)
    ]
    assert trained[0] == trained[1]
    with pytest.raises(ValueError, match="does not support 'float16', only float64"):
        backend(dtype="float16")
    with pytest.raises(ValueError, match="does not support the device 'abacus', only cpu"):
        backend(device="abacus")


@pytest.mark.parametrize(
    ("habit", "raised", "message"),
    [
        ("says-error", RuntimeError, "out of abacuses"),
        ("says-unsupported", NotImplementedError, "all"),
        ("segfaults", RuntimeError, "it was killed by SIGSEGV"),
    ],
)
def test_what_a_loaded_port_does_instead_of_answering_is_raised(
    tmp_path: Path, habit: str, raised: type[Exception], message: str
) -> None:
    text = f"name = 'bad'\nrun = {[sys.executable, bad_port.__file__, habit]}\n"
    backend = load(manifest(tmp_path, text))()
    with pytest.raises(raised, match=message):
        backend.forward(PARAMS, ROWS)


def test_a_port_that_does_not_start_cannot_be_loaded(tmp_path: Path) -> None:
    text = f"name = 'bad'\nrun = {[sys.executable, '-c', 'exit(3)']}\n"
    with pytest.raises(SpecError, match="before the first test vector, it exited with status 3"):
        load(manifest(tmp_path, text))


def test_a_probe_that_does_not_end_is_said_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backproof.ports.launching.PROBE_TIMEOUT", 0.5)
    probe = [sys.executable, "-c", "import time; time.sleep(3600)"]
    text = f"name = 'mine'\nrun = ['{sys.executable}']\nprobe = {json.dumps(probe)}\n"
    with pytest.raises(Unavailable, match=r"` did not finish within 0\.5 s"):
        load(manifest(tmp_path, text))


def test_what_is_built_is_there_when_it_runs_and_gone_afterwards(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    note = tmp_path / "note"
    make = (
        "import sys; open(sys.argv[1], 'w').write('from backproof.ports.serve import main; main()')"
    )
    log = (
        "import sys, runpy; open('note', 'w').write(sys.argv[1]); "
        "sys.argv[1:] = ['plain-python']; runpy.run_path(open('note').read())"
    )
    build = [sys.executable, "-c", make, "{build}/made.py"]
    run = [sys.executable, "-c", log, "{build}/made.py"]
    done = backproof("check", manifest(tmp_path, _toml(build, run)), "--vectors", one_row)
    assert done.status == 0, done
    assert not Path(note.read_text(encoding="utf-8")).parent.exists()


def _toml(build: list[str], run: list[str]) -> str:
    return f"name = 'built'\nbuild = {json.dumps(build)}\nrun = {json.dumps(run)}\n"


BUILDS = {
    "a build that fails": (
        "print('no such unit'); exit(1)",
        60.0,
        "error",
        "the build failed: no such",
    ),
    "a build that fails in silence": (
        "exit(3)",
        60.0,
        "error",
        "the build failed: it exited with status 3 and wrote nothing",
    ),
    "a build that hangs": (
        "import time; time.sleep(3600)",
        0.1,
        "timeout",
        "the build did not finish within 1 s",
    ),
}


@pytest.mark.parametrize(("code", "seconds", "outcome", "message"), BUILDS.values(), ids=BUILDS)
def test_the_fault_is_the_ports_with(
    backproof: Command, tmp_path: Path, code: str, seconds: float, outcome: str, message: str
) -> None:
    spec = manifest(tmp_path, _toml([sys.executable, "-c", code], ["{build}/port"]))
    done = backproof("check", spec, "--timeout", seconds)
    assert done.status == 1
    assert [line.split()[:4] for line in done.out.splitlines()][1] == ["built", "–", "–", outcome]
    assert message in done.out


MADE = "import os, sys; os.makedirs(sys.argv[1]); open(sys.argv[1] + '/port', 'w').close()"
GONE = "cannot be run: No such file or directory"
UNBUILT = {
    "a misspelt program": ("{build}/a/prot", f"{GONE}; the build left port in {{build}}/a"),
    "a misspelt folder": ("{build}/b/port", f"{GONE}; the build left a in {{build}}"),
    "a program that is none": ("{build}/a/port", "cannot be run: Permission denied"),
}


@pytest.mark.parametrize(("run", "message"), UNBUILT.values(), ids=UNBUILT)
def test_what_was_not_built_is_no_fault_of_the_toolchain(
    backproof: Command, tmp_path: Path, run: str, message: str
) -> None:
    text = _toml([sys.executable, "-c", MADE, "{build}/a"], [run])
    done = backproof("check", manifest(tmp_path, f"needs = 'a compiler'\n{text}"))
    assert done.status == 1
    assert done.out.splitlines()[1].split()[:4] == ["built", "–", "–", "error"]
    assert f"\n  {run} {message}\n" in done.out


def test_of_many_files_that_a_build_left_some_are_named(backproof: Command, tmp_path: Path) -> None:
    make = "import sys; [open(f'{sys.argv[1]}/{n}', 'w') for n in ('.x', *range(10, 22))]"
    build = [sys.executable, "-c", make, "{build}"]
    done = backproof("check", manifest(tmp_path, _toml(build, ["{build}/port"])))
    named = ", ".join(map(str, range(10, 20)))
    assert f"{{build}}/port {GONE}; the build left {named} and 2 more in {{build}}\n" in done.out


def test_without_a_build_nothing_is_there(backproof: Command, tmp_path: Path) -> None:
    done = backproof("check", manifest(tmp_path, "name = 'unbuilt'\nrun = ['{build}/port']\n"))
    assert done.status == 1
    assert f"{{build}}/port {GONE}; nothing was built in {{build}}\n" in done.out


# A program that removes itself when it starts.
FLEETING = f"""\
#!{sys.executable}
import os, runpy, sys
os.remove(__file__)
sys.argv[1:] = ["segfaults"]
runpy.run_path({bad_port.__file__!r}, run_name="__main__")
"""


def test_what_is_gone_when_it_must_be_started_again_is_an_error(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    make = "import os, sys; open(sys.argv[1], 'w').write(sys.argv[2]); os.chmod(sys.argv[1], 448)"
    build = [sys.executable, "-c", make, "{build}/port", FLEETING]
    spec = manifest(tmp_path, _toml(build, ["{build}/port"]))
    done = backproof("check", spec, "--vectors", one_row)
    assert done.status == 1
    assert "row-1/forward: crash: it was killed by SIGSEGV" in done.out
    assert f"row-1/loss: error: {{build}}/port {GONE}; nothing was built in" in done.out


UNAVAILABLE = {
    "program": ("run = ['no-such-program']", "no-such-program is not installed; it needs {needs}"),
    "compiler": ("build = ['no-such-cc']\nrun = ['{build}/a']", "no-such-cc is not installed"),
    "library": (f"probe = {[sys.executable, '-c', 'exit(1)']}\n{RUN}", "fails; it needs {needs}"),
}


@pytest.mark.parametrize(("text", "message"), UNAVAILABLE.values(), ids=UNAVAILABLE)
def test_what_is_missing_is_told_with_what_would_install_it(
    backproof: Command, tmp_path: Path, text: str, message: str
) -> None:
    needs = "an abacus: apt-get install abacus"
    body = text.replace("name = 'served'\n", "")
    spec = manifest(tmp_path, f"name = 'x'\nneeds = '{needs}'\n{body}")
    with pytest.raises(Unavailable) as refused:
        find_launch(spec, "cpu")
    assert message.format(needs=needs) in str(refused.value)
    done = backproof("check", spec)
    assert done.status == 2
    assert needs in done.err


WRONG = {
    "not-toml": ("name = ", "is not TOML: "),
    "not-utf-8": ("name = '\udcff'", "is not UTF-8 (byte 9 is invalid): save it as UTF-8"),
    "no-name": ("run = ['x']", "lacks name, a string, the backend's name in reports"),
    "no-command": ("name = 'x'", "lacks run, a list of strings, the command that starts"),
    "unknown-key": ("name = 'x'\nruns = ['x']", "has the unknown key runs: did you mean run?"),
    "odd-key": (
        "name = 'x'\nq = 1",
        "has the unknown key q: expected one of name, run, build, probe",
    ),
    "text-command": ("name = 'x'\nrun = 'x'", "run must be a list of strings, the command that"),
    "empty-command": ("name = 'x'\nrun = []", "run must be a list of strings, "),
    "number": (
        "name = 3\nrun = ['x']",
        "name must be a string, the backend's name in reports, not 3",
    ),
    "large": ("#" * 2**17, "is larger than 64 KiB"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_manifest_is_told_what_is_wrong(
    backproof: Command, tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "port.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    done = backproof("check", path)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"Error: {path}: {message}")


def test_a_manifest_that_is_not_there_is_named(backproof: Command) -> None:
    assert backproof("check", "nowhere.toml").err == "Error: nowhere.toml: there is no such file\n"


def test_a_device_is_for_python_alone(backproof: Command, tmp_path: Path) -> None:
    done = backproof("check", manifest(tmp_path, RUN), "--device", "cuda")
    assert done.status == 2
    assert "does not support the device 'cuda': a port.toml supports only cpu" in done.err
