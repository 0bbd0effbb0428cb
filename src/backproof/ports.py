"""How a backend is asked: one request, one reply, whatever the backend does.

`InProcess` asks a Python class directly. A port in a process of its own, in any language, takes
its place behind the same `Port`.
"""

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, Protocol

from backproof.inputs import Inputs, Op, each, matrix
from backproof.interface import Backend, Forward, Loss, Params
from backproof.quantities import numbers

ANSWERS: Mapping[Op, type[Forward] | type[Loss] | type[Params]] = {
    "forward": Forward,
    "loss": Loss,
    "gradients": Params,
    "train": Params,
}


@dataclass(frozen=True)
class Answer:
    """The numbers of an answer, by quantity."""

    numbers: Mapping[str, float]


@dataclass(frozen=True)
class Unsupported:
    """The port says that it lacks this."""

    what: str


@dataclass(frozen=True)
class PortError:
    """The port raised, or answered something that is no answer."""

    message: str


Reply = Answer | Unsupported | PortError


class Port(Protocol):
    """Something that answers for a backend."""

    name: str
    version: str
    dtypes: tuple[str, ...]

    def ask(self, op: Op, dtype: str, inputs: Inputs) -> Reply:
        """Put one calculation; `inputs` hold exact numbers of `dtype`."""


class InProcess:
    """A backend class, called in this process."""

    def __init__(self, backend: type[Backend], device: str = "cpu") -> None:
        self.name = backend.name
        self.version = getattr(backend, "version", "unknown")
        self.dtypes = backend.dtypes
        self._backend = backend
        self._device = device
        self._made: dict[str, Backend] = {}

    def ask(self, op: Op, dtype: str, inputs: Inputs) -> Reply:
        positional, options = _arguments(op, inputs)
        kept = repr((positional, options))
        try:
            with redirect_stdout(sys.stderr):  # standard output is the report's
                if dtype not in self._made:
                    self._made[dtype] = self._backend(dtype=dtype, device=self._device)
                result = getattr(self._made[dtype], op)(*positional, **options)
            reply = _validated(op, result)
        except NotImplementedError as lack:
            return Unsupported(str(lack) or op)
        except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever a port raises is its own failure
            return PortError(f"{op} raised {type(error).__name__}: {error}")
        if repr((positional, options)) != kept:  # as text, in which NaN equals NaN
            return PortError(f"{op} changed an argument that belongs to its caller")
        return reply


def _arguments(op: Op, inputs: Inputs) -> tuple[list[Any], dict[str, Any]]:
    params = Params(*each(float, inputs.params))
    positional: list[Any] = [params, matrix(float, inputs.X)]
    options: dict[str, Any] = {}
    if op != "forward":
        positional.append(matrix(float, inputs.T))
    if op == "train":
        assert inputs.schedule is not None
        options = {
            "learning_rate": float(inputs.schedule.learning_rate),
            "epochs": inputs.schedule.epochs,
            "batch_size": inputs.schedule.batch_size,
            "train_biases": inputs.schedule.train_biases,
        }
    return positional, options


def _validated(op: Op, result: object) -> Reply:
    """Check that a result has the fields that `op` answers with, and holds plain floats."""
    kind = ANSWERS[op]
    if not isinstance(result, tuple) or len(result) != len(kind._fields):
        return PortError(f"{op} returned {type(result).__name__}, not backproof.{kind.__name__}")
    answer = numbers(kind(*result))
    for quantity, number in answer.items():
        if type(number) is not float:
            return PortError(
                f"{op} returned {quantity} as {type(number).__name__}, not as a Python float"
            )
    return Answer(answer)
