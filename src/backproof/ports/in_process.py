"""Run a backend class in this process."""

import sys
from contextlib import redirect_stdout

from backproof.interface import Backend
from backproof.network.inputs import Inputs, Op
from backproof.ports.replies import (
    ANSWERS,
    Answer,
    Arguments,
    PortError,
    Reply,
    Unsupported,
    arguments,
)


class InProcess:
    """A driver that calls a backend class in this process."""

    def __init__(self, backend: type[Backend], device: str = "cpu") -> None:
        self.name = backend.name
        self.version = getattr(backend, "version", "unknown")
        self.dtypes = backend.dtypes
        self._backend = backend
        self._device = device
        self._made: dict[str, Backend] = {}

    def ask(self, op: Op, dtype: str, inputs: Inputs) -> Reply:
        return self.call(op, dtype, arguments(op, inputs))

    def call(self, op: Op, dtype: str, given: Arguments) -> Reply:
        """Call a method of the backend and validate its result."""
        positional, options = given.positional, given.options
        kept = repr(given)
        try:
            with redirect_stdout(sys.stderr):  # standard output is reserved for the report
                result = getattr(self._of(dtype), op)(*positional, **options)
            reply = _validated(op, result)
        except NotImplementedError as lack:
            return Unsupported(str(lack) or op)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a backend may raise anything
            return PortError(f"{op} raised {type(error).__name__}: {error}")
        if repr(given) != kept:  # compared as text, because NaN != NaN
            return PortError(f"{op} modified its arguments; it must leave them unchanged")
        return reply

    def unmakeable(self) -> str:
        """Create the backend for its first dtype; return why that fails, or ""."""
        try:
            self._of(self.dtypes[0])
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a backend may raise anything
            return f"creating the backend raised {type(error).__name__}: {error}"
        return ""

    def _of(self, dtype: str) -> Backend:
        if dtype not in self._made:
            self._made[dtype] = self._backend(dtype=dtype, device=self._device)
        return self._made[dtype]


def _validated(op: Op, result: object) -> Reply:
    """Check that a result has the fields that `op` returns, and that they hold Python floats."""
    kind = ANSWERS[op]
    if not isinstance(result, tuple) or len(result) != len(kind._fields):
        return PortError(f"{op} returned {type(result).__name__}, not backproof.{kind.__name__}")
    answer = Answer(kind(*result))
    for quantity, number in answer.numbers.items():
        if type(number) is not float:
            return PortError(
                f"{op} returned {quantity} as {type(number).__name__}, not as a Python float"
            )
    return answer
