"""The base class of all mistakes: a network with one convention broken, and its description."""

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from types import ModuleType
from typing import ClassVar

from backproof.network.inputs import OPS, Op
from backproof.network.network import Network
from backproof.text.english import format_constant

# The ops whose results a mistake of each level can change.
AFFECTED_OPS: Mapping[str, tuple[Op, ...]] = {
    "forward": OPS,
    "loss": ("loss",),
    "gradients": ("gradients", "train"),
    "training": ("train",),
    "numerics": OPS,
}
LEVELS = tuple(AFFECTED_OPS)


class Mistake(Network):
    """A network that gets one thing wrong. The docstring says what, in one sentence.

    A mistake is defined in the module or package named for its level, one of `LEVELS`.
    """

    origin: ClassVar[str]  # how people make it
    citations: ClassVar[tuple[str, ...]] = ()  # where people made it, or asked about it, in public
    constant: ClassVar[Fraction]  # of a mistake that people make with various constants
    largest: ClassVar[Fraction] = Fraction(10**6)  # the largest such constant
    is_positive: ClassVar[bool] = False  # whether a negative constant would mean nothing

    @classmethod
    def id(cls) -> str:
        """Return the name of the class in kebab case.

        HiddenDeltaUsesUpdatedWeights.id()  # "hidden-delta-uses-updated-weights"
        """
        words = re.findall(r"(?:F|Bf)loat[0-9]+|[A-Z][a-z]*|[0-9]+|[a-z]+", cls.__name__)
        return "-".join(words).lower()

    @classmethod
    def level(cls) -> str:
        """Return the level: the name of the module or package that defines the mistake."""
        return cls.__module__.removeprefix(f"{__package__}.").partition(".")[0]

    @classmethod
    def affects(cls, op: Op) -> bool:
        """Return whether the mistake can change the result of `op`."""
        return op in AFFECTED_OPS[cls.level()]

    @classmethod
    def description(cls) -> str:
        """Return what is wrong, in one sentence, with the constant if there is one."""
        sentence = (cls.__doc__ or "").strip()
        return (
            sentence.format(constant=format_constant(cls.constant)) if cls.is_family() else sentence
        )

    @classmethod
    def is_family(cls) -> bool:
        """Return whether people make the mistake with various constants.

        Its docstring then has the placeholder `{constant}`; the catalogue holds the usual constant.
        """
        return "{constant}" in (cls.__doc__ or "")

    @classmethod
    def with_constant(cls, constant: Fraction) -> type["Mistake"]:
        """Return the same mistake with another constant, as a new class."""
        namespace = {"constant": constant, "__doc__": cls.__doc__, "__module__": cls.__module__}
        return type(cls.__name__, (cls,), namespace)

    @classmethod
    @cache
    def in_training(cls) -> type["Mistake"]:
        """Return the mistake as one that is made in training alone, always the same class.

        So it is where training has a backward pass of its own, beside that of the gradients.
        """
        namespace = {
            "__doc__": f"Only in training: {cls.__doc__}",
            "__module__": cls.__module__,
            "affects": staticmethod(lambda op: op == "train"),
        }
        return type(cls.__name__, (cls,), namespace)

    @classmethod
    def constant_of(cls, family: type["Mistake"]) -> Fraction:
        """Return the constant of a mistake of this family, whatever else the network gets wrong.

        In a combination, `cls.constant` may be the constant of another mistake.
        """
        members = (c for c in cls.__mro__ if issubclass(c, family) and "constant" in vars(c))
        return next(members, family).constant


def mistakes_in(module: ModuleType) -> list[type[Mistake]]:
    """List the mistakes that a module defines, in the order of definition."""
    return [
        member
        for member in vars(module).values()
        if isinstance(member, type)
        and issubclass(member, Mistake)
        and member.__module__ == module.__name__
        and not member.__name__.startswith("_")
    ]
