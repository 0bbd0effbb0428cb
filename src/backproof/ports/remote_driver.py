"""Run a backend in a separate process over the wire protocol, and restart it if it dies."""

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from threading import Lock
from typing import Any

from backproof.errors import SpecError, Unavailable
from backproof.interface import UNSUPPORTED
from backproof.network.float_formats import FORMATS, equal_nan
from backproof.network.inputs import Inputs, Op
from backproof.ports.build_folder import BuildFolder
from backproof.ports.launching import Launch, build, describe_build_folder
from backproof.ports.process import Process, ProcessFailure, ProcessTree, stdout_hint
from backproof.ports.response_problems import quote_refusal, sanitize, schema_problem
from backproof.ports.responses import (
    OUTPUT_TYPES,
    Arguments,
    BackendError,
    Crash,
    NotRun,
    Response,
    StartFailure,
    Timeout,
    Unsupported,
    make_arguments,
    make_response,
)
from backproof.ports.wire import (
    PROTOCOL,
    Malformed,
    decode_line,
    echo_numbers,
    encode_line,
    format_value,
    max_response_bytes,
    to_float,
)
from backproof.text.json_words import abbreviate

BUILD_TIMEOUT_FACTOR = 10  # the time limit of a build, as a multiple of a response's
STOPPED = "it was stopped"
MAX_STARTS = 4  # of one backend: the first, and a restart after each of three failures

RESPONSE_TYPES: dict[str, Callable[[str], Response]] = {
    "crash": Crash,
    "timeout": Timeout,
    "error": BackendError,
}


class _RestartsExhausted(Exception):
    """The process is not restarted; the message says why."""


