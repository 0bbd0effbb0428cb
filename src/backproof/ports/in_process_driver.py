"""Run a backend class in this process."""

import sys
from contextlib import redirect_stdout

from backproof.interface import Backend
from backproof.network.inputs import Inputs, Op
from backproof.ports.exceptions import describe_exception, list_frames, read_text
from backproof.ports.responses import (
    OUTPUT_TYPES,
    Arguments,
    BackendError,
    Output,
    Response,
    Unsupported,
    make_arguments,
    make_response,
)


class InProcessDriver:
    """A driver that calls a backend class in this process."""

    def __init__(self, backend: type[Backend], device: str = "cpu") -> None:
        self.name = backend.name
        self.version = getattr(backend, "version", "unknown")
        self.dtypes = backend.dtypes
        self._backend = backend
        self._device = device
        self._instances: dict[str, Backend] = {}

    def run_op(self, op: Op, dtype: str, inputs: Inputs) -> Response:
        return self.call(op, dtype, make_arguments(op, inputs))

    def call(self, op: Op, dtype: str, arguments: Arguments) -> Response:
        """Call a method of the backend and validate its result."""
        positional, options = arguments.positional, arguments.options
        kept = repr(arguments)
        try:
            with redirect_stdout(sys.stderr):  # standard output is reserved for the report
                result = getattr(self._instance(dtype), op)(*positional, **options)
            response = _validate(op, result)
            modified = repr(arguments) != kept  # compared as text, because NaN != NaN
        except NotImplementedError as lack:
            return Unsupported(read_text(lack) or op)
        except KeyboardInterrupt:  # Ctrl-C
            raise
        except BaseException as error:  # noqa: BLE001  # a backend may raise anything
            return BackendError(
                f"{op} raised {describe_exception(error)}", frames=list_frames(error)
            )
        if modified:
            return BackendError(f"{op} modified its arguments; it must leave them unchanged")
        return response

    def construction_problem(self) -> str:
        """Create the backend for its first dtype; return why that fails, or ""."""
        try:
            self._instance(self.dtypes[0])
        except KeyboardInterrupt:  # Ctrl-C
            raise
        except BaseException as error:  # noqa: BLE001  # a backend may raise anything
            return f"creating the backend raised {describe_exception(error)}"
        return ""

    def _instance(self, dtype: str) -> Backend:
        if dtype not in self._instances:
            self._instances[dtype] = self._backend(dtype=dtype, device=self._device)
        return self._instances[dtype]


def _validate(op: Op, result: object) -> Response:
    """Check that a result has the fields that `op` returns, with Python floats or unsupported."""
    kind = OUTPUT_TYPES[op]
    if not isinstance(result, tuple) or len(result) != len(kind._fields):
        return BackendError(f"{op} returned {type(result).__name__}, not backproof.{kind.__name__}")
    fields = kind(*result)
    for quantity, number in Output(fields).numbers.items():
        if type(number) is not float:
            return BackendError(
                f"{op} returned {quantity} as {type(number).__name__}, not as a Python float"
            )
    return make_response(op, fields)
