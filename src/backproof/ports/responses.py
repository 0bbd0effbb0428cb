"""What is sent to a backend, and what comes back: one response per request, whatever happens.

`InProcessDriver` calls a Python class directly; `RemoteDriver` drives a process in any language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from backproof.interface import Forward, Loss, Params
from backproof.network.inputs import Inputs, Op, map_matrix, map_parameters
from backproof.network.quantities import flatten

OUTPUT_TYPES: Mapping[Op, type[Forward] | type[Loss] | type[Params]] = {
    "forward": Forward,
    "loss": Loss,
    "gradients": Params,
    "train": Params,
}


class Arguments(NamedTuple):
    """The arguments of a backend method: Python floats in nested lists."""

    params: Params
    X: list[list[float]]
    T: list[list[float]] | None  # None for the op "forward"
    options: dict[str, Any]  # the schedule, for the op "train"

    @property
    def positional(self) -> list[Any]:
        """The positional arguments."""
        return [self.params, self.X] + ([] if self.T is None else [self.T])

    def request(self, op: Op, dtype: str) -> dict[str, Any]:
        """Return the request on the wire, without its id."""
        asked = {"op": op, "dtype": dtype, "params": self.params._asdict(), "X": self.X}
        return {**asked, **({} if self.T is None else {"T": self.T}), **self.options}


def make_arguments(op: Op, inputs: Inputs) -> Arguments:
    """Return a backend method's arguments for these inputs, which hold numbers of its dtype."""
    options: dict[str, Any] = {}
    if op == "train":
        assert inputs.schedule is not None
        options = inputs.schedule.options()
    return Arguments(
        params=Params(*map_parameters(float, inputs.params)),
        X=map_matrix(float, inputs.X),
        T=None if op == "forward" else map_matrix(float, inputs.T),
        options=options,
    )


@dataclass(frozen=True)
class Output:
    """The values that a backend returned: nested sequences of floats, None where unsupported."""

    fields: Forward | Loss | Params

    @cached_property
    def numbers(self) -> Mapping[str, float]:
        """The values by quantity, without those of unsupported fields."""
        return {
            quantity: number
            for field, values in self.fields._asdict().items()
            if values is not None
            for quantity, number in flatten(field, values)
        }

    @property
    def unsupported(self) -> list[str]:
        """The fields that the backend does not support."""
        return [field for field, values in self.fields._asdict().items() if values is None]


@dataclass(frozen=True)
class Unsupported:
    """The backend does not support the op or dtype that the message names."""

    outcome: ClassVar[Literal["unsupported"]] = "unsupported"
    message: str


@dataclass(frozen=True)
class BackendError:
    """The backend raised an exception or returned an invalid response."""

    outcome: ClassVar[Literal["error"]] = "error"
    message: str
    in_own_words: bool = False  # whether the backend itself responded with "error"
    frames: tuple[str, ...] = ()  # the lines of its code that led there, the outermost first


@dataclass(frozen=True)
class Crash:
    """The backend's process ended before it responded."""

    outcome: ClassVar[Literal["crash"]] = "crash"
    message: str


@dataclass(frozen=True)
class Timeout:
    """The backend's process did not respond in time."""

    outcome: ClassVar[Literal["timeout"]] = "timeout"
    message: str


@dataclass(frozen=True)
class NotRun:
    """The op was not run on the backend."""

    outcome: ClassVar[Literal["not-run"]] = "not-run"
    message: str


NoOutput = Unsupported | BackendError | Crash | Timeout | NotRun
Response = Output | NoOutput


def make_response(op: Op, fields: Forward | Loss | Params) -> Output | Unsupported:
    """Return the response with these fields. If none of them is supported, the op is not."""
    return Unsupported(op) if all(values is None for values in fields) else Output(fields)


class StartFailure(Exception):
    """A backend could not be started, or its response to hello or echo was invalid."""

    def __init__(self, outcome: Literal["crash", "timeout", "error"], message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


class Driver(Protocol):
    """A driver, through which ops are run on a backend."""

    name: str
    version: str
    dtypes: tuple[str, ...]

    def run_op(self, op: Op, dtype: str, inputs: Inputs) -> Response:
        """Run one op; `inputs` hold exact numbers of `dtype`."""
