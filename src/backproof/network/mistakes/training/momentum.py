"""Momentum that should not be there."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from backproof.network.arithmetic import Arithmetic, N
from backproof.network.mistakes.mistake import Mistake
from backproof.network.network import Parameters, Plan, TrainingHistory, unflatten_parameters


class Momentum(Mistake):
    """Each step adds {constant} times the previous step."""

    origin = "`SGD(momentum=0.9)`, as in many examples."
    constant = Fraction(9, 10)
    largest = Fraction(1)

    def step(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        learning_rate: N,
        *,
        train_biases: bool,
        past: TrainingHistory[N] | None = None,
    ) -> Parameters[N]:
        after = super().step(a, params, X, T, learning_rate, train_biases=train_biases, past=past)
        if past is None or past.previous is params:  # the first step
            return after
        share = a.constant(self.constant_of(Momentum))
        return unflatten_parameters(
            [
                a.total([new, a.product(share, a.difference(now, before))])
                for new, now, before in zip(
                    after.flatten(), params.flatten(), past.previous.flatten(), strict=True
                )
            ]
        )


class GradientsAccumulated(Momentum):
    """Each step uses the sum of all gradients so far."""

    origin = "`optimizer.zero_grad()` is forgotten, and the framework accumulates gradients."
    citations = (
        "https://github.com/pytorch/pytorch/issues/47175",
        "https://github.com/wenet-e2e/wekws/pull/73",
        "https://github.com/yastrebksv/TennisCourtDetector/issues/7",
    )
    constant = Fraction(1)


class MomentumResetEachEpoch(Momentum):
    """Each step but the first of an epoch adds {constant} times the previous step."""

    origin = "The optimizer is created anew in each epoch."

    def step(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        learning_rate: N,
        *,
        train_biases: bool,
        past: TrainingHistory[N] | None = None,
    ) -> Parameters[N]:
        if past is not None and past.epoch_start is params:  # the first step of the epoch
            past = past._replace(previous=params)
        return super().step(a, params, X, T, learning_rate, train_biases=train_biases, past=past)


class _Velocity(Mistake):
    """Each step moves by a velocity, which accumulates gradients."""

    def trajectory(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        schedule: Plan[N],
    ) -> Iterator[Parameters[N]]:
        self._velocity: list[Any] = [a.constant(Fraction(0))] * len(params.flatten())
        return super().trajectory(a, params, X, T, schedule)

    def step_gradients(
        self,
        a: Arithmetic[N],
        params: Parameters[N],
        X: list[list[N]],
        T: list[list[N]],
        past: TrainingHistory[N] | None,
    ) -> Parameters[N]:
        g = super().step_gradients(a, params, X, T, past).flatten()
        self._is_first_step = past is None or past.step == 0
        self._velocity = [self.accelerate(a, v, x) for v, x in zip(self._velocity, g, strict=True)]
        moves = [self.direction(a, v, x) for v, x in zip(self._velocity, g, strict=True)]
        return unflatten_parameters(moves)

    def accelerate(self, a: Arithmetic[N], v: N, g: N) -> N:
        """Return the next velocity."""
        return a.total([a.product(a.constant(self.constant_of(_Velocity)), v), g])

    def direction(self, a: Arithmetic[N], v: N, g: N) -> N:  # others look at them
        """Return what a step moves by, times the learning rate."""
        return v


class NesterovMomentum(_Velocity):
    """Each step adds Nesterov momentum of {constant}."""

    origin = "`SGD(momentum=0.9, nesterov=True)`, as in many examples."
    citations = ("https://github.com/ml-explore/mlx/pull/473",)
    constant = Fraction(9, 10)
    largest = Fraction(1)

    def direction(self, a: Arithmetic[N], v: N, g: N) -> N:
        return a.total([g, a.product(a.constant(self.constant_of(NesterovMomentum)), v)])


class DampenedMomentum(_Velocity):
    """Each step moves by a running mean: {constant} of the previous one, the rest the gradient."""

    origin = "An optimizer that averages gradients, or dampening that applies to the first step."
    citations = ("https://github.com/ml-explore/mlx/issues/440",)
    constant = Fraction(9, 10)
    largest = Fraction(1)

    def accelerate(self, a: Arithmetic[N], v: N, g: N) -> N:
        share = a.constant(1 - self.constant_of(DampenedMomentum))
        return super().accelerate(a, v, a.product(share, g))


class RunningMeanOfGradients(DampenedMomentum):
    """Each step but the first moves by a running mean: {constant} of the previous one."""

    origin = "`SGD(momentum=0.9, dampening=0.9)`, whose first step is not dampened."
    citations = ("https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html",)

    def accelerate(self, a: Arithmetic[N], v: N, g: N) -> N:
        return g if self._is_first_step else super().accelerate(a, v, g)
