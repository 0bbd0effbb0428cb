"""A port with one bad habit: `python bad_port.py HABIT`. In all else it is right."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from math import inf, isnan
from pathlib import Path
from typing import Any

from backproof import load
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.serve import respond
from backproof.ports.wire import encode_line

Answer = dict[str, Any]
UNKNOWN = f"'of {os.environ.get('BACKPROOF_PORT_OF_A_TEST')}'"  # by this alone a test knows it
PORT = InProcessDriver(load("plain-python"))


def manifest(folder: Path, habit: str) -> Path:
    """Write the manifest of a port with this habit."""
    path = folder / f"{habit}.toml"
    command = json.dumps([sys.executable, __file__, habit])
    path.write_text(f'name = "{habit}"\nrun = {command}\n', encoding="utf-8")
    return path


def write(text: str | bytes) -> None:
    sys.stdout.buffer.write(text.encode() if isinstance(text, str) else text)
    sys.stdout.buffer.flush()


def say(answer: Any) -> None:
    write(encode_line(answer))


def right(request: Any) -> Answer:
    return {"id": request["id"], **respond(PORT, request)}


def changed(numbers: Any, change: Callable[[float], Any]) -> Any:
    """Change every number of an answer."""
    if isinstance(numbers, dict):
        return {key: changed(value, change) for key, value in numbers.items()}
    if isinstance(numbers, list | tuple):
        return [changed(item, change) for item in numbers]
    return change(numbers) if isinstance(numbers, float) else numbers


def calculating(request: Any) -> bool:
    return request["op"] not in ("hello", "echo")


def sleep_for_ever(*_: Any) -> None:
    while True:
        time.sleep(60)


def hang(_: Any) -> None:
    """Never answer; a byte more in a file, where a test asks for it, tells that it has come so."""
    if hangs := os.environ.get("BACKPROOF_HANGS_OF_A_TEST"):
        with Path(hangs).open("ab") as file:
            file.write(b".")
    sleep_for_ever()


def start_a_daemon(_: Any) -> None:
    """Start a process in a session of its own."""
    if os.fork() == 0:
        os.setsid()
        sleep_for_ever()


def start_without_environment(*, session: bool) -> Callable[[Any], None]:
    """Start a process that inherits nothing by which it could be known."""

    def start(_: Any) -> None:
        python = [sys.executable, "-I", "-S", "-c", f"{UNKNOWN}; import time; time.sleep(300)"]
        streams: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        subprocess.Popen(python, env={}, start_new_session=session, **streams)

    return start


# Each takes a request; what it returns is said, unless it is None.
Habit = Callable[[Any], Answer | None]


def on(condition: Callable[[Any], bool]) -> Callable[[Callable[[Any], Any]], Habit]:
    """Do something else, where the condition holds, than answer."""

    def decorated(bad: Callable[[Any], Any]) -> Habit:
        return lambda request: bad(request) if condition(request) else right(request)

    return decorated


def with_ok(request: Any, change: Callable[[Any], Any]) -> Answer:
    answer = right(request)
    return {**answer, "ok": change(answer["ok"])} if "ok" in answer else answer


def introduced(**others: Any) -> Habit:
    """Say something else of oneself."""
    return on(lambda request: request["op"] == "hello")(
        lambda request: with_ok(request, lambda ok: {**ok, **others})
    )


def in_every_number(change: Callable[[float], Any], op: str | None = None) -> Habit:
    """Answer with other numbers."""

    def concerned(request: Any) -> bool:
        return bool(request["op"] == op) if op else calculating(request)

    return on(concerned)(lambda request: with_ok(request, lambda ok: changed(ok, change)))


def calculated(bad: Callable[[Any], Any]) -> Habit:
    return on(calculating)(bad)


def third(bad: Callable[[Any], Any]) -> Habit:
    """Misbehave from the third calculation on."""
    count = iter(range(1, 10**9))
    return calculated(lambda request: bad(request) if next(count) >= 3 else right(request))


def every_other_time_another(request: Any, state: list[int] = [0]) -> Answer:  # noqa: B006
    state[0] += 1
    to = math.inf if state[0] % 2 else -math.inf
    return with_ok(request, lambda ok: changed(ok, lambda x: math.nextafter(x, to)))


def every_other_time_wrong(request: Any, state: list[int] = [0]) -> Answer:  # noqa: B006
    state[0] += 1
    return with_ok(request, lambda ok: changed(ok, lambda x: x if state[0] % 2 else x + 1))


def noisy(request: Any) -> Answer:
    sys.stderr.write("warning: nothing\n" * 10_000)
    return right(request)


def short_in_float32(request: Any) -> Answer:
    """Claim float32, and write its numbers with as many digits as tell them from each other."""
    if request["op"] == "hello":
        return with_ok(request, lambda ok: {**ok, "dtypes": ["float64", "float32"]})
    if request.get("dtype") == "float32" and request["op"] == "echo":
        values = [float(f"{float(x):.9g}") for x in request["values"]]
        return {"id": request["id"], "ok": {"values": values}}
    return right(request)


def in_turn(*actions: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Do several things with a request; the last one answers."""

    def habit(request: Any) -> Any:
        *before, last = actions
        for action in before:
            action(request)
        return last(request)

    return habit


