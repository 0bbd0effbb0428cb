"""A port in a process of its own: asked over the wire, and started again if it dies."""

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

BUILD = 10  # times as long as an answer, a build may take
STARTS = 4  # of one port: the first, and again after each of three failures

REPLIES: dict[str, Callable[[str], Reply]] = {
    "crash": Crash,
    "timeout": Timeout,
    "error": PortError,
}


class _NoMore(Exception):
    """The process is not started again; the message says why."""


class Remote:
    """A port that is asked over the wire. It must be started before, and closed after."""

    def __init__(self, launch: Launch, seconds: float) -> None:
        """`seconds` is how long it may take to start, and for each answer; a build, ten times."""
        self.name = launch.name
        self.version = "unknown"
        self.dtypes: tuple[str, ...] = ()
        self.ops: tuple[Op, ...] = ()
        self.notes: list[str] = []  # oddities that do not count against it
        self._launch = launch
        self._seconds = seconds
        self._build: Family | None = None
        self._process: Process | None = None
        self._starts = 0
        self._requests = 0  # put to the present process
        self._stopped = False
        self._changing = Lock()  # of the process, and of the build, which another thread may stop
        self._folder = TemporaryDirectory(prefix="backproof-")  # for what is built

    def start(self) -> None:
        """Build and start it, learn who it is, and see that numbers survive the way.

        Raises `Unavailable` if something that it needs is not installed, `SpecError` if the spec
        names no backend, and `StartFailure` for what the port itself did wrong.
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
            raise StartFailure(failure.outcome, f"before the first vector, {failure}") from failure
        except Malformed as error:
            raise StartFailure("error", f"before the first vector, {error}") from error

    def ask(self, op: Op, dtype: str, inputs: Inputs) -> Reply:
        """Put one calculation; `inputs` hold exact numbers of `dtype`."""
        return self.call(op, dtype, arguments(op, inputs))

    def call(self, op: Op, dtype: str, given: Arguments) -> Reply:
        """Put one calculation, with these numbers of `dtype`."""
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
        """Let it exit by itself, and say what was odd about that; nothing of it runs any longer."""
        oddity = "" if self._process is None else self._process.finish()
        self.stop()
        return oddity

    def stop(self) -> None:
        """End it at once and for good; any thread may call this."""
        with self._changing:
            self._stopped = True
            if self._build is not None:
                self._build.end()
        self._end_process()
        self._folder.cleanup()

    def _building(self, family: Family) -> None:
        """Let `stop` end the build, even if it came before."""
        with self._changing:
            self._build = family
            if self._stopped:
                family.end()

    def _hello(self) -> dict[str, Any]:
        """Start the process and hear who it says it is.

        Raises `Unavailable` if it is not installed, and `StartFailure` if it was not built.
        """
        with self._changing:
            if self._stopped:
                raise _NoMore("it was stopped")
            if self._starts == STARTS:
                raise _NoMore(
                    f"after {STARTS} crashes, timeouts or malformed answers, in all dtypes "
                    "together, it was not started again"
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
            raise Malformed(f"it answered hello with {refusal(answer)}")
        introduced: dict[str, Any] = answer["ok"]
        if introduced["protocol"] != PROTOCOL:
            spoken = introduced["protocol"]
            raise Malformed(f"it speaks protocol {spoken}, and is asked in protocol {PROTOCOL}")
        return introduced

    def _hear_echo(self, dtype: str) -> None:
        """See that numbers come back as they were sent, so that none is lost on the way."""
        sent = hard_numbers(dtype)
        answer = self._exchange({"op": "echo", "dtype": dtype, "values": sent})
        if "ok" not in answer:
            raise Malformed(f"it answered the {dtype} echo with {refusal(answer)}")
        back = _floats(answer["ok"]["values"])
        if len(back) != len(sent):
            raise Malformed(f"of {len(sent)} {dtype} numbers, {len(back)} came back")
        for number, returned in zip(sent, back, strict=True):
            if not same(number, returned):
                raise Malformed(
                    f"on the way there and back, the {dtype} number {in_json(number)} became "
                    f"{in_json(returned)}: {_loss(dtype, number, returned)}"
                )
        if repr(back[-1]) != repr(sent[-1]):
            self.notes.append(f"it writes −0.0 as {back[-1]!r} ({dtype})")

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        """Put one request to the process, and return its answer, held to the schema."""
        assert self._process is not None
        number, self._requests = self._requests, self._requests + 1
        line = self._process.exchange(written({"id": number, **message}), self._seconds)
        try:
            answer = read(line)
        except Malformed as error:
            raise Malformed(f"its answer is {error}{misdirected(line)}") from error
        if "id" not in answer:
            raise Malformed("its answer has no id")
        if answer["id"] != number:
            got = shown(short(answer["id"]))
            raise Malformed(f"it answered with the id {got}, where {number} was asked")
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
    """Say how a number was lost on its way."""
    if math.isfinite(returned) and FORMATS[dtype].round(Fraction(returned)) == number:
        return "convert it to float64 before it is written"
    return "it is lost in reading or writing, not in the mathematics"


def _floats(nested: Any) -> Any:
    return [_floats(item) for item in nested] if isinstance(nested, list) else to_float(nested)
