"""The catalogue of mistakes that people make.

A mistake is a mutant of the network, as in mutation testing: a subclass that gets one thing wrong.
"""

from functools import lru_cache

from backproof.network.mistakes import forward, loss
from backproof.network.mistakes.gradients import deltas, derivatives, sums, weights
from backproof.network.mistakes.mistake import LEVELS, Mistake, mistakes_in
from backproof.network.mistakes.numerics import methods, rounding
from backproof.network.mistakes.training import decay, learning_rate, momentum, order, state
from backproof.network.network import Network

# The search tries the mistakes in this order.
MODULES = (
    forward,
    loss,
    derivatives,
    deltas,
    weights,
    sums,
    order,
    learning_rate,
    momentum,
    decay,
    state,
    rounding,
    methods,
)
CATALOGUE = {mistake.id(): mistake for module in MODULES for mistake in mistakes_in(module)}


@lru_cache(maxsize=2**12)
def combine_mistakes(mistakes: tuple[type[Mistake], ...]) -> type[Network]:
    """Return a network that makes all these mistakes.

    If two of them override the same method, the one of the later level is applied to the result of
    the other; within a level, the one listed later.
    """
    by_level = sorted(mistakes, key=lambda mistake: LEVELS.index(mistake.level()))
    return type("Combined", (*reversed(by_level), Network), {})


__all__ = ["CATALOGUE", "LEVELS", "Mistake", "combine_mistakes"]
