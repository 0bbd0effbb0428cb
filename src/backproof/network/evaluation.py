"""What a network comes to for one op, in any arithmetic."""

from collections.abc import Callable

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.formats import Real
from backproof.network.inputs import Inputs, Op, each, matrix
from backproof.network.network import Activations, Errors, Network, Parameters, Plan
from backproof.network.quantities import numbers


def evaluate(
    network: Network, a: Arithmetic[N], given: Callable[[Real], N], op: Op, inputs: Inputs
) -> dict[str, N]:
    """Return the numbers of an answer to `op`, by quantity; `given` takes in an input."""
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
    """Return what a network answers to `op`; the plan is for the op "train"."""
    if op == "train":
        assert plan is not None
        *_, last = network.trajectory(a, params, X, T, plan)
        return last
    if op == "gradients":
        return network.gradients(a, params, X, T)
    seen = network.forward(a, params, X)
    return seen if op == "forward" else network.loss(a, seen.out_y, T)
