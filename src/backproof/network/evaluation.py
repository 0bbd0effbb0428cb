"""Run one op on a network, in any arithmetic."""

from collections.abc import Callable

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.formats import Real
from backproof.network.inputs import Inputs, Op, each, matrix
from backproof.network.network import Activations, Errors, Network, Parameters, Plan
from backproof.network.quantities import numbers


def evaluate(
    network: Network, a: Arithmetic[N], given: Callable[[Real], N], op: Op, inputs: Inputs
) -> dict[str, N]:
    """Run `op` on a network and return the results by quantity.

    Each exact input is converted to a number of the arithmetic first.
    """
    X, T = matrix(given, inputs.X), matrix(given, inputs.T)
    plan = inputs.schedule.plan(given) if inputs.schedule else None
    return numbers(answer(network, a, op, each(given, inputs.params), X, T, plan))


def answer(
    network: Network,
    a: Arithmetic[N],
    op: Op,
    params: Parameters[N],
    X: list[list[N]],
    T: list[list[N]],
    plan: Plan[N] | None,
) -> Activations[N] | Errors[N] | Parameters[N]:
    """Run `op` on a network whose inputs are converted; only the op "train" needs a schedule."""
    if op == "train":
        assert plan is not None
        *_, last = network.trajectory(a, params, X, T, plan)
        return last
    if op == "gradients":
        return network.gradients(a, params, X, T)
    seen = network.forward(a, params, X)
    return seen if op == "forward" else network.loss(a, seen.out_y, T)
