"""The catalogue of mistakes: what people get wrong, each as a network that gets it wrong."""

from functools import lru_cache

from backproof.network.mistakes import forward, gradients, loss, numerics, training
from backproof.network.mistakes.mistake import LEVELS, Mistake, mistakes_in
from backproof.network.network import Network

CATALOGUE = {
    mistake.id(): mistake
    for module in (forward, loss, gradients, training, numerics)
    for mistake in mistakes_in(module)
}


@lru_cache(maxsize=2**12)
def combined(mistakes: tuple[type[Mistake], ...]) -> type[Network]:
    """Return the network that makes all these mistakes.

    Where two override the same method, the one of the later level is applied to what the other
    gives; of the same level, the one named later.
    """
    by_level = sorted(mistakes, key=lambda mistake: LEVELS.index(mistake.level()))
    return type("Combined", (*reversed(by_level), Network), {})


__all__ = ["CATALOGUE", "LEVELS", "Mistake", "combined"]
