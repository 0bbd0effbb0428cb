"""Whatever ends the checker, and wherever a backend's processes go, none of them is left."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bad_port import manifest
from processes import still_running, wait_for_none

from backproof.ports.process import ProcessTree

SECONDS = 600.0  # after which what a test waits for will never come
MAIN = [sys.executable, "-m", "backproof", "check", "--timeout=3000"]
DEADLY = ("SIGKILL", "SIGQUIT", "SIGALRM", "SIGABRT", "SIGUSR1", "SIGSEGV")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=pytest.mark.hostile(
                "A signal",
                f"`{name}` to the checker while backends work on a request",
                "it ends at once, and they with it",
            ),
        )
        for name in DEADLY
    ],
)
def test_backends_end_with_the_checker(one_row: Path, tmp_path: Path, ours: str, name: str) -> None:
    habits = ("never-answers", "hangs-with-a-session-without-environment")
    specs = [str(manifest(tmp_path, habit)) for habit in habits]
    command = [*MAIN, *specs, "--vectors", str(one_row)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as child:
        while len(still_running(ours)) < 5 and child.poll() is None:
            time.sleep(0.05)
        child.send_signal(getattr(signal, name))
        assert child.wait(SECONDS) == -getattr(signal, name)
    wait_for_none(ours)


@pytest.mark.skipif(shutil.which("sh") is None, reason="sh is not installed")
@pytest.mark.hostile(
    "A signal", "`SIGKILL` to the checker while a backend is built", "the build ends with it"
)
def test_a_build_ends_with_the_checker(tmp_path: Path, ours: str) -> None:
    spec = manifest(tmp_path, "is-right")
    build = json.dumps(["sh", "-c", "sleep 3605 & sleep 3606"])
    spec.write_text(f"{spec.read_text(encoding='utf-8')}build = {build}\n", encoding="utf-8")
    with subprocess.Popen([*MAIN, str(spec)]) as child:
        while len(still_running(ours)) < 4 and child.poll() is None:
            time.sleep(0.05)
        child.kill()
    wait_for_none(ours)


# Every two milliseconds, it is another process, in a session of its own, without environment; each
# adds a byte to a file.
FLEEING = """\
import os, sys, time
os.environ.clear()
print(flush=True)
if os.fork():
    time.sleep(3600)
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
    with open(sys.argv[1], "ab", buffering=0) as file:
        file.write(b".")
    time.sleep(float(sys.argv[2]))
"""


@pytest.mark.parametrize(
    "interval",
    [
        pytest.param(
            interval,
            marks=pytest.mark.hostile(
                "A process",
                f"that forks and exits {often}, each time in a session of its own",
                "it is caught and ended",
            ),
        )
        for interval, often in (("0.002", "every 2 ms"), ("0", "as often as it can"))
    ],
)
def test_a_process_that_flees_is_caught(tmp_path: Path, interval: str) -> None:
    trace = tmp_path / "trace"
    command = [sys.executable, "-I", "-S", "-c", FLEEING, str(trace), interval]
    tree = ProcessTree(command, None, stdout=subprocess.PIPE)
    assert tree.parent.stdout
    with tree.parent.stdout as said:
        said.readline()
        while not trace.exists() or trace.stat().st_size < 100:
            time.sleep(0.01)
        tree.kill_all()
    size = trace.stat().st_size
    time.sleep(0.5)
    assert trace.stat().st_size == size


@pytest.mark.hostile(
    "A process", "that starts another again and again, and these likewise", "all are ended"
)
def test_processes_that_multiply_are_ended(ours: str) -> None:
    program = (
        "import os, time\n"
        "for _ in range(6): os.fork() or os.setsid()\n"
        "print(flush=True)\n"
        f"'of {ours}'; time.sleep(3600)"
    )
    tree = ProcessTree([sys.executable, "-I", "-S", "-c", program], None, stdout=subprocess.PIPE)
    assert tree.parent.stdout
    with tree.parent.stdout as said:
        for _ in range(64):
            said.readline()
        assert tree.kill_all() == 63
    assert still_running(ours) == {}
