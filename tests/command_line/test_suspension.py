"""A program that is suspended, as by Ctrl-Z, does not blame a backend for the time that passes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SECONDS = 600.0  # after which what a test waits for will never come
# Time passes for it while it is suspended only; and what reads a backend gets no turn for a while.
PROGRAM = """\
import sys, time
from pathlib import Path
from backproof.command_line.cli import main
from backproof.ports import process

class SlowPipe:
    def __init__(self, pipe): self.pipe = pipe
    def __enter__(self): return self
    def __exit__(self, *_): self.pipe.close()

    def read(self, size):
        chunk = self.pipe.read(size)
        time.sleep(5 * process.POLL_INTERVAL)
        return chunk

def read(self, pipe, read=process.Process._read):
    read(self, SlowPipe(pipe))

passed, process.LAST_LOOK, process.Process._read = Path(sys.argv.pop(1)), 600.0, read
process.monotonic = lambda: 10.0**6 * passed.exists()
main()
"""
# It responds to its first request for numbers when it is told to, and tells that it has.
PORT = """\
import sys, time
from pathlib import Path
from backproof.ports.serve import serve_requests

folder = Path(sys.argv[1])

def requests():
    for line in sys.stdin.buffer:
        if b'"params"' not in line:
            yield line
            continue
        (folder / "asked").touch()
        while not (folder / "suspended").exists():
            time.sleep(0.05)
        yield line
        (folder / "responded").touch()

serve_requests("plain-python", "cpu", requests(), sys.stdout.buffer)
"""


@pytest.mark.hostile(
    "A signal",
    "`SIGSTOP` to the checker for longer than `--timeout`, while a backend responds",
    "the response counts when the checker goes on",
)
def test_what_came_in_time_counts(one_row: Path, tmp_path: Path) -> None:
    run = json.dumps([sys.executable, "-c", PORT, str(tmp_path)])
    spec = tmp_path / "port.toml"
    spec.write_text(f"name = 'prompt'\nrun = {run}\n", encoding="utf-8")
    check = ["check", str(spec), "--vectors", str(one_row), "--timeout", str(SECONDS)]
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "passed"), *check]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        wait_for(tmp_path / "asked")
        child.send_signal(signal.SIGSTOP)
        os.waitpid(child.pid, os.WUNTRACED)  # until it is suspended
        (tmp_path / "suspended").touch()
        wait_for(tmp_path / "responded")
        (tmp_path / "passed").touch()
        child.send_signal(signal.SIGCONT)
        said, _ = child.communicate(timeout=SECONDS)
    assert child.returncode == 0, said


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
