"""Ops judged from the backend's own numbers in the op before.

Where an op is wrong for an unknown reason, all that is computed from it is wrong, too. It may still
be computed correctly, or with a mistake that is known: to see that, the network is given the
backend's own numbers, as training is judged from checkpoints.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

from backproof.diagnosis.observations import Observation
from backproof.diagnosis.prepared_vectors import Values, continue_vector
from backproof.errors import BoundUnavailable
from backproof.network.arithmetic import Arithmetic, N
from backproof.network.inputs import Op, map_matrix, map_parameters
from backproof.network.network import (
    Activations,
    Network,
    Parameters,
    TrainingHistory,
    unflatten_parameters,
)

# The ops that are computed from the numbers of an op.
NEXT_OPS: dict[Op, tuple[Op, ...]] = {
    "forward": ("loss", "gradients", "train"),
    "loss": (),
    "gradients": ("train",),
    "train": (),
}


def continue_from(
    observations: Iterable[Observation], unexplained: Sequence[Observation]
) -> Iterator[Observation]:
    """Yield the observations that are not unexplained themselves.

    One that follows from an unexplained one is judged from that; it is left out where this is
    impossible, as in training of several steps.
    """
    sources = {(o.op, _inputs(o, o.op)): o for o in unexplained}
    for observation in observations:
        if observation in unexplained:
            continue
        before = next(
            (
                sources[op, inputs]
                for op in NEXT_OPS
                if observation.op in NEXT_OPS[op]
                and (op, inputs := _inputs(observation, op)) in sources
            ),
            None,
        )
        if before is None:
            yield observation
        elif continuation := _continuation(observation, before):
            yield continuation


def _inputs(observation: Observation, op: Op) -> str:
    """Return the inputs that an op depends on, as text: NaN is not equal to itself."""
    inputs = observation.prepared.inputs
    return repr((inputs.params, inputs.X, [] if op == "forward" else inputs.T))


def _continuation(later: Observation, earlier: Observation) -> Observation | None:
    """Return the later observation, judged from the numbers of the earlier one."""
    inputs, own = later.prepared.inputs, earlier.observed
    one_step = inputs.steps <= 1 and (
        inputs.schedule is None or inputs.schedule.batch_size >= len(inputs.X)
    )
    complete = own.keys() == earlier.prepared.reference_values.keys()  # else some is unsupported
    computed = len(set(own.values())) > 1  # else one value is returned, whatever the inputs are
    if not (one_step and complete and computed and all(map(math.isfinite, own.values()))):
        return None
    given = (
        _with_activations(own, len(inputs.X)) if earlier.op == "forward" else _with_gradients(own)
    )
    try:
        return Observation(continue_vector(later.prepared, given), later.observed)
    except BoundUnavailable:
        return None


def _with_activations(own: Values, rows: int) -> type[Network]:
    """Return a network whose forward pass returns these numbers."""
    layers = [
        [[own[f"{name}[{row}][{unit}]"] for unit in (0, 1)] for row in range(rows)]
        for name in Activations._fields
    ]

    class WithActivations(Network):
        def forward(
            self,
            a: Arithmetic[N],
            params: Parameters[N],
            X: list[list[N]],
        ) -> Activations[N]:
            if len(X) != rows:  # a mistake splits the batch
                return super().forward(a, params, X)
            return Activations(*(map_matrix(a.constant, layer) for layer in layers))

    return WithActivations


def _with_gradients(own: Values) -> type[Network]:
    """Return a network whose gradients are these numbers."""
    numbers = unflatten_parameters([*own.values()])

    class WithGradients(Network):
        def gradients(
            self,
            a: Arithmetic[N],
            params: Parameters[N],  # noqa: ARG002  # the numbers are given
            X: list[list[N]],  # noqa: ARG002
            T: list[list[N]],  # noqa: ARG002
            past: TrainingHistory[N] | None = None,  # noqa: ARG002
        ) -> Parameters[N]:
            return map_parameters(a.constant, numbers)

    return WithGradients
