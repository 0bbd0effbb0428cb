"""Misbehaving backends: each failure is reported as what it is and affects no other backend."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import IO, Any
from uuid import uuid4

import psutil
import pytest
from bad_port import HABITS, manifest
from conftest import Finished
from fates import FATES, HANGING, STAYING
from processes import OURS, ClockOfHanging, still_running

from backproof.judging.all_backends import CheckOptions, run_all
from backproof.judging.results import Run
from backproof.ports.process import POLL_INTERVAL, Process
from backproof.vectors.vectors import VectorFile

SECONDS = 10.0  # for each answer
GIVEN_UP = 600  # seconds after which what a test waits for will never come
# Whatever started the tests may ignore Ctrl-C, as a shell does for what it runs in the background.
# The first argument lists the signals that come after it was stopped: whenever it is about to end a
# process, and when Python has taken apart almost everything, and itself heeds no signal any longer.
PROGRAM = """\
import signal, sys
from threading import current_thread, main_thread
from backproof.command_line.cli import main
from backproof.ports.process import ProcessTree

FURTHER = [int(signum) for signum in sys.argv.pop(1).split()]

def send(send=signal.raise_signal, further=FURTHER):
    for signum in further:
        send(signum)

def end(family, end=ProcessTree.kill_all):
    if current_thread() is main_thread():
        send()
    return end(family)

class Last:
    def __del__(self, send=send):
        send()

signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
ProcessTree.kill_all, last = end, Last()
main()
"""
MAIN = [sys.executable, "-c", PROGRAM]


NOT_RUN = "not restarted after 4 crashes, timeouts or malformed responses, counted over all dtypes"
ALL = uuid4().hex  # unique, since the tests may run elsewhere at the same time


@pytest.fixture(scope="module")
def fates(tutorial: VectorFile, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Run]:
    """What comes of all of them: of those side by side that need not be waited for."""
    folder = tmp_path_factory.mktemp("ports")
    task = CheckOptions(tutorial.vectors[:2], ["float64"], "cpu", SECONDS)
    found: dict[str, Run] = {}

    def run(*habits: str) -> None:
        specs = [str(manifest(folder, habit)) for habit in habits]
        found.update(zip(habits, run_all(specs, task, explicit=False), strict=True))

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv(OURS, ALL)
        run(*(habit for habit in HABITS if habit not in (*HANGING, *STAYING)))
        monkeypatch.setattr("backproof.ports.process.EXIT_TIMEOUT", 1.0)
        run(*STAYING)
        for habit in HANGING:
            hangs = folder / f"{habit}.hangs"
            hangs.touch()
            monkeypatch.setenv("BACKPROOF_HANGS_OF_A_TEST", str(hangs))
            monkeypatch.setattr("backproof.ports.process.monotonic", ClockOfHanging(hangs, SECONDS))
            run(habit)
    return found


def test_every_habit_has_its_fate() -> None:
    assert FATES.keys() == HABITS.keys()


def attempt(habit: str) -> Any:
    kinds = dict.fromkeys(FATES[habit][0].split())
    words = habit.replace("-", " ")
    mark = pytest.mark.hostile("A port", f"that {words}", ", then ".join(f"`{k}`" for k in kinds))
    return pytest.param(habit, id=habit, marks=mark)


@pytest.mark.parametrize("habit", [*map(attempt, FATES)])
def test_a_port_that(fates: Mapping[str, Run], habit: str) -> None:
    assert_fate(fates[habit], habit)


def assert_fate(run: Run, habit: str) -> None:
    outcomes, said = FATES[habit]
    seen = [str(result.outcome) for result in run.results] or [run.outcome]
    messages = [run.message, *(r.message for r in run.results), *(f"note: {n}" for n in run.notes)]
    assert " ".join(seen) == outcomes
    wanted = said.split(" | ")
    assert any(part in message for message in messages for part in wanted), messages


class SlowPipe:
    """A pipe of a port on a machine so busy that whoever reads it gets no turn for a while."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe

    def __enter__(self) -> "SlowPipe":
        return self

    def __exit__(self, *_: object) -> None:
        self._pipe.close()

    def read(self, size: int) -> bytes:
        chunk = self._pipe.read(size)
        time.sleep(5 * POLL_INTERVAL)
        return chunk


@pytest.mark.parametrize(
    ("habit", "reader"),
    [
        ("raises", "_listen"),
        ("exits-in-mid-answer", "_read"),
        ("exits-before-the-newline", "_read"),
        ("talks-at-the-end-of-input", "_read"),
    ],
)
def test_what_a_port_said_last_is_heard_however_late_it_is_read(
    tutorial: VectorFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, habit: str, reader: str
) -> None:
    read = getattr(Process, reader)
    monkeypatch.setattr(Process, reader, lambda self, pipe: read(self, SlowPipe(pipe)))
    task = CheckOptions(tutorial.vectors[:2], ["float64"], "cpu", SECONDS)
    (run,) = run_all([str(manifest(tmp_path, habit))], task, explicit=True)
    assert_fate(run, habit)


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
    assert (fates[habit].expected_count, fates[habit].ran_count) == (expected, ran)


def test_only_what_is_judged_in_a_dtype_asked_for_is_expected(
    tutorial: VectorFile, tmp_path: Path
) -> None:
    judged, other = tutorial.vectors[:2]
    only_float64 = replace(other, expected={"float64": other.expected["float64"]})
    task = CheckOptions([judged, only_float64], ["float32"], "cpu", SECONDS)
    (run,) = run_all([str(manifest(tmp_path, "dies-at-hello"))], task, explicit=True)
    assert (run.outcome, run.expected_count, run.ran_count) == ("crash", 1, 0)


