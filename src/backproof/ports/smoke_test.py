"""Check that a backend speaks the protocol, whatever its values: `backproof check --smoke`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from fractions import Fraction

from backproof.network.float_formats import FORMATS
from backproof.network.inputs import Inputs, Op, Schedule
from backproof.network.network import unflatten_parameters
from backproof.network.quantities import field_of, output_quantities
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

WaitingFor = Callable[[str], AbstractContextManager[None]]
ROWS = (1, 3)  # with a batch size of 2, three rows leave a short last batch


@dataclass(frozen=True)
class SmokeCheck:
    """One step of the test; `problem` says what was wrong, or is empty."""

    step: str
    problem: str = ""


def run_smoke_test(
    spec: str, device: str, seconds: float, waiting_for: WaitingFor = lambda _: nullcontext()
) -> Iterator[SmokeCheck]:
    """Test a backend's protocol handling: hello, echo, the shape of each response, and the exit.

    `waiting_for` is entered, with the name of the step, while the backend is waited for.

    Raises `SpecError` or `Unavailable` if the backend cannot be loaded.
    """
    driver = RemoteDriver(find_launch(spec, device), seconds)
    try:
        try:
            with waiting_for("hello and echo"):
                driver.start()
        except StartFailure as failure:
            yield SmokeCheck("hello and echo", str(failure))
            return
        dtypes, ops = ", ".join(driver.dtypes), ", ".join(driver.ops)
        yield SmokeCheck(f"hello and echo: {driver.name}, {driver.version}; {dtypes}; {ops}")
        for dtype in driver.dtypes:
            for op in driver.ops:
                for rows in ROWS:
                    step = f"{dtype} {op}, {rows} row{'s' if rows > 1 else ''}"
                    with waiting_for(step):
                        problem = _shape_problem(driver, op, dtype, rows)
                    yield SmokeCheck(step, problem)
        for dtype in [dtype for dtype in FORMATS if dtype not in driver.dtypes][:1]:
            step = f"{dtype}, which it does not support"
            with waiting_for(step):
                response = driver.run_op(driver.ops[0], dtype, _inputs(1))
            yield SmokeCheck(step, _unclaimed_dtype_problem(response))
        yield SmokeCheck("exit at the end of input", driver.close())
    finally:
        driver.stop()


def _shape_problem(driver: RemoteDriver, op: Op, dtype: str, rows: int) -> str:
    """Say what is wrong with the form of a response, whatever its values; "" if nothing."""
    response = driver.run_op(op, dtype, _inputs(rows))
    if not isinstance(response, Output):
        return _describe_no_output(response)
    unsupported = response.unsupported
    wanted = [q for q in output_quantities(op, rows) if field_of(q) not in unsupported]
    got = list(response.numbers)
    return "" if got == wanted else f"it returned {len(got)} numbers, not {len(wanted)}"


def _unclaimed_dtype_problem(response: Response) -> str:
    """Say what is wrong with a response in an unsupported dtype; "" if nothing."""
    match response:
        case Unsupported():
            return ""
        case Output():
            said = "it responded with numbers"
        case BackendError(message, in_own_words=True):
            said = f'it responded with "error" ({message})'
        case NotRun():
            return _describe_no_output(response)
        case _:
            said = _describe_no_output(response)
    return f'{said}; in a dtype it does not support, it must respond with "unsupported"'


def _describe_no_output(response: NoOutput) -> str:
    return f"{response.outcome.replace('-', ' ')}: {response.message}"


def _inputs(rows: int) -> Inputs:
    eighth = Fraction(1, 8)  # exact in every dtype, as are its multiples here
    return Inputs(
        unflatten_parameters([n * eighth for n in range(1, 11)]),
        [[eighth, (row + 1) * eighth] for row in range(rows)],
        [[row * eighth, 1 - row * eighth] for row in range(rows)],
        Schedule(learning_rate=eighth, epochs=2, batch_size=2, train_biases=True),
    )