def writing(text: str) -> Callable[[Any], None]:
    return lambda _: write(text)


def leaving(status: int) -> Callable[[Any], None]:
    return lambda _: os._exit(status)


def to_its_parent(signum: int) -> Callable[[Any], None]:
    return lambda _: os.kill(os.getppid(), signum)


def write_without_a_newline(request: Any) -> None:
    write(json.dumps(right(request)))


def flood(_: Any) -> None:
    while True:
        write("x" * 2**16)


def flood_of_lines(_: Any) -> None:
    while True:
        write("{}\n" * 2**14)


def without_standard_output(_: Any) -> None:
    os.close(1)
    sleep_for_ever()


HABITS: dict[str, Habit] = {
    "is-right": right,
    "is-always-wrong": in_every_number(lambda _: 0.5),
    "is-right-but-noisy": noisy,
    "is-another-the-second-time": calculated(every_other_time_another),
    "is-wrong-the-second-time": calculated(every_other_time_wrong),
    "crashes-on-the-third-calculation": third(leaving(3)),
    "segfaults": calculated(lambda _: os.kill(os.getpid(), signal.SIGSEGV)),
    "exits-cleanly-instead": calculated(leaving(0)),
    "raises": calculated(lambda _: 1 / 0),
    "exits-in-mid-answer": calculated(in_turn(writing('{"id": 2, "ok'), leaving(0))),
    "exits-before-the-newline": calculated(in_turn(write_without_a_newline, leaving(0))),
    "never-answers": calculated(hang),
    "stops-in-mid-answer": calculated(in_turn(writing('{"id": 2, "ok'), hang)),
    "kills-its-parent": calculated(in_turn(to_its_parent(signal.SIGKILL), sleep_for_ever)),
    "stops-its-parent": calculated(in_turn(to_its_parent(signal.SIGSTOP), right)),
    "never-says-hello": hang,
    "dies-at-hello": leaving(7),
    "prints-first": on(lambda request: request["op"] == "hello")(
        in_turn(writing("Starting up!\n"), right)
    ),
    "prints-between-answers": calculated(in_turn(lambda r: say(right(r)), writing("done\n"))),
    "answers-twice": calculated(in_turn(lambda r: say(right(r)), right)),
    "answers-with-10,000-rows": on(lambda request: request["op"] == "forward")(
        lambda request: with_ok(request, lambda ok: {**ok, "h": [[1, 2]] * 10_000})
    ),
    "answers-another-request": calculated(lambda request: {**right(request), "id": 99}),
    "answers-without-an-id": calculated(lambda request: {"ok": right(request)["ok"]}),
    "answers-with-the-id-null": calculated(lambda request: {**right(request), "id": None}),
    "floods": calculated(flood),
    "floods-with-lines": calculated(flood_of_lines),
    "writes-invalid-utf-8": calculated(lambda _: write(b'{"id": 2, "ok": "\xff"}\n')),
    "writes-bare-NaN": calculated(writing('{"id": 2, "ok": {"h": NaN}}\n')),
    "answers-with-a-list": calculated(lambda _: [1, 2]),
    "answers-with-text": in_every_number(str),
    "answers-with-null": in_every_number(lambda _: None),
    "leaves-out-h-and-y": on(lambda request: request["op"] == "forward")(
        lambda request: with_ok(request, lambda ok: {**ok, "h": None, "y": None})
    ),
    "leaves-everything-out": calculated(lambda r: with_ok(r, dict.fromkeys)),
    "lacks-a-key": calculated(lambda r: with_ok(r, lambda ok: dict([*ok.items()][1:]))),
    "answers-with-null-in-quotes": calculated(
        lambda request: with_ok(request, lambda ok: dict.fromkeys(ok, "null"))
    ),
    "answers-with-a-huge-integer": in_every_number(lambda _: 10**400),
    "answers-in-another-shape": calculated(lambda r: with_ok(r, lambda ok: {**ok, "more": 1})),
    "answers-with-no-numbers": calculated(lambda r: with_ok(r, lambda _: {})),
    "answers-with-fewer-rows": on(lambda request: request["op"] == "forward")(
        lambda request: with_ok(request, lambda ok: {name: [] for name in ok})
    ),
    "answers-nothing-at-all": calculated(lambda request: {"id": request["id"]}),
    "says-error": calculated(lambda request: {"id": request["id"], "error": "out of abacuses"}),
    "says-error-in-colour": calculated(
        lambda request: {"id": request["id"], "error": "\x1b[31mred\x07" * 1_000}
    ),
    "dies-in-colour": calculated(
        in_turn(lambda _: sys.stderr.write("\x1b[31mred\x07\n"), lambda _: sys.exit(3))
    ),
    "is-unavailable-in-colour": on(lambda request: request["op"] == "hello")(
        lambda request: {"id": request["id"], "unavailable": "\x1b[31mred"}
    ),
    "has-a-name-in-colour": introduced(name="a\nb\x1b[31m"),
    "lacks-training": introduced(ops=["forward", "loss", "gradients"]),
    "says-unsupported": calculated(lambda request: {"id": request["id"], "unsupported": "all"}),
    "says-unavailable": on(lambda request: request["op"] == "hello")(
        lambda request: {"id": request["id"], "unavailable": "abacus: buy one"}
    ),
    "is-unavailable-too-late": calculated(
        lambda request: {"id": request["id"], "unavailable": "abacus"}
    ),
    "speaks-another-protocol": introduced(protocol=2),
    "claims-an-unknown-dtype": introduced(dtypes=["posit8"]),
    "claims-no-dtype": introduced(dtypes=[]),
    "has-no-name": introduced(name=""),
    "writes-6-digits": in_every_number(lambda x: float(f"{x:.6g}"), "echo"),
    "writes-15-digits": in_every_number(lambda x: float(f"{x:.15g}"), "echo"),
    "writes-float32-with-9-digits": short_in_float32,
    "flushes-what-is-subnormal": in_every_number(lambda x: x if abs(x) > 1e-300 else 0.0, "echo"),
    "echoes-NaN": in_every_number(lambda _: float("nan"), "echo"),
    "loses-the-sign-of-zero": in_every_number(lambda x: x or 0.0, "echo"),
    "writes-NaN-as-null": in_every_number(lambda x: None if isnan(x) else x, "echo"),
    "writes-infinity-as-the-largest": in_every_number(
        lambda x: sys.float_info.max if x == inf else x, "echo"
    ),
    "cannot-read-NaN": on(lambda request: "NaN" in request.get("values", ()))(
        lambda request: {"id": request["id"], "error": "a text, not a number"}
    ),
    "loses-an-echo": on(lambda request: request["op"] == "echo")(
        lambda request: with_ok(request, lambda ok: {"values": ok["values"][1:]})
    ),
    "refuses-the-echo": on(lambda request: request["op"] == "echo")(
        lambda request: {"id": request["id"], "unsupported": "echo"}
    ),
    "starts-a-process-of-its-own": on(lambda request: request["op"] == "hello")(
        in_turn(start_a_daemon, right)
    ),
    "starts-a-process-without-environment": on(lambda request: request["op"] == "hello")(
        in_turn(start_without_environment(session=False), right)
    ),
    "starts-a-session-without-environment": on(lambda request: request["op"] == "hello")(
        in_turn(start_without_environment(session=True), right)
    ),
    "hangs-with-a-session-without-environment": calculated(
        in_turn(start_without_environment(session=True), hang)
    ),
    "leaves-a-child-without-environment-behind-and-exits": calculated(
        in_turn(start_without_environment(session=False), leaving(0))
    ),
    "leaves-a-child-behind-and-exits": calculated(in_turn(start_a_daemon, leaving(0))),
    "closes-its-standard-output": calculated(without_standard_output),
    "answers-in-any-dtype": on(lambda request: request.get("dtype") not in (None, "float64"))(
        lambda request: right({**request, "dtype": "float64"})
    ),
    "says-error-to-other-dtypes": on(lambda r: r.get("dtype") not in (None, "float64"))(
        lambda request: {"id": request["id"], "error": f"dtype {request['dtype']}"}
    ),
    "dies-of-other-dtypes": on(lambda r: r.get("dtype") not in (None, "float64"))(leaving(4)),
    "ignores-the-end-of-input": right,
    "fails-at-the-end-of-input": right,
    "talks-at-the-end-of-input": right,
}


def main(habit: str) -> None:
    behave = HABITS[habit]
    for line in sys.stdin:
        answer = behave(json.loads(line))
        if answer is not None:
            say(answer)
    if habit == "ignores-the-end-of-input":
        sleep_for_ever()
    if habit == "talks-at-the-end-of-input":
        write("Bye!\n")
    if habit == "fails-at-the-end-of-input":
        sys.exit(5)


if __name__ == "__main__":
    main(sys.argv[1])
