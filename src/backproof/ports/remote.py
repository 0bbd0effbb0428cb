"""Run a backend in a separate process over the wire protocol, and restart it if it dies."""

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from backproof.errors import SpecError, Unavailable
from backproof.network.formats import FORMATS, same
from backproof.network.inputs import Inputs, Op
from backproof.ports.answers import misfit, refusal, shown
from backproof.ports.launching import Launch, build, left_behind
from backproof.ports.process import Family, Process, ProcessFailure, misdirected
from backproof.ports.replies import (
    ANSWERS,
    Answer,
    Arguments,
    Crash,
    NotRun,
    PortError,
    Reply,
    StartFailure,
    Timeout,
    Unsupported,
    arguments,
)
from backproof.ports.wire import PROTOCOL, Malformed, hard_numbers, in_json, read, to_float, written
from backproof.text.json_words import short

BUILD = 10  # the time limit of a build, as a multiple of a response's
STARTS = 4  # of one backend: the first, and a restart after each of three failures

REPLIES: dict[str, Callable[[str], Reply]] = {
    "crash": Crash,
    "timeout": Timeout,
    "error": PortError,
}


class _NoMore(Exception):
    """The process is not restarted; the message says why."""


class Remote:
    """A driver for a backend in a separate process. Call `start` first and `close` last."""

    def __init__(self, launch: Launch, seconds: float) -> None:
        """`seconds` limits the start and each response; a build may take ten times as long."""
        self.name = launch.name
        self.version = "unknown"
        self.dtypes: tuple[str, ...] = ()
        self.ops: tuple[Op, ...] = ()
        self.notes: list[str] = []  # irregularities that are not failures
        self._launch = launch
        self._seconds = seconds
        self._build: Family | None = None
        self._process: Process | None = None
        self._starts = 0
        self._requests = 0  # sent to the current process
        self._stopped = False
        self._changing = Lock()  # guards the process and the build, which another thread may stop
        self._folder = TemporaryDirectory(prefix="backproof-")  # the build folder

    def start(self) -> None:
        """Build and start it, say hello, and check that numbers survive transport.

        Raises `Unavailable` if a requirement is not installed, `SpecError` if the spec names no
        backend, and `StartFailure` for a failure of the backend itself.
        """
        build(self._launch, Path(self._folder.name), BUILD * self._seconds, self._building)
        try:
            introduced = self._hello()
            self.name = introduced["name"]
            self.version = introduced.get("version", "unknown")
            self.dtypes = tuple(introduced["dtypes"])
            self.ops = tuple(introduced["ops"])
            for dtype in self.dtypes:
                self._hear_echo(dtype)
        except ProcessFailure as failure:
            if failure.status is not None and failure.status == self._launch.bad_spec_status:
                raise SpecError(failure.told) from failure
            raise StartFailure(
                failure.outcome, f"before the first test vector, {failure}"
            ) from failure
        except Malformed as error:
            raise StartFailure("error", f"before the first test vector, {error}") from error

    def ask(self, op: Op, dtype: str, inputs: Inputs) -> Reply:
        """Run one op; `inputs` hold exact numbers of `dtype`."""
        return self.call(op, dtype, arguments(op, inputs))

    def call(self, op: Op, dtype: str, given: Arguments) -> Reply:
        """Run one op with these arguments, which are numbers of `dtype`."""
        if op not in self.ops:
            return Unsupported(op)
        try:
            if self._process is None:
                self._hello()
            return _reply(op, self._exchange(given.request(op, dtype)))
        except _NoMore as reason:
            return NotRun(str(reason))
        except ProcessFailure as failure:
            self._end_process()
            return REPLIES[failure.outcome](str(failure))
        except (Malformed, StartFailure, Unavailable) as error:
            self._end_process()
            return PortError(str(error))

    def close(self) -> str:
        """Let it exit, kill what still runs, and return what was wrong with the exit, or ""."""
        oddity = "" if self._process is None else self._process.finish()
        self.stop()
        return oddity

    def stop(self) -> None:
        """Kill it permanently. Safe to call from any thread."""
        with self._changing:
            self._stopped = True
            if self._build is not None:
                self._build.end()
        self._end_process()
        self._folder.cleanup()

    def _building(self, family: Family) -> None:
        """Let `stop` kill the build, even if `stop` was called earlier."""
        with self._changing:
            self._build = family
            if self._stopped:
                family.end()

    def _hello(self) -> dict[str, Any]:
        """Start the process and return its response to hello.

        Raises `Unavailable` if it is not installed, and `StartFailure` if it was not built.
        """
        with self._changing:
            if self._stopped:
                raise _NoMore("it was stopped")
            if self._starts == STARTS:
                raise _NoMore(
                    f"not restarted after {STARTS} crashes, timeouts or malformed responses, "
                    "counted over all dtypes"
                )
            self._starts += 1
            self._requests = 0
            built = Path(self._folder.name)
            command = self._launch.placed(self._launch.run, built)
            try:
                self._process = Process(command, self._launch.folder)
            except OSError as error:
                reason = f"{self._launch.run[0]} cannot be run: {error.strerror}"
                program = Path(command[0])
                if not program.is_relative_to(built):
                    raise Unavailable(self._launch.lacking(reason)) from error
                left = "" if program.exists() else f"; {left_behind(program, built)}"
                raise StartFailure("error", f"{reason}{left}") from error
        answer = self._exchange({"op": "hello", "protocol": PROTOCOL})
        if "unavailable" in answer:
            raise Unavailable(shown(answer["unavailable"]))
        if "ok" not in answer:
            raise Malformed(f"it responded to hello with {refusal(answer)}")
        introduced: dict[str, Any] = answer["ok"]
        if introduced["protocol"] != PROTOCOL:
            spoken = introduced["protocol"]
            raise Malformed(f"it speaks protocol {spoken}; backproof speaks protocol {PROTOCOL}")
        return introduced

    def _hear_echo(self, dtype: str) -> None:
        """Check that numbers come back as they were sent."""
        sent = hard_numbers(dtype)
        answer = self._exchange({"op": "echo", "dtype": dtype, "values": sent})
        if "ok" not in answer:
            raise Malformed(f"it responded to the {dtype} echo with {refusal(answer)}")
        back = _floats(answer["ok"]["values"])
        if len(back) != len(sent):
            raise Malformed(f"its {dtype} echo has {len(back)} numbers, not {len(sent)}")
        for number, returned in zip(sent, back, strict=True):
            if not same(number, returned):
                raise Malformed(
                    f"the {dtype} number {in_json(number)} was echoed as "
                    f"{in_json(returned)}: {_loss(dtype, number, returned)}"
                )
        if repr(back[-1]) != repr(sent[-1]):
            self.notes.append(f"it writes −0.0 as {back[-1]!r} ({dtype})")

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send one request to the process and return its response, validated by the schema."""
        assert self._process is not None
        number, self._requests = self._requests, self._requests + 1
        line = self._process.exchange(written({"id": number, **message}), self._seconds)
        try:
            answer = read(line)
        except Malformed as error:
            raise Malformed(f"its response is {error}{misdirected(line)}") from error
        if "id" not in answer:
            raise Malformed("its response has no id")
        if answer["id"] != number:
            got = shown(short(answer["id"]))
            raise Malformed(f"its response has the id {got}, not {number}")
        if wrong := misfit(message["op"], answer):
            raise Malformed(wrong)
        return answer

    def _end_process(self) -> None:
        with self._changing:
            if self._process is not None:
                self._process.kill()
                self._process = None


def _reply(op: Op, answer: dict[str, Any]) -> Reply:
    if "ok" in answer:
        return Answer(ANSWERS[op](**{name: _floats(part) for name, part in answer["ok"].items()}))
    if "unsupported" in answer:
        return Unsupported(shown(answer["unsupported"]))
    return PortError(shown(answer["error"]), own=True)


def _loss(dtype: str, number: float, returned: float) -> str:
    """Explain why a number was not echoed unchanged."""
    if math.isfinite(returned) and FORMATS[dtype].round(Fraction(returned)) == number:
        return "convert it to float64 before writing it"
    return "the value was corrupted in transport, not in the computation"


def _floats(nested: Any) -> Any:
    return [_floats(item) for item in nested] if isinstance(nested, list) else to_float(nested)
