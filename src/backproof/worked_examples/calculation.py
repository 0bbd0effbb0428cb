"""Compute every number of a worked example, with the correct network or a mistaken one.

The caller sets the working precision, `flint.ctx.prec`.
"""

from collections.abc import Callable, Collection
from fractions import Fraction
from typing import Any, TypeVar

from flint import arb

from backproof.network.arithmetic import Arithmetic
from backproof.network.exercises import NumberId
from backproof.network.float_formats import Format
from backproof.network.inputs import map_matrix
from backproof.network.network import Network, Parameters, Plan, TrainingHistory
from backproof.network.quantities import flatten_fields
from backproof.truth.arithmetics import BallArithmetic, BoundedValue, RoundingModel, enclose
from backproof.worked_examples.conventions import ElementwiseArithmetic, PerUnit
from backproof.worked_examples.example import Example

V = TypeVar("V")


def count_row_passes(example: Example, updates: Collection[int]) -> int:
    """Return how many rows pass through the network to calculate all numbers."""
    rows = len(example.inputs.X)
    return max(updates) * min(example.inputs.batch_size, rows) + len(updates) * rows


def calculate(
    network: type[Network], example: Example, updates: Collection[int]
) -> dict[NumberId, arb]:
    """Return all numbers after each of these counts of updates, in exact arithmetic."""
    return _calculated(
        network, example, updates, ElementwiseArithmetic(BallArithmetic()), enclose, arb
    )


def calculate_with_bounds(
    network: type[Network], example: Example, updates: Collection[int], fmt: Format
) -> dict[NumberId, BoundedValue]:
    """Return the same numbers, each with an error bound for programs that compute in a format.

    The bound covers that a program rounds its inputs. Raises `BoundUnavailable` if no bound can be
    proven.
    """
    model = RoundingModel(fmt)

    def rounded(x: Fraction) -> BoundedValue:
        stored = model.from_input(x)
        return BoundedValue(stored.value, stored.bound + abs(stored.value) * model.u)

    return _calculated(
        network, example, updates, ElementwiseArithmetic(model), rounded, BoundedValue
    )


def _calculated(
    network: type[Network],
    example: Example,
    updates: Collection[int],
    a: Arithmetic[Any],
    convert: Callable[[Fraction], V],
    kind: type[V],
) -> dict[NumberId, V]:
    inputs, last = example.inputs, max(updates)
    X, T = map_matrix(convert, inputs.X), map_matrix(convert, inputs.T)
    params = _parameters(example, convert)
    if inputs.learning_rate is None or not T:
        values = _stage_values(network(), a, 0, params, X, T, None)
        return {place: x for place, x in values.items() if isinstance(x, kind)}
    watched = _recording_network(network)()
    steps_of_an_epoch = -(-len(X) // inputs.batch_size)
    plan: Plan[Any] = Plan(
        convert(inputs.learning_rate),
        last // steps_of_an_epoch + 1,  # whole epochs with at least one step more than the last
        inputs.batch_size,
        example.conventions.train_biases,
    )
    values = {}
    trajectory = watched.trajectory(a, params, X, T, plan)
    before = next(trajectory)
    for done, after in enumerate(trajectory):
        if done in updates:
            values |= _stage_values(watched, a, done, before, X, T, watched.past)
            taken, moved = flatten_fields(watched.taken), flatten_fields(after)
            values |= {NumberId(done, f"gradients.{path}"): x for path, x in taken.items()}
            values |= {NumberId(done + 1, f"params.{path}"): x for path, x in moved.items()}
        if done == last:
            break
        before = after
    return {place: x for place, x in values.items() if isinstance(x, kind)}


class _StepRecorder(Network):
    """A network that remembers the gradients of its last step."""

    past: TrainingHistory[Any] | None = None
    taken: Parameters[Any]


def _recording_network(network: type[Network]) -> type[_StepRecorder]:
    class Watching(network, _StepRecorder):  # type: ignore[valid-type, misc]  # a class at run time
        def step_gradients(
            self, a: Any, params: Any, X: Any, T: Any, past: TrainingHistory[Any] | None
        ) -> Parameters[Any]:
            self.past = past
            self.taken = super().step_gradients(a, params, X, T, past)
            return self.taken

    return Watching


def _stage_values(
    network: Network,
    a: Arithmetic[Any],
    done: int,
    params: Parameters[Any],
    X: list[list[Any]],
    T: list[list[Any]],
    past: TrainingHistory[Any] | None,
) -> dict[NumberId, Any]:
    seen = network.forward(a, params, X)
    found: dict[str, Any] = flatten_fields(seen) | flatten_fields(params, "params.")
    if T:
        found |= flatten_fields(network.loss(a, seen.out_y, T))
        at = network.step_activations(a, params, X, past)
        carried = network.deltas(a, params, at, T, past)
        found |= flatten_fields(carried)
        if past is None:
            found |= flatten_fields(network.gradients(a, params, X, T), "gradients.")
    return {NumberId(done, path): x for path, x in found.items()}


def _parameters(example: Example, given: Callable[[Fraction], Any]) -> Parameters[Any]:
    inputs = example.inputs
    b1, b2 = (
        PerUnit(*map(given, pair)) if example.conventions.biases_per_unit else given(pair[0])
        for pair in (inputs.b1, inputs.b2)
    )
    return Parameters(map_matrix(given, inputs.W1), b1, map_matrix(given, inputs.W2), b2)
