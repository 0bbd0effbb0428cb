"""The command line in a process of its own, in surroundings that are not as they should be."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import backproof

CAPABILITY_DROP = 24  # PR_CAPBSET_DROP
OVERRIDES = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: permissions do not bind the superuser
LIMIT = 300  # seconds: no attempt may wait for ever


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "backproof", *map(str, words)]


def run(*words: object, **settings: Any) -> "subprocess.CompletedProcess[str]":
    """Run a command, by default with both streams captured."""
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings}
    return subprocess.run(
        command(*words),
        env=environment(),
        text=True,
        encoding="utf-8",
        check=False,
        timeout=LIMIT,
        **settings,
    )


def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    return kept | {"PYTHONPATH": str(Path(backproof.__file__).parents[1])}


def run_with(preparation: str, words: Sequence[object]) -> "subprocess.CompletedProcess[str]":
    """Run a command in a Python that has run `preparation` before."""
    program = f"{preparation}\nfrom backproof.command_line.cli import main\nmain()"
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        env=environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=LIMIT,
    )


def obey_permissions() -> None:
    """Let permissions bind this process and what it starts, even if its user is the superuser."""
    if sys.platform == "linux" and os.geteuid() == 0:
        for override in OVERRIDES:
            ctypes.CDLL(None, use_errno=True).prctl(CAPABILITY_DROP, override, 0, 0, 0)


@contextmanager
def closed_pipe() -> Iterator[int]:
    """Yield the descriptor of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        yield writing
    finally:
        os.close(writing)
