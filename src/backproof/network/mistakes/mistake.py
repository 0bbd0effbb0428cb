"""What a mistake is: the network with one convention broken, and words about it."""

import re
from collections.abc import Mapping
from types import ModuleType
from typing import ClassVar

from backproof.network.inputs import OPS, Op
from backproof.network.network import Network

# What a mistake of each level shows in; all else stays right.
SHOWS_IN: Mapping[str, tuple[Op, ...]] = {
    "forward": OPS,
    "loss": ("loss",),
    "gradients": ("gradients", "train"),
    "training": ("train",),
    "numerics": OPS,
}
LEVELS = tuple(SHOWS_IN)


class Mistake(Network):
    """A network that gets something wrong. The docstring of a mistake says what, in a sentence.

    Its module, or the package of that, is named for its level: the first of `LEVELS` in which it
    is made.
    """

    how: ClassVar[str]  # how people come to make it
    seen: ClassVar[tuple[str, ...]] = ()  # where it was made, or asked about, in public

    @classmethod
    def id(cls) -> str:
        """Return the name of the class in kebab case.

        HiddenDeltaUsesUpdatedWeights.id()  # "hidden-delta-uses-updated-weights"
        """
        words = re.findall(r"(?:F|Bf)loat[0-9]+|[A-Z][a-z]*|[0-9]+|[a-z]+", cls.__name__)
        return "-".join(words).lower()

    @classmethod
    def level(cls) -> str:
        """Return the level: the module, or the package, that the mistake is in."""
        return cls.__module__.removeprefix(f"{__package__}.").partition(".")[0]

    @classmethod
    def shows_in(cls, op: Op) -> bool:
        """Whether the mistake can change an answer to `op`."""
        return op in SHOWS_IN[cls.level()]

    @classmethod
    def statement(cls) -> str:
        return (cls.__doc__ or "").strip()


def mistakes_in(module: ModuleType) -> list[type[Mistake]]:
    """List the mistakes that a module defines, in its order."""
    return [
        member
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, Mistake)
        and member.__module__ == module.__name__
        and not member.__name__.startswith("_")
    ]