class RemoteDriver:
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
        self._build: ProcessTree | None = None
        self._process: Process | None = None
        self._starts = 0
        self._requests = 0  # sent to the current process
        self._stopped = False
        self._changing = Lock()  # guards the process and the build, which another thread may stop
        self._folder: BuildFolder | None = None

    def start(self) -> None:
        """Build and start it, say hello, and check that numbers survive transport.

        Raises `Unavailable` if a requirement is not installed, `SpecError` if the spec names no
        backend, and `StartFailure` for a failure of the backend itself.
        """
        folder = self._make_folder()
        build(self._launch, folder, BUILD_TIMEOUT_FACTOR * self._seconds, self._register_build)
        try:
            introduced = self._start_process()
            self.name = introduced["name"]
            self.version = introduced.get("version", "unknown")
            self.dtypes = tuple(introduced["dtypes"])
            self.ops = tuple(introduced["ops"])
            for dtype in self.dtypes:
                self._check_echo(dtype)
        except ProcessFailure as failure:
            mark = self._launch.no_backend
            if mark and mark in failure.stderr_tail:
                raise SpecError(failure.stderr_tail.partition(mark)[2]) from failure
            raise StartFailure(
                failure.outcome, f"before the first test vector, {failure}"
            ) from failure
        except Malformed as error:
            raise StartFailure("error", f"before the first test vector, {error}") from error

    def run_op(self, op: Op, dtype: str, inputs: Inputs) -> Response:
        """Run one op; `inputs` hold exact numbers of `dtype`."""
        return self.call(op, dtype, make_arguments(op, inputs))

    def call(self, op: Op, dtype: str, arguments: Arguments) -> Response:
        """Run one op with these arguments, which are numbers of `dtype`."""
        if op not in self.ops:
            return Unsupported(op)
        try:
            if self._process is None:
                self._start_process()
            return _parse_response(op, self._exchange(arguments.request(op, dtype)))
        except _RestartsExhausted as reason:
            return NotRun(str(reason))
        except ProcessFailure as failure:
            self._end_process()
            return RESPONSE_TYPES[failure.outcome](str(failure))
        except (Malformed, StartFailure, Unavailable) as error:
            self._end_process()
            return BackendError(str(error))

    def close(self) -> str:
        """Let it exit, kill what still runs, and return what was wrong with its end, or ""."""
        oddity = "" if self._process is None else self._process.close()
        return "; ".join(filter(None, (oddity, self.stop())))

    def stop(self) -> str:
        """Kill it permanently, and return what is left of its build folder, or "".

        Safe to call from any thread.
        """
        with self._changing:
            self._stopped = True
            if self._build is not None:
                self._build.kill_all()
        self._end_process()
        return self._folder.remove() if self._folder else ""

    def _make_folder(self) -> Path:
        """Create the build folder, unless `stop` was called earlier."""
        with self._changing:
            if self._stopped:
                raise StartFailure("error", STOPPED)
            self._folder = BuildFolder()
            return self._folder.path

    def _register_build(self, family: ProcessTree) -> None:
        """Let `stop` kill the build, even if `stop` was called earlier."""
        with self._changing:
            self._build = family
            if self._stopped:
                family.kill_all()

    def _start_process(self) -> dict[str, Any]:
        """Start the process and return its response to hello.

        Raises `Unavailable` if it is not installed, and `StartFailure` if it was not built.
        """
        with self._changing:
            if self._stopped:
                raise _RestartsExhausted(STOPPED)
            if self._starts == MAX_STARTS:
                raise _RestartsExhausted(
                    f"not restarted after {MAX_STARTS} crashes, timeouts or malformed responses, "
                    "counted over all dtypes"
                )
            self._starts += 1
            self._requests = 0
            assert self._folder is not None
            built = self._folder.path
            command = self._launch.fill_build_folder(self._launch.run, built)
            try:
                self._process = Process(command, self._launch.folder)
            except OSError as error:
                reason = f"{self._launch.run[0]} cannot be run: {error.strerror or error}"
                program = Path(command[0])
                if not program.is_relative_to(built):
                    raise Unavailable(self._launch.with_install_hint(reason)) from error
                left = describe_build_folder(program, built)
                raise StartFailure("error", "; ".join(filter(None, (reason, left)))) from error
        response = self._exchange({"op": "hello", "protocol": PROTOCOL})
        if "unavailable" in response:
            raise Unavailable(sanitize(response["unavailable"]))
        if "ok" not in response:
            raise Malformed(f"it responded to hello with {quote_refusal(response)}")
        introduced: dict[str, Any] = response["ok"]
        if introduced["protocol"] != PROTOCOL:
            spoken = introduced["protocol"]
            raise Malformed(f"it uses protocol {spoken}; backproof uses protocol {PROTOCOL}")
        return introduced

    def _check_echo(self, dtype: str) -> None:
        """Check that numbers come back as they were sent."""
        sent = echo_numbers(dtype)
        response = self._exchange({"op": "echo", "dtype": dtype, "values": sent})
        if "ok" not in response:
            raise Malformed(f"it responded to the {dtype} echo with {quote_refusal(response)}")
        back = _floats(response["ok"]["values"])
        if len(back) != len(sent):
            raise Malformed(f"its {dtype} echo has {len(back)} numbers, not {len(sent)}")
        for number, returned in zip(sent, back, strict=True):
            if not equal_nan(number, returned):
                raise Malformed(
                    f"the {dtype} number {format_value(number)} was echoed as "
                    f"{format_value(returned)}: {_explain_lost_number(dtype, number, returned)}"
                )
        if repr(back[-1]) != repr(sent[-1]):
            self.notes.append(f"it writes −0.0 as {back[-1]!r} ({dtype})")

    def _exchange(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send one request to the process and return its response, validated by the schema."""
        assert self._process is not None
        number, self._requests = self._requests, self._requests + 1
        request = encode_line({"id": number, **message})
        line = self._process.exchange(request, self._seconds, max_response_bytes(message))
        try:
            response = decode_line(line)
        except Malformed as error:
            raise Malformed(f"its response is {error}{stdout_hint(line)}") from error
        if "id" not in response:
            raise Malformed("its response has no id")
        if response["id"] != number:
            got = sanitize(abbreviate(response["id"]))
            raise Malformed(f"its response has the id {got}, not {number}")
        if wrong := schema_problem(message["op"], response):
            raise Malformed(wrong)
        return response

    def _end_process(self) -> None:
        with self._changing:
            if self._process is not None:
                self._process.kill()
                self._process = None


def _parse_response(op: Op, response: dict[str, Any]) -> Response:
    if "ok" in response:
        values = {
            field: UNSUPPORTED if values is None else _floats(values)
            for field, values in response["ok"].items()
        }
        return make_response(op, OUTPUT_TYPES[op](**values))
    if "unsupported" in response:
        return Unsupported(sanitize(response["unsupported"]))
    frames = tuple(map(sanitize, response.get("frames", ())))
    return BackendError(sanitize(response["error"]), in_own_words=True, frames=frames)


def _explain_lost_number(dtype: str, number: float, returned: float) -> str:
    """Explain why a number was not echoed unchanged."""
    if math.isfinite(returned) and FORMATS[dtype].round(Fraction(returned)) == number:
        return "convert it to float64 before writing it"
    return "the value was corrupted in transport, not in the computation"


def _floats(nested: Any) -> Any:
    return [_floats(item) for item in nested] if isinstance(nested, list) else to_float(nested)
