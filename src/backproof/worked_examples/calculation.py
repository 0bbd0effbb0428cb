"""Compute every number of a worked example, with the correct network or a mistaken one.

The caller sets the working precision, `flint.ctx.prec`.
"""

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Any, TypeVar

from flint import arb

from backproof.network.arithmetic import Arithmetic
from backproof.network.formats import FORMATS
from backproof.network.inputs import matrix
from backproof.network.network import Network, Parameters, Past, Plan
from backproof.network.quantities import numbers
from backproof.truth.arithmetics import Exact, Rounded, Rounding, ball
from backproof.worked_examples.conventions import OverUnits, PerUnit
from backproof.worked_examples.example import Example
from backproof.worked_examples.names import Place

V = TypeVar("V")
FLOAT64 = Rounding(FORMATS["float64"])


def calculate(
    network: type[Network], example: Example, updates: Collection[int]
) -> dict[Place, arb]:
    """Return all numbers after each of these counts of updates, in exact arithmetic."""
    return _calculated(network, example, updates, OverUnits(Exact()), ball, arb)


def in_float64(
    network: type[Network], example: Example, updates: Collection[int]
) -> dict[Place, Rounded]:
    """Return the same numbers, each with an error bound for programs that compute in float64.

    Raises `BoundUnavailable` if no bound can be proven.
    """
    return _calculated(network, example, updates, OverUnits(FLOAT64), FLOAT64.given, Rounded)


def _calculated(
    network: type[Network],
    example: Example,
    updates: Collection[int],
    a: Arithmetic[Any],
    given: Callable[[Fraction], V],
    kind: type[V],
) -> dict[Place, V]:
    inputs, last = example.given, max(updates)
    X, T = matrix(given, inputs.X), matrix(given, inputs.T)
    params = _parameters(example, given)
    if inputs.learning_rate is None or not T:
        values = _of_stage(network(), a, 0, params, X, T, None)
        return {place: x for place, x in values.items() if isinstance(x, kind)}
    watched = _watching(network)()
    steps_of_an_epoch = -(-len(X) // inputs.batch_size)
    plan: Plan[Any] = Plan(
        given(inputs.learning_rate),
        last // steps_of_an_epoch + 1,  # whole epochs with at least one step more than the last
        inputs.batch_size,
        example.conventions.train_biases,
    )
    values = {}
    trajectory = watched.trajectory(a, params, X, T, plan)
    before = next(trajectory)
    for done, after in enumerate(trajectory):
        if done in updates:
            values |= _of_stage(watched, a, done, before, X, T, watched.past)
            taken, moved = numbers(watched.taken), numbers(after)
            values |= {Place(done, f"gradients.{path}"): x for path, x in taken.items()}
            values |= {Place(done + 1, f"params.{path}"): x for path, x in moved.items()}
        if done == last:
            break
        before = after
    return {place: x for place, x in values.items() if isinstance(x, kind)}


class _Watched(Network):
    """A network that remembers the gradients of its last step."""

    past: Past[Any] | None = None
    taken: Parameters[Any]


def _watching(network: type[Network]) -> type[_Watched]:
    class Watching(network, _Watched):  # type: ignore[valid-type, misc]  # a class at run time
        def step_gradients(
            self, a: Any, params: Any, X: Any, T: Any, past: Past[Any] | None
        ) -> Parameters[Any]:
            self.past = past
            self.taken = super().step_gradients(a, params, X, T, past)
            return self.taken

    return Watching


def _of_stage(
    network: Network,
    a: Arithmetic[Any],
    done: int,
    params: Parameters[Any],
    X: list[list[Any]],
    T: list[list[Any]],
    past: Past[Any] | None,
) -> dict[Place, Any]:
    seen = network.forward(a, params, X)
    found: dict[str, Any] = numbers(seen) | numbers(params, "params.")
    if T:
        found |= numbers(network.loss(a, seen.out_y, T))
        at = network.step_activations(a, params, X, past)
        carried = network.deltas(a, params, at, T, past)
        found |= numbers(carried)
        if past is None:
            found |= numbers(network.gradients(a, params, X, T), "gradients.")
    return {Place(done, path): x for path, x in found.items()}


def _parameters(example: Example, given: Callable[[Fraction], Any]) -> Parameters[Any]:
    inputs = example.given
    b1, b2 = (
        PerUnit(*map(given, pair)) if example.conventions.biases_per_unit else given(pair[0])
        for pair in (inputs.b1, inputs.b2)
    )
    return Parameters(matrix(given, inputs.W1), b1, matrix(given, inputs.W2), b2)
