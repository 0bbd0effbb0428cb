"""Run one op on a network, in any arithmetic."""

from collections.abc import Callable

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.float_formats import Real
from backproof.network.inputs import Inputs, Op, map_matrix, map_parameters
from backproof.network.network import Activations, Losses, Network, Parameters, Plan
from backproof.network.quantities import flatten_fields


def evaluate(
    network: Network, a: Arithmetic[N], convert: Callable[[Real], N], op: Op, inputs: Inputs
) -> dict[str, N]:
    """Run `op` on a network and return the results by quantity.

    Each exact input is converted to a number of the arithmetic first.
    """
    X, T = map_matrix(convert, inputs.X), map_matrix(convert, inputs.T)
    plan = inputs.schedule.plan(convert) if inputs.schedule else None
    return flatten_fields(
        run_network(network, a, op, map_parameters(convert, inputs.params), X, T, plan)
    )


def run_network(
    network: Network,
    a: Arithmetic[N],
    op: Op,
    params: Parameters[N],
    X: list[list[N]],
    T: list[list[N]],
    schedule: Plan[N] | None,
) -> Activations[N] | Losses[N] | Parameters[N]:
    """Run `op` on a network whose inputs are converted; only the op "train" needs a schedule."""
    if op == "train":
        assert schedule is not None
        *_, last = network.trajectory(a, params, X, T, schedule)
        return last
    if op == "gradients":
        return network.gradients(a, params, X, T)
    seen = network.forward(a, params, X)
    return seen if op == "forward" else network.loss(a, seen.out_y, T)
