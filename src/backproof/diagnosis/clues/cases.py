"""Cases: test vectors that pass or fail, and the properties that their inputs may have."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Generic, TypeVar

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.evaluation import evaluate
from backproof.network.float_formats import FORMATS, Format
from backproof.network.network import Network, Parameters, TrainingHistory
from backproof.truth.arithmetics import MachineArithmetic
from backproof.vectors.vectors import Vector

MAX_STEPS = 100  # of training, in which the gradients are looked at


class Case:
    """A test vector in a dtype, and what its inputs are like."""

    def __init__(self, vector: Vector, fmt: Format, before: Vector | None, *, fails: bool) -> None:
        self.fails = fails
        self.inputs = inputs = vector.inputs.rounded(fmt)
        self.rows, plan = len(inputs.X), inputs.schedule
        self.batch_size = plan.batch_size if plan else 1
        self.epochs = plan.epochs if plan else 0
        self.learning_rate = float(plan.learning_rate) if plan else 0.0
        self.trains_biases = plan is not None and plan.train_biases
        self.new_shape = before is not None and len(before.inputs.X) != self.rows
        self.parameters = [float(p) for p in inputs.params.flatten()]
        self.weights = [*self.parameters[:4], *self.parameters[5:9]]
        self.targets = [float(t) for t in chain(*inputs.T)]
        self.numbers = [*self.parameters, *self.targets, *(float(x) for x in chain(*inputs.X))]
        self.min_normal = float(fmt.min_normal)
        self._op = vector.op

    @cached_property
    def sums(self) -> list[float]:
        """Every h and y of the forward pass from the initial parameters; none with NaN."""
        a = MachineArithmetic(FORMATS["float64"])
        found = evaluate(Network(), a, float, "forward", self.inputs)
        sums = [x for q, x in found.items() if q.startswith(("h[", "y["))]
        return [] if any(map(math.isnan, sums)) else sums

    @cached_property
    def gradients(self) -> list[list[float]]:
        """The ten gradients of each step; none where there are too many steps."""
        if self._op in {"forward", "loss"} or self.inputs.steps > MAX_STEPS:
            return []
        recorder = _Recorder()
        evaluate(recorder, MachineArithmetic(FORMATS["float64"]), float, self._op, self.inputs)
        return recorder.recorded


class _Recorder(Network):
    """The network, which records the gradients of each step."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[list[float]] = []

    def gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None = None,
    ) -> Parameters[N]:
        found = super().gradients(a, params, X, T, past)
        self.recorded.append([float(g) for g in found.flatten()])  # type: ignore[arg-type]
        return found


T = TypeVar("T")
Size = Callable[[T], float]  # NaN where there is none


@dataclass(frozen=True)
class Property(Generic[T]):
    """Something that is so or not, in words that complete a sentence."""

    so: str
    not_so: str
    holds: Callable[[T], bool]


PROPERTIES: tuple[Property[Case], ...] = (
    Property("with several rows", "with one row", lambda c: c.rows > 1),
    Property(
        "with several rows in a batch",
        "with one row in each batch",
        lambda c: min(c.batch_size, c.rows) > 1,
    ),
    Property(
        "where the last batch is short",
        "where all batches have as many rows",
        lambda c: c.rows % min(c.batch_size, c.rows) != 0,
    ),
    Property(
        "where a batch has fewer rows than the batch size",
        "where all batches are full",
        lambda c: c.rows % c.batch_size != 0,
    ),
    Property(
        "where an epoch is a single step",
        "where an epoch has several steps",
        lambda c: c.epochs > 0 and c.rows <= c.batch_size,
    ),
    Property("in several steps", "in a single step", lambda c: c.inputs.steps > 1),
    Property("in several epochs", "in a single epoch", lambda c: c.epochs > 1),
    Property("where biases are trained", "where biases are not trained", lambda c: c.trains_biases),
    Property(
        "with NaN or infinities among the inputs",
        "with finite inputs",
        lambda c: not c.inputs.finite,
    ),
    Property(
        "where some weight is negative",
        "where no weight is negative",
        lambda c: any(w < 0 for w in c.weights),
    ),
    Property(
        "where some target lies outside 0 … 1",
        "where all targets lie in 0 … 1",
        lambda c: not all(0 <= t <= 1 for t in c.targets),
    ),
    Property(
        "where some input is 0", "where no input is 0", lambda c: any(x == 0 for x in c.numbers)
    ),
    Property(
        "where some input is subnormal",
        "where no input is subnormal",
        lambda c: any(0 < abs(x) < c.min_normal for x in c.numbers),
    ),
    Property(
        "after a test vector with another number of rows",
        "after a test vector with as many rows",
        lambda c: c.new_shape,
    ),
)

# Sizes, of which a threshold may matter.
SIZES: Mapping[str, Size[Case]] = {
    "the learning rate": lambda c: c.learning_rate,
    "the number of epochs": lambda c: c.epochs,
    "the number of steps": lambda c: c.inputs.steps,
    "the number of rows": lambda c: c.rows,
    "the batch size": lambda c: c.batch_size,
    "the largest |target|": lambda c: max(map(abs, c.targets), default=math.nan),
    "the largest |parameter|": lambda c: max(map(abs, c.parameters)),
    "the largest h or y": lambda c: max(c.sums, default=math.nan),
    "the smallest h or y": lambda c: min(c.sums, default=math.nan),
    "the largest |h| or |y|": lambda c: max(map(abs, c.sums), default=math.nan),
    "the norm of the gradients": lambda c: max(
        (math.hypot(*step) for step in c.gradients), default=math.nan
    ),
    "the largest gradient": lambda c: max(
        (abs(g) for step in c.gradients for g in step), default=math.nan
    ),
}
