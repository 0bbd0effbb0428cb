"""Check that a backend speaks the protocol, whatever its values: `backproof check --smoke`."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from backproof.network.float_formats import FORMATS
from backproof.network.inputs import Inputs, Op, Schedule
from backproof.network.network import unflatten_parameters
from backproof.network.quantities import output_quantities
from backproof.ports.launching import find_launch
from backproof.ports.remote_driver import RemoteDriver
from backproof.ports.responses import (
    BackendError,
    NoOutput,
    NotRun,
    Output,
    Response,
    StartFailure,
    Unsupported,
)

ROWS = (1, 3)  # with a batch size of 2, three rows leave a short last batch


@dataclass(frozen=True)
class SmokeCheck:
    """One step of the test; `problem` says what was wrong, or is empty."""

    step: str
    problem: str = ""


def run_smoke_test(spec: str, device: str, seconds: float) -> Iterator[SmokeCheck]:
    """Test a backend's protocol handling: hello, echo, the shape of each response, and the exit.

    Raises `SpecError` or `Unavailable` if the backend cannot be loaded.
    """
    port = RemoteDriver(find_launch(spec, device), seconds)
    try:
        try:
            port.start()
        except StartFailure as failure:
            yield SmokeCheck("hello and echo", str(failure))
            return
        dtypes, ops = ", ".join(port.dtypes), ", ".join(port.ops)
        yield SmokeCheck(f"hello and echo: {port.name}, {port.version}; {dtypes}; {ops}")
        for dtype in port.dtypes:
            for op in port.ops:
                for rows in ROWS:
                    tried = f"{dtype} {op}, {rows} row{'s' if rows > 1 else ''}"
                    yield SmokeCheck(tried, _shape_problem(port, op, dtype, rows))
        for dtype in [dtype for dtype in FORMATS if dtype not in port.dtypes][:1]:
            reply = port.run_op(port.ops[0], dtype, _inputs(1))
            yield SmokeCheck(f"{dtype}, which it does not support", _unclaimed_dtype_problem(reply))
        yield SmokeCheck("exit at the end of input", port.close())
    finally:
        port.stop()


def _shape_problem(port: RemoteDriver, op: Op, dtype: str, rows: int) -> str:
    """Say what is wrong with the form of a response, whatever its values; "" if nothing."""
    reply = port.run_op(op, dtype, _inputs(rows))
    if not isinstance(reply, Output):
        return _describe_no_output(reply)
    wanted, got = list(output_quantities(op, rows)), list(reply.numbers)
    return "" if got == wanted else f"it returned {len(got)} numbers, not {len(wanted)}"


def _unclaimed_dtype_problem(reply: Response) -> str:
    """Say what is wrong with a response in an unsupported dtype; "" if nothing."""
    match reply:
        case Unsupported():
            return ""
        case Output():
            said = "it responded with numbers"
        case BackendError(message, in_own_words=True):
            said = f'it responded with "error" ({message})'
        case NotRun():
            return _describe_no_output(reply)
        case _:
            said = _describe_no_output(reply)
    return f'{said}; in a dtype it does not support, it must respond with "unsupported"'


def _describe_no_output(reply: NoOutput) -> str:
    return f"{reply.outcome.replace('-', ' ')}: {reply.message}"


def _inputs(rows: int) -> Inputs:
    eighth = Fraction(1, 8)  # exact in every dtype, as are its multiples here
    return Inputs(
        unflatten_parameters([n * eighth for n in range(1, 11)]),
        [[eighth, (row + 1) * eighth] for row in range(rows)],
        [[row * eighth, 1 - row * eighth] for row in range(rows)],
        Schedule(learning_rate=eighth, epochs=2, batch_size=2, train_biases=True),
    )
