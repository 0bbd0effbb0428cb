"""Exceptions: each message says to a person what is wrong, and where.

BackproofError
├── SpecError          a backend cannot be loaded from what was named
│   └── Unavailable    it is known, but something it needs is not installed
├── VectorFileError    a vector file cannot be read, or does not say what it must
├── KnownFailuresError a file of known failures cannot be read, or does not say what it must
├── ExampleError       a worked example's file cannot be read, or does not say what it must
└── BoundUnavailable   no bound exists: the calculation may overflow in this dtype
"""

__all__ = [
    "BackproofError",
    "BoundUnavailable",
    "ExampleError",
    "KnownFailuresError",
    "SpecError",
    "Unavailable",
    "VectorFileError",
]


class BackproofError(Exception):
    """The command cannot be carried out as asked."""


class SpecError(BackproofError):
    """A backend cannot be loaded from the spec given."""


class Unavailable(SpecError):
    """A known backend whose framework is not installed; the message says what installs it."""


class VectorFileError(BackproofError):
    """A vector file cannot be read or is invalid; the message names file, vector and place."""


class KnownFailuresError(BackproofError):
    """A file of known failures cannot be read or is invalid; the message names file and entry."""


class ExampleError(BackproofError):
    """The file of a worked example cannot be read or is invalid; the message names the place."""


class BoundUnavailable(BackproofError):
    """The calculation may leave the finite range of the dtype, so that no error bound holds."""
