"""The inputs of a test vector: exact numbers, as written or rounded to a dtype."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import chain
from math import isfinite
from typing import Any, Literal, TypeVar, get_args

from backproof.errors import BoundUnavailable
from backproof.network.float_formats import Format, Real
from backproof.network.network import Parameters, Plan

Op = Literal["forward", "loss", "gradients", "train"]
OPS: tuple[Op, ...] = get_args(Op)
NON_FINITE = ("NaN", "Infinity", "-Infinity")
A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Schedule:
    """The hyperparameters of the op "train"."""

    learning_rate: Real
    epochs: int
    batch_size: int
    train_biases: bool

    def options(self) -> dict[str, Any]:
        """Return the keyword arguments for a backend's `train`; the learning rate is a float."""
        return asdict(self) | {"learning_rate": float(self.learning_rate)}

    def plan(self, convert: Callable[[Real], B]) -> Plan[B]:
        """Return the schedule with its learning rate converted to a number of some arithmetic."""
        return Plan(convert(self.learning_rate), self.epochs, self.batch_size, self.train_biases)


@dataclass(frozen=True)
class Inputs:
    """The inputs of one calculation: parameters, X (n, 2), T (n, 2) and schedule."""

    params: Parameters[Real]
    X: list[list[Real]]
    T: list[list[Real]]  # empty for the op "forward"
    schedule: Schedule | None  # only for the op "train"

    @property
    def finite(self) -> bool:
        """Whether no input is NaN or infinite."""
        numbers = chain(self.params.flatten(), *self.X, *self.T)
        rate = () if self.schedule is None else (self.schedule.learning_rate,)
        return all(isinstance(x, Fraction) or isfinite(x) for x in (*numbers, *rate))

    @property
    def steps(self) -> int:
        """The number of training steps; 0 for other ops."""
        if self.schedule is None:
            return 0
        return self.schedule.epochs * -(-len(self.X) // self.schedule.batch_size)

    def rounded(self, fmt: Format) -> "Inputs":
        """Round every number to `fmt`. Raises `BoundUnavailable` if one is too large for it."""

        def nearest(x: Real) -> Real:
            if isinstance(x, float):
                return x
            if abs(x) > fmt.max_finite:
                raise BoundUnavailable(f"{float(x)} is too large for {fmt.name}")
            return Fraction(fmt.round(x))

        return Inputs(
            map_parameters(nearest, self.params),
            map_matrix(nearest, self.X),
            map_matrix(nearest, self.T),
            self.schedule
            and replace(self.schedule, learning_rate=nearest(self.schedule.learning_rate)),
        )


def parse_number(written: str | int) -> Real:
    """Parse a decimal number exactly, or NaN, Infinity or -Infinity; −0 keeps its sign."""
    if written in NON_FINITE:
        return float(written)
    exact = Fraction(written)
    return -0.0 if not exact and str(written).startswith("-") else exact


def map_matrix(function: Callable[[A], B], rows: list[list[A]]) -> list[list[B]]:
    """Apply a function to every number of a matrix."""
    return [[function(x) for x in row] for row in rows]


def map_parameters(function: Callable[[A], B], params: Parameters[A]) -> Parameters[B]:
    """Apply a function to every parameter."""
    return Parameters(
        map_matrix(function, params.W1),
        function(params.b1),
        map_matrix(function, params.W2),
        function(params.b2),
    )
