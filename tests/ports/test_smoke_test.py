"""The smoke test checks a backend's protocol handling, not its values."""

from pathlib import Path

import pytest
from bad_port import manifest
from conftest import Command

from backproof import Backend
from backproof.ports.smoke_test import run_smoke_test

UNCLAIMED = "float32, which it does not support"
REFUSED = 'in a dtype it does not support, it must respond with "unsupported"\n'
NOT_RUN = (
    "not restarted after 4 crashes, timeouts or malformed responses, counted over all dtypes\n"
)


def test_a_backend_passes(backend: type[Backend]) -> None:
    findings = list(run_smoke_test(backend.name, "cpu", 60.0))
    assert [f for f in findings if f.problem] == []
    steps = [f.step for f in findings]
    assert steps[0].startswith(f"hello and echo: {backend.name}, {backend.version}; ")
    assert {f"{dtype} {op}, 3 rows" for dtype in backend.dtypes for op in ("loss", "train")} <= {
        *steps
    }
    assert steps[-1] == "exit at the end of input"


@pytest.mark.parametrize(
    "habit", ["is-always-wrong", "is-right-but-noisy", "lacks-training", "leaves-out-h-and-y"]
)
def test_wrong_numbers_are_not_its_affair(habit: str, backproof: Command, tmp_path: Path) -> None:
    done = backproof("check", "--smoke", manifest(tmp_path, habit))
    assert done.status == 0
    assert "not ok" not in done.out
    assert ("float64 train, 1 row" in done.out) == (habit != "lacks-training")


@pytest.mark.parametrize(
    ("habit", "line"),
    [
        ("writes-6-digits", "hello and echo: before the first test vector, the float64 number "),
        (
            "speaks-another-protocol",
            "hello and echo: before the first test vector, it uses protocol",
        ),
        ("dies-at-hello", "hello and echo: before the first test vector, it exited with status 7"),
        ("answers-with-fewer-rows", "float64 forward, 1 row: it returned 0 numbers, not 8"),
        (
            "answers-with-text",
            "float64 loss, 3 rows: error: in its response to loss, ok.per_output",
        ),
        ("says-error", "float64 gradients, 1 row: error: out of abacuses"),
        ("segfaults", "float64 forward, 1 row: crash: it was killed by SIGSEGV"),
        ("says-unsupported", "float64 forward, 1 row: unsupported: all"),
        ("answers-in-any-dtype", f"{UNCLAIMED}: it responded with numbers; {REFUSED}"),
        (
            "says-error-to-other-dtypes",
            f'{UNCLAIMED}: it responded with "error" (dtype float32); {REFUSED}',
        ),
        ("dies-of-other-dtypes", f"{UNCLAIMED}: crash: it exited with status 4; {REFUSED}"),
        ("segfaults", f"float64 train, 1 row: not run: {NOT_RUN}"),
        ("segfaults", f"{UNCLAIMED}: not run: {NOT_RUN}"),
        ("ignores-the-end-of-input", "exit at the end of input: it did not exit within 1 s after"),
        ("fails-at-the-end-of-input", "exit at the end of input: after the end of its input it "),
    ],
)
def test_what_is_wrong_with_the_harness_side_is_told(
    habit: str,
    line: str,
    backproof: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if habit == "ignores-the-end-of-input":
        monkeypatch.setattr("backproof.ports.process.EXIT_TIMEOUT", 1.0)
    spec = manifest(tmp_path, habit)
    done = backproof("check", "--smoke", spec)
    assert done.status == 1
    assert f"{spec}: not ok: {line}" in done.out


def test_without_a_spec_what_is_installed_is_tried(backproof: Command) -> None:
    done = backproof("check", "--smoke")
    assert done.status == 0
    assert "plain-python: ok: exit at the end of input" in done.out
