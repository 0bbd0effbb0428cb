"""Every signal to stop is obeyed, whatever is being done: the first one, or else a further one."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from bad_port import manifest
from processes import still_running, wait_for_none

SECONDS = 600.0  # after which what a test waits for will never come
# The program, with one function in it replaced by one that says when it begins, and has no end.
PROGRAM = """\
import importlib, os, signal, sys, time
from backproof.command_line.cli import main

def stick(*_, **__):
    begun = False
    while True:
        try:
            if not begun:
                begun = os.write(1, b"stuck\\n")
            time.sleep(60)
        except BaseException:
            pass

module, *names, last = sys.argv.pop(1).split()
place = importlib.import_module(module)
for name in names:
    place = getattr(place, name)
setattr(place, last, stick)
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
main()
"""
STUCK = {  # what has no end, and whether the first signal is enough
    "during a diagnosis that does not end": ("backproof.command_line.check add_diagnosis", True),
    "while a response is validated": ("backproof.ports.remote_driver schema_problem", True),
    "where exceptions are swallowed": ("backproof.command_line.check select", False),
    "when the cleanup does not end": ("backproof.ports.remote_driver RemoteDriver stop", False),
}


def attempt(kind: str) -> Any:
    answer = "the program ends" if STUCK[kind][1] else "a second one ends the program"
    mark = pytest.mark.hostile("A signal", f"`SIGINT`, `SIGTERM` or `SIGHUP` {kind}", answer)
    return pytest.param(*STUCK[kind], marks=mark, id=kind)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize(("place", "first_is_enough"), [*map(attempt, STUCK)])
def test_the_program_ends(
    one_row: Path, tmp_path: Path, ours: str, name: str, place: str, *, first_is_enough: bool
) -> None:
    spec = str(manifest(tmp_path, "is-right"))
    command = [sys.executable, "-c", PROGRAM, place, "check", spec, "--vectors", str(one_row)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stderr
        try:
            assert child.stdout.readline() == b"stuck\n"
            child.send_signal(getattr(signal, name))
            if not first_is_enough:
                send_until_it_ends(child, name)
            status = child.wait(SECONDS)
        finally:
            child.kill()
        said = child.stderr.read().decode()
    assert status == 128 + getattr(signal, name)
    assert "Traceback" not in said
    wait_for_none(ours)


def send_until_it_ends(child: subprocess.Popen[bytes], name: str) -> None:
    for _ in range(int(SECONDS)):
        try:
            child.wait(1.0)
        except subprocess.TimeoutExpired:
            child.send_signal(getattr(signal, name))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        pytest.param(
            ["check", "--smoke"],
            "run",
            marks=pytest.mark.hostile(
                "A signal",
                "`SIGINT`, `SIGTERM` or `SIGHUP` while the smoke test waits for a port",
                "the program ends, and the port with it",
            ),
            id="the smoke test",
        ),
        pytest.param(
            ["check"],
            "probe",
            marks=pytest.mark.hostile(
                "A signal",
                "`SIGINT`, `SIGTERM` or `SIGHUP` while a probe runs",
                "the program ends, and the probe with it",
            ),
            id="a probe",
        ),
    ],
)
def test_what_is_waited_for_ends(
    tmp_path: Path, ours: str, name: str, arguments: list[str], key: str
) -> None:
    commands = {
        "run": [sys.executable],
        key: [sys.executable, "-c", "import time; time.sleep(3600)"],
    }
    lines = [f"{name} = {json.dumps(command)}\n" for name, command in commands.items()]
    spec = tmp_path / "port.toml"
    spec.write_text("".join(["name = 'silent'\n", *lines]), encoding="utf-8")
    program = PROGRAM.replace("setattr", "getattr")  # nothing is replaced
    command = [sys.executable, "-c", program, "backproof ports", *arguments, str(spec)]
    with subprocess.Popen([*command, "--timeout=3000"], stderr=subprocess.PIPE) as child:
        while len(still_running(ours)) < 2 and child.poll() is None:
            time.sleep(0.05)
        child.send_signal(getattr(signal, name))
        _, said = child.communicate(timeout=SECONDS)
    assert child.returncode == 128 + getattr(signal, name)
    assert b"Traceback" not in said
    wait_for_none(ours)


# The import of the commands has no end.
IMPORTING = """\
import os, signal, sys, time

class Slow:
    def find_spec(self, name, *_):
        if name == "backproof.command_line.check":
            os.write(1, b"stuck\\n")
            time.sleep(3600)

sys.meta_path.insert(0, Slow())
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from backproof.__main__ import main
main()
"""


@pytest.mark.hostile(
    "A signal", "`SIGINT`, `SIGTERM` or `SIGHUP` while the program is imported", "it ends"
)
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_program_ends_before_it_has_begun(name: str) -> None:
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", IMPORTING], **pipes) as child:
        assert child.stdout
        assert child.stdout.readline() == b"stuck\n"
        child.send_signal(getattr(signal, name))
        _, said = child.communicate(timeout=SECONDS)
    assert (child.returncode, said) == (128 + getattr(signal, name), b"")
