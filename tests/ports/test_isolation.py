"""Misbehaving backends: each failure is reported as what it is and affects no other backend."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest
from bad_port import HABITS, manifest
from conftest import Finished

from backproof.judging.all_ports import Task, run_all
from backproof.judging.results import Run
from backproof.ports.answers import escaped
from backproof.ports.process import MARK
from backproof.vectors.vectors import VectorFile

SECONDS = 10.0  # time limit per response; a backend that hangs gets no more
# The parent of the tests may ignore Ctrl-C, as a shell does for background jobs.
PROGRAM = """\
import signal
from backproof.command_line.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
main()
"""
MAIN = [sys.executable, "-c", PROGRAM]

# The outcomes of two test vectors, or of a backend that does not start; and part of a message.
FATES: Mapping[str, tuple[str, str]] = {
    "is-right": ("pass pass", ""),
    "is-right-but-noisy": ("pass pass", ""),
    "is-always-wrong": ("fail fail", ""),
    "is-another-the-second-time": ("fail fail", "asked the same twice, per_output[0][0] was "),
    "crashes-on-the-third-calculation": ("pass crash", "it exited with status 3"),
    "segfaults": ("crash crash", "it was killed by SIGSEGV"),
    "exits-cleanly-instead": ("crash crash", "it exited with status 0"),
    "raises": (
        "crash crash",
        "ZeroDivisionError: division by zero",
    ),
    "exits-in-mid-answer": ("crash crash", "status 0 in the middle of a line, after 13 bytes"),
    "exits-before-the-newline": ("crash crash", "status 0 in the middle of a line, after"),
    "never-answers": ("timeout timeout", "it did not respond within 10 s"),
    "stops-in-mid-answer": (
        "timeout timeout",
        "it did not respond within 10 s; it wrote 13 bytes without a newline",
    ),
    "never-says-hello": (
        "timeout",
        "it did not respond within 10 s. Does it flush its output after each line?",
    ),
    "dies-at-hello": ("crash", "before the first test vector, it exited with status 7"),
    "prints-first": (
        "error",
        "not JSON: 'Starting up!'. Standard output is for responses only; print to standard error.",
    ),
    "prints-between-answers": (
        "error error",
        "it wrote an unrequested line: 'done'. Standard | its response is not JSON: 'done'",
    ),
    # The second line may come before the next request, or after.
    "answers-twice": ("error error", "it wrote an unrequested line | its response has the id"),
    "answers-another-request": ("error error", "its response has the id 99, not 2"),
    "floods": ("error error", "it wrote more than 16 MiB for one request"),
    "floods-with-lines": ("error error", "its response has no id"),
    "answers-without-an-id": ("error error", "its response has no id"),
    "answers-with-the-id-null": ("error error", "its response has the id null, not 2"),
    "writes-invalid-utf-8": ("error error", "not UTF-8, byte 18 is invalid: '{"),
    "writes-bare-NaN": ("error error", 'NaN must be quoted: "NaN"'),
    "answers-with-a-list": ("error error", "not a JSON object: '[1, 2]"),
    "answers-with-text": (
        "error error",
        'in its response to forward, ok.h[0][0] is "0.4176", not a',
    ),
    "answers-with-null": (
        "error error",
        'ok.h[0][0] is null, not a number; write NaN as "NaN", in quotes',
    ),
    "answers-with-a-huge-integer": (
        "error error",
        "an integer of 401 digits is too large for float64",
    ),
    "answers-in-another-shape": ("error error", 'ok has the unexpected key "more"'),
    "answers-with-no-numbers": ("error error", "ok lacks h, out_h, y and out_y"),
    "answers-with-fewer-rows": ("error pass", "forward answered in another shape: it lacks h[0]"),
    "answers-nothing-at-all": ("error error", "its response to forward must have an id and "),
    "says-error": ("error error", "out of abacuses"),
    "says-error-in-colour": ("error error", r"\x1b[31mred\x07\x1b[31m"),
    "dies-in-colour": ("crash crash", r"Its standard error ends with: \x1b[31mred\x07"),
    "is-unavailable-in-colour": ("unavailable", r"\x1b[31mred"),
    "has-a-name-in-colour": ("error", r'ok.name is "a\nb\u001b[31m"; control characters'),
    "lacks-training": ("pass pass", ""),
    "says-unsupported": ("unsupported unsupported", "all"),
    "says-unavailable": ("unavailable", "abacus: buy one"),
    "is-unavailable-too-late": (
        "error error",
        'its response to forward has "unavailable", which only hello may return',
    ),
    "speaks-another-protocol": ("error", "it speaks protocol 2; backproof speaks protocol 1"),
    "claims-an-unknown-dtype": ("error", 'ok.dtypes[0] is "posit8", but must be one of float64'),
    "claims-no-dtype": ("error", "in its response to hello, ok.dtypes is empty"),
    "has-no-name": ("error", "in its response to hello, ok.name is empty"),
    "writes-6-digits": ("error", "the float64 number 0.6666666666666666 was echoed as 0.666667"),
    "writes-15-digits": (
        "error",
        "echoed as 0.666666666666667: the value was corrupted in transport",
    ),
    "writes-float32-with-9-digits": (
        "error",
        "0.10000000149011612 was echoed as 0.100000001: convert it to float64 before writing it",
    ),
    "flushes-what-is-subnormal": ("error", "the float64 number 5e-324 was echoed as 0.0"),
    "echoes-NaN": ("error", 'the float64 number 0.1 was echoed as "NaN": the value was'),
    "loses-the-sign-of-zero": ("pass pass", "note: it writes −0.0 as 0.0 (float64)"),
    "writes-NaN-as-null": (
        "error",
        "in its response to echo, ok.values[22] is null, not a number",
    ),
    "writes-infinity-as-the-largest": (
        "error",
        'the float64 number "Infinity" was echoed as 1.7976931348623157e+308: the value was',
    ),
    "cannot-read-NaN": (
        "error",
        'it responded to the float64 echo with "error" (a text, not a number)',
    ),
    "loses-an-echo": ("error", "its float64 echo has 26 numbers, not 27"),
    "refuses-the-echo": ("error", 'it responded to the float64 echo with "unsupported" (echo)'),
    "starts-a-process-of-its-own": (
        "pass pass",
        "note: it left child processes running: 1",
    ),
    "starts-a-process-without-environment": (
        "pass pass",
        "note: it left child processes running: 1",
    ),
    "starts-a-session-without-environment": (
        "pass pass",
        "note: it left child processes running: 1",
    ),
    "hangs-with-a-session-without-environment": (
        "timeout timeout",
        "it did not respond within 10 s",
    ),
    "leaves-a-child-without-environment-behind-and-exits": (
        "crash crash",
        "it exited with status 0",
    ),
    "leaves-a-child-behind-and-exits": ("crash crash", "it exited with status 0"),
    "closes-its-standard-output": (
        "error error",
        "it closed its standard output but kept running",
    ),
    "answers-in-any-dtype": ("pass pass", ""),
    "says-error-to-other-dtypes": ("pass pass", ""),
    "dies-of-other-dtypes": ("pass pass", ""),
    "ignores-the-end-of-input": (
        "pass pass",
        "note: it did not exit within 5 s after the end of its input; the smoke test fails for",
    ),
    "talks-at-the-end-of-input": ("pass pass", "note: it wrote unrequested output"),
    "fails-at-the-end-of-input": (
        "pass pass",
        "note: after the end of its input it exited with status 5",
    ),
}


NOT_RUN = "not restarted after 4 crashes, timeouts or malformed responses, counted over all dtypes"
OURS = "BACKPROOF_PORT_OF_A_TEST"  # environment variable of the processes that a test starts
ALL = uuid4().hex  # unique, since the tests may run elsewhere at the same time


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> str:
    """A mark in the environment of all processes that the test starts."""
    mark = uuid4().hex
    monkeypatch.setenv(OURS, mark)
    return mark


def still_running(mark: str) -> dict[int, str]:
    """Return the backends with this mark that still run, and their children."""
    found = {}
    for process in psutil.process_iter():
        try:
            environment, command = process.environ(), " ".join(process.cmdline())
            dead = process.status() == psutil.STATUS_ZOMBIE
            ours = environment.get(OURS) == mark and MARK in environment
            if (ours or f"'of {mark}'" in command) and not dead:
                found[process.pid] = command
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module")
def fates(tutorial: VectorFile, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Run]:
    """The run of each misbehaving backend, all checked in parallel."""
    folder = tmp_path_factory.mktemp("ports")
    specs = [str(manifest(folder, habit)) for habit in HABITS]
    task = Task(tutorial.vectors[:2], ["float64"], "cpu", SECONDS)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv(OURS, ALL)
        runs = run_all(specs, task, named=False)
    return dict(zip(HABITS, runs, strict=True))


def test_every_habit_has_its_fate() -> None:
    assert FATES.keys() == HABITS.keys()


@pytest.mark.parametrize(
    ("habit", "outcomes", "said"), [(h, *fate) for h, fate in FATES.items()], ids=list(FATES)
)
def test_a_port_that(fates: Mapping[str, Run], habit: str, outcomes: str, said: str) -> None:
    run = fates[habit]
    seen = [str(result.outcome) for result in run.results] or [run.outcome]
    messages = [run.message, *(r.message for r in run.results), *(f"note: {n}" for n in run.notes)]
    assert " ".join(seen) == outcomes
    wanted = said.split(" | ")
    assert any(part in message for message in messages for part in wanted), messages


@pytest.mark.parametrize(
    ("habit", "expected", "ran"),
    [
        ("is-right", 2, 2),
        ("never-answers", 2, 2),
        ("dies-at-hello", 2, 0),
        ("says-unavailable", 0, 0),
    ],
)
def test_what_could_not_be_asked_is_expected_all_the_same(
    fates: Mapping[str, Run], habit: str, expected: int, ran: int
) -> None:
    assert (fates[habit].expected, fates[habit].ran) == (expected, ran)


def test_only_what_is_judged_in_a_dtype_asked_for_is_expected(
    tutorial: VectorFile, tmp_path: Path
) -> None:
    judged, other = tutorial.vectors[:2]
    only_float64 = replace(other, expected={"float64": other.expected["float64"]})
    task = Task([judged, only_float64], ["float32"], "cpu", SECONDS)
    (run,) = run_all([str(manifest(tmp_path, "dies-at-hello"))], task, named=True)
    assert (run.outcome, run.expected, run.ran) == ("crash", 1, 0)


def test_no_message_is_long_or_commands_a_terminal(fates: Mapping[str, Run]) -> None:
    for run in fates.values():
        for message in (run.backend, run.version, run.message, *(r.message for r in run.results)):
            assert len(message) < 3000
            assert escaped(message, but="\n\t") == message


def test_nothing_is_left_running(fates: Mapping[str, Run]) -> None:
    assert fates
    assert still_running(ALL) == {}


def test_a_port_that_dies_again_and_again_is_not_started_for_ever(
    tutorial: VectorFile, tmp_path: Path
) -> None:
    task = Task(tutorial.vectors[:6], ["float64"], "cpu", SECONDS)
    (run,) = run_all([str(manifest(tmp_path, "segfaults"))], task, named=True)
    assert [r.outcome for r in run.results] == ["crash"] * 4 + ["not-run"] * 2
    assert run.results[-1].message == NOT_RUN
    assert run.ran == 4
    assert run.outcome == "crash"


def test_fewer_checks_than_there_are_vectors_are_no_success(
    backproof: Callable[..., Finished], tmp_path: Path
) -> None:
    done = backproof("check", manifest(tmp_path, "segfaults"), "plain-python")
    assert done.status == 1
    assert "1 of 2 runs conform" in done.out
    ran, expected = re.findall(r"· ([\d,]+) of ([\d,]+) checks ran ·", done.out)[0]
    one = int(expected.replace(",", "")) // 2
    assert int(ran.replace(",", "")) == one + 4


def interrupted(arguments: list[str], mark: str, ports: int, *signals: int) -> tuple[int, str, str]:
    """Send signals to `backproof check` once enough processes run; return its status and output."""
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*MAIN, "check", *arguments], text=True, **pipes) as child:
        try:
            while len(still_running(mark)) < ports and child.poll() is None:
                time.sleep(0.05)
            for signum in signals:
                child.send_signal(signum)
                time.sleep(0.01)
            out, err = child.communicate(timeout=SECONDS)
        finally:
            child.kill()
    return child.returncode, out, err


@pytest.mark.parametrize(
    ("signals", "status"),
    [
        ([signal.SIGINT], 130),
        ([signal.SIGTERM], 143),
        ([signal.SIGHUP], 129),
        *[([signal.SIGINT] * 2, 130)] * 3,
        ([signal.SIGTERM] * 2, 143),
        ([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], 130),
    ],
)
def test_an_interrupt_leaves_nothing_behind(
    one_row: Path, tmp_path: Path, ours: str, signals: list[int], status: int
) -> None:
    report = tmp_path / "report.json"
    habits = ("never-answers", "starts-a-process-of-its-own", "is-right")
    specs = [str(manifest(tmp_path, habit)) for habit in habits]
    arguments = [*specs, "--vectors", str(one_row), "--json", str(report)]
    ended, out, err = interrupted(arguments, ours, 2, *signals)
    assert ended == status
    assert out == ""
    assert "Traceback" not in err
    assert not report.exists()
    assert still_running(ours) == {}


SH = shutil.which("sh")
NEEDS_SH = pytest.mark.skipif(SH is None or shutil.which("setsid") is None, reason="needs setsid")
STARTING = {  # commands that a build or a probe runs
    "and waits for": "sleep 301 & sleep 302",
    "and leaves behind": "sleep 303 & exit 0",
    "in another session": "setsid sleep 304 & exit 0",
}


def with_commands(folder: Path, **commands: str) -> str:
    """Write the `port.toml` of a correct backend, with shell commands for its build or probe."""
    path = manifest(folder, "is-right")
    lines = [f"{key} = {json.dumps(['sh', '-c', text])}\n" for key, text in commands.items()]
    path.write_text(path.read_text(encoding="utf-8") + "".join(lines), encoding="utf-8")
    return str(path)


@NEEDS_SH
@pytest.mark.parametrize("text", STARTING.values(), ids=STARTING)
@pytest.mark.parametrize("key", ["build", "probe"])
def test_what_a_build_or_a_probe_starts_is_ended_with_it(
    backproof: Callable[..., Finished],
    one_row: Path,
    tmp_path: Path,
    ours: str,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    text: str,
) -> None:
    monkeypatch.setattr("backproof.ports.launching.PROBING", 1.0)
    monkeypatch.setattr("backproof.ports.remote.BUILD", 1)
    before = time.monotonic()
    spec = with_commands(tmp_path, **{key: text})
    done = backproof("check", spec, "--vectors", one_row, "--timeout", 3)
    if text == STARTING["and waits for"]:
        said = "the build did not finish within 3 s" if key == "build" else f"`sh -c {text}` fails"
        assert said in done.out + done.err
    else:
        assert done.status == 0, done
    assert time.monotonic() < before + SECONDS
    assert still_running(ours) == {}


@NEEDS_SH
def test_an_interrupted_build_is_ended(tmp_path: Path, ours: str) -> None:
    spec = with_commands(tmp_path, build=STARTING["and waits for"])
    status, _, err = interrupted([spec], ours, 3, signal.SIGINT, signal.SIGINT)
    assert (status, err.strip()) == (130, "Interrupted.")
    assert still_running(ours) == {}


def test_killing_a_port_from_outside_is_a_crash_and_the_others_finish(
    one_row: Path, tmp_path: Path, ours: str
) -> None:
    report = tmp_path / "report.json"
    specs = [str(manifest(tmp_path, "never-answers")), "plain-python"]
    command = [*MAIN, "check", *specs, "--vectors", str(one_row), "--json", str(report)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while child.poll() is None:
            for pid, what in still_running(ours).items():
                if "never-answers" in what:
                    with suppress(psutil.Error):
                        psutil.Process(pid).kill()
            time.sleep(0.05)
    assert child.returncode == 1
    killed, right = json.loads(report.read_text(encoding="utf-8"))["runs"]
    assert right["outcome"] == "pass"
    assert killed["outcome"] == "crash"
    assert "it was killed by SIGKILL" in json.dumps(killed)
