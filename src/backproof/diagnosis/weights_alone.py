"""The gradients of the weights, explained apart from those of the biases.

Some programs, such as the tutorial's, have no gradients of the biases. Those that a backend then
returns have nothing to do with its mistakes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from backproof.diagnosis.observations import Observation
from backproof.network.arithmetic import Arithmetic, N
from backproof.network.network import Network, Parameters, TrainingHistory
from backproof.network.quantities import is_bias


class CorrectBiasGradients(Network):
    """A network with correct gradients of the biases, whatever is wrong with those of the weights.

    In training they are taken at the activations and weights that the other gradients are taken at.
    """

    def gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None = None,
    ) -> Parameters[N]:
        found = super().gradients(a, params, X, T, past)
        correct, seen = Network(self.format), self.step_activations(a, params, X, past)
        if past:
            params = params._replace(W2=self.backward_weights(a, params, past))
        deltas = correct.deltas(a, params, seen, T)
        return found._replace(
            b1=correct.bias_gradient(a, deltas.delta_h),
            b2=correct.bias_gradient(a, deltas.delta_y),
        )


def set_biases_apart(observations: Sequence[Observation]) -> Iterator[Observation]:
    """Yield observations in which the gradients of the biases are correct, whatever else is wrong.

    If they are not correct, they are left out, and training that moves the biases, too.
    """
    gradients = [o for o in observations if o.op == "gradients"]
    correct = not any(is_bias(quantity) for o in gradients for quantity in o.wrong)
    for o in observations:
        if o.op not in {"gradients", "train"}:
            yield o
        elif correct:
            given: tuple[type[Network], ...] = (CorrectBiasGradients, *o.prepared.given)
            yield Observation(replace(o.prepared, given=given), o.observed)
        elif o.op == "gradients":
            yield Observation(o.prepared, {q: x for q, x in o.observed.items() if not is_bias(q)})
        elif not _moves_biases(o):
            yield o


def _moves_biases(observation: Observation) -> bool:
    schedule = observation.prepared.inputs.schedule
    return schedule is not None and schedule.train_biases
