"""How a backend is asked: one request, one reply, whatever the backend does.

`InProcess` asks a Python class directly; `remote.Remote` asks a process, in whatever language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from backproof.interface import Forward, Loss, Params
from backproof.network.inputs import Inputs, Op, each, matrix
from backproof.network.quantities import numbers

ANSWERS: Mapping[Op, type[Forward] | type[Loss] | type[Params]] = {
    "forward": Forward,
    "loss": Loss,
    "gradients": Params,
    "train": Params,
}


class Arguments(NamedTuple):
    """What a method of a backend is called with: plain floats in nested lists."""

    params: Params
    X: list[list[float]]
    T: list[list[float]] | None  # not for the op "forward"
    options: dict[str, Any]  # the schedule, for the op "train"

    @property
    def positional(self) -> list[Any]:
        """The arguments that are given by position."""
        return [self.params, self.X] + ([] if self.T is None else [self.T])

    def request(self, op: Op, dtype: str) -> dict[str, Any]:
        """Return what is asked over the wire, but for its id."""
        asked = {"op": op, "dtype": dtype, "params": self.params._asdict(), "X": self.X}
        return {**asked, **({} if self.T is None else {"T": self.T}), **self.options}


def arguments(op: Op, inputs: Inputs) -> Arguments:
    """Return what a backend is called with for these inputs, which hold numbers of its dtype."""
    options: dict[str, Any] = {}
    if op == "train":
        assert inputs.schedule is not None
        options = inputs.schedule.options()
    return Arguments(
        params=Params(*each(float, inputs.params)),
        X=matrix(float, inputs.X),
        T=None if op == "forward" else matrix(float, inputs.T),
        options=options,
    )


@dataclass(frozen=True)
class Answer:
    """What a method returned: nested sequences of floats."""

    fields: Forward | Loss | Params

    @cached_property
    def numbers(self) -> Mapping[str, float]:
        """The numbers, by quantity."""
        return numbers(self.fields)


@dataclass(frozen=True)
class Unsupported:
    """The port says that it lacks this; the message says what."""

    outcome: ClassVar[Literal["unsupported"]] = "unsupported"
    message: str


@dataclass(frozen=True)
class PortError:
    """The port raised, or answered something that is no answer."""

    outcome: ClassVar[Literal["error"]] = "error"
    message: str
    own: bool = False  # whether it is an answer, in the port's own words


@dataclass(frozen=True)
class Crash:
    """The port's process ended before it answered."""

    outcome: ClassVar[Literal["crash"]] = "crash"
    message: str


@dataclass(frozen=True)
class Timeout:
    """The port's process did not answer in time."""

    outcome: ClassVar[Literal["timeout"]] = "timeout"
    message: str


@dataclass(frozen=True)
class NotRun:
    """The port was not asked."""

    outcome: ClassVar[Literal["not-run"]] = "not-run"
    message: str


NoAnswer = Unsupported | PortError | Crash | Timeout | NotRun
Reply = Answer | NoAnswer


class StartFailure(Exception):
    """A port could not be started, or did not introduce itself as it must."""

    def __init__(self, outcome: Literal["crash", "timeout", "error"], message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


class Port(Protocol):
    """Something that answers for a backend."""

    name: str
    version: str
    dtypes: tuple[str, ...]

    def ask(self, op: Op, dtype: str, inputs: Inputs) -> Reply:
        """Put one calculation; `inputs` hold exact numbers of `dtype`."""
