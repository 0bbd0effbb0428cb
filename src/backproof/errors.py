"""Exceptions. Each message says what is wrong and where.

BackproofError
├── SpecError          a backend cannot be loaded from the given spec
│   └── Unavailable    the backend is known, but a requirement is not installed
├── VectorFileError    a vector file cannot be read or is invalid
├── KnownFailuresError a known-failures file cannot be read or is invalid
├── ExampleError       a worked example's file cannot be read or is invalid
└── BoundUnavailable   no error bound exists: the calculation may overflow in this dtype
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
    """Base class: the command cannot be carried out."""


class SpecError(BackproofError):
    """A backend cannot be loaded from the given spec."""


class Unavailable(SpecError):
    """A known backend's framework is not installed; the message says how to install it."""


class VectorFileError(BackproofError):
    """A vector file cannot be read or is invalid; the message names file, test vector and key."""


class KnownFailuresError(BackproofError):
    """A known-failures file cannot be read or is invalid; the message names the file and entry."""


class ExampleError(BackproofError):
    """A worked example's file cannot be read or is invalid; the message names the place."""


class BoundUnavailable(BackproofError):
    """The calculation may leave the finite range of the dtype, so no error bound holds."""