def test_no_message_is_long_or_commands_a_terminal(fates: Mapping[str, Run]) -> None:
    for run in fates.values():
        for message in (run.backend, run.version, run.message, *(r.message for r in run.results)):
            assert len(message) < 3000
            assert all(c.isprintable() or c in "\n\t" for c in message), ascii(message)


def test_nothing_is_left_running(fates: Mapping[str, Run]) -> None:
    assert fates
    assert still_running(ALL) == {}


def test_a_port_that_dies_again_and_again_is_not_started_for_ever(
    tutorial: VectorFile, tmp_path: Path
) -> None:
    task = CheckOptions(tutorial.vectors[:6], ["float64"], "cpu", SECONDS)
    (run,) = run_all([str(manifest(tmp_path, "segfaults"))], task, explicit=True)
    assert [r.outcome for r in run.results] == ["crash"] * 4 + ["not-run"] * 2
    assert run.results[-1].message == NOT_RUN
    assert run.ran_count == 4
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


def interrupted(
    arguments: list[str], mark: str, ports: int, *signals: int, further: Sequence[int] = ()
) -> tuple[int, str, str]:
    """Send signals to the checker, all at once, when so many processes run; then `further` ones.

    The supervisors count. Returns its status and output.
    """
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [*MAIN, " ".join(str(int(signum)) for signum in further), "check", *arguments]
    with subprocess.Popen(command, text=True, **pipes) as child:
        try:
            while len(still_running(mark)) < ports and child.poll() is None:
                time.sleep(0.05)
            for signum in (signal.SIGSTOP, *signals, signal.SIGCONT):
                child.send_signal(signum)
            out, err = child.communicate(timeout=GIVEN_UP)
        finally:
            child.kill()
    return child.returncode, out, err


INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
INTERRUPTS = {
    "SIGINT": ([INT], [], {130}),
    "SIGTERM": ([TERM], [], {143}),
    "SIGHUP": ([HUP], [], {129}),
    "SIGINT twice": ([INT], [INT], {130}),
    "SIGTERM twice": ([TERM], [TERM], {143}),
    "SIGINT before others": ([INT], [TERM, HUP], {130}),
    "SIGHUP before others": ([HUP], [INT, TERM], {129}),
    "all at once": ([INT, TERM, HUP], [], {130, 143, 129}),  # any may be the first to be heeded
}


@pytest.mark.parametrize(
    ("signals", "further", "statuses"), INTERRUPTS.values(), ids=list(INTERRUPTS)
)
def test_an_interrupt_leaves_nothing_behind(
    one_row: Path,
    tmp_path: Path,
    ours: str,
    signals: list[int],
    further: list[int],
    statuses: set[int],
) -> None:
    report = tmp_path / "report.json"
    habits = ("never-answers", "starts-a-process-of-its-own", "is-right")
    specs = [str(manifest(tmp_path, habit)) for habit in habits]
    arguments = [*specs, "--vectors", str(one_row), "--json", str(report)]
    ended, out, err = interrupted(arguments, ours, 4, *signals, further=further)
    assert ended in statuses
    assert out == ""
    assert "Traceback" not in err
    assert not report.exists()
    assert still_running(ours) == {}


def test_a_signal_that_the_thread_of_a_port_takes_is_heeded_at_once(
    tutorial: VectorFile, tmp_path: Path
) -> None:
    heeded, found = Event(), []

    def seen() -> None:
        signal.raise_signal(INT)
        found.append(heeded.wait(GIVEN_UP))

    task = CheckOptions(tutorial.vectors[:1], ["float64"], "cpu", SECONDS, seen)
    before = signal.signal(INT, lambda *_: heeded.set())
    try:
        run_all([str(manifest(tmp_path, "is-right"))], task, explicit=True)
    finally:
        signal.signal(INT, before)
    assert found == [True]


LACKING = [program for program in ("sh", "setsid") if shutil.which(program) is None]
NEEDS_SH = pytest.mark.skipif(bool(LACKING), reason=f"{' and '.join(LACKING)} is not installed")
STARTING = {  # what a build or a probe starts, which would outlast every limit here
    "and waits for": "sleep 3601 & sleep 3602",
    "and leaves behind": "sleep 3603 & exit 0",
    "in another session": "setsid sleep 3604 & exit 0",
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
    spec = with_commands(tmp_path, **{key: text})
    command = ("check", spec, "--vectors", one_row)
    if text == STARTING["and waits for"]:
        monkeypatch.setattr("backproof.ports.launching.PROBE_TIMEOUT", 1.0)
        done = backproof(*command, "--timeout", 0.1)
        what = "the build" if key == "build" else f"`sh -c {text}`"
        assert f"{what} did not finish within 1 s" in done.out + done.err
    else:
        done = backproof(*command)
        assert done.status == 0, done
    assert still_running(ours) == {}


@NEEDS_SH
def test_an_interrupted_build_is_ended(tmp_path: Path, ours: str) -> None:
    spec = with_commands(tmp_path, build=STARTING["and waits for"])
    status, _, err = interrupted([spec], ours, 4, signal.SIGINT, signal.SIGINT)
    assert (status, err.strip()) == (130, "Interrupted.")
    assert still_running(ours) == {}


def test_killing_a_port_from_outside_is_a_crash_and_the_others_finish(
    one_row: Path, tmp_path: Path, ours: str
) -> None:
    report = tmp_path / "report.json"
    specs = [str(manifest(tmp_path, "never-answers")), "plain-python", "--timeout=1200"]
    command = [*MAIN, "", "check", *specs, "--vectors", str(one_row), "--json", str(report)]
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
