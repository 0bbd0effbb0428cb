"""Resolve a spec to a built-in backend, an entry point, a file or a class, without importing it."""

import os
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, distributions
from pathlib import Path

from backproof.errors import SpecError
from backproof.text.reading import A_FILE, kind_of_file
from backproof.text.resources import resource_folder

ENTRY_POINTS = "backproof.backends"
MANIFEST_SUFFIX = ".toml"  # suffix of a file that says how to start a backend
PORT_FILES = ("port.toml", "port.py")  # the names that `backproof new` gives to a spec's file


@dataclass(frozen=True)
class BuiltIn:
    """A reference implementation: its file, and the top-level module of the framework it needs.

    The extra with the implementation's name installs the framework.
    """

    file: str
    framework: str | None = None

    @property
    def is_python(self) -> bool:
        """Whether the file is Python, not a `port.toml` of a backend in another language."""
        return self.file.endswith(".py")


BUILT_IN = {
    "plain-python": BuiltIn("plain_python.py"),
    "numpy": BuiltIn("numpy_backend.py", "numpy"),
    "torch": BuiltIn("torch_backend.py", "torch"),
    "jax": BuiltIn("jax_backend.py", "jax"),
    "mlx": BuiltIn("mlx_backend.py", "mlx"),
    "array-api": BuiltIn("array_api_backend.py", "array_api_strict"),
    "javascript": BuiltIn("javascript/port.toml"),
    "c": BuiltIn("c/port.toml"),
    "go": BuiltIn("go/port.toml"),
}


def resembles_built_in(name: str) -> bool:
    """Whether a name reads like one of a built-in backend: but for case, spaces and punctuation."""
    return _letters(name) in map(_letters, BUILT_IN)


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


def spec_file(spec: str) -> Path | None:
    """Return the file that a spec names, or `None`."""
    if spec in BUILT_IN:
        return resource_folder("implementations") / BUILT_IN[spec].file
    return Path(spec) if spec.endswith((".py", MANIFEST_SUFFIX)) else None


def verify_spec(spec: str) -> None:
    """Raise `SpecError` if a spec names nothing, as far as can be told without importing."""
    path = spec_file(spec)
    if path is not None:
        kind = _kind(path)
        if kind != A_FILE:
            raise SpecError(
                f"{path}: is {kind}, not a file" if kind else f"{path}: there is no such file"
            )
        if not os.access(path, os.R_OK):
            raise SpecError(f"{path}: cannot be read: Permission denied")
    elif spec.startswith((":", ".")) and ":" in spec:
        raise SpecError(f"{spec}: names no module; a class is named as module:Class")
    elif ":" not in spec and spec not in plugins():
        kind = _kind(Path(spec))
        for path in (Path(spec, name) for name in PORT_FILES):
            if _kind(path) == A_FILE:
                raise SpecError(f"{spec}: is {kind}; did you mean {path}?")
        known = known_names()
        nearest = get_close_matches(spec, known, n=1)
        hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
        unreadable = "".join(f" Unreadable entry points: {of}." for of in _read_entry_points()[1])
        taken = f", but {kind} does" if kind else ""
        raise SpecError(
            f"{spec}: no backend has this name{taken}.{hint} Known: {', '.join(known)}; "
            f"also path/to/file.py, path/to/port.toml and module:Class.{unreadable}"
        )


def known_names() -> list[str]:
    """List the names that `load` accepts: the built-in ones, then those of installed plug-ins."""
    return [*BUILT_IN, *sorted(set(plugins()) - set(BUILT_IN))]


def plugins() -> dict[str, EntryPoint]:
    """Return the backends of installed packages by name, but none whose package is malformed."""
    return _read_entry_points()[0]


def _read_entry_points() -> tuple[dict[str, EntryPoint], list[str]]:
    """Return the entry points by name, and the packages whose entry points cannot be read.

    `importlib.metadata.entry_points` reads all packages or, if one is malformed, none.
    """
    found: dict[str, EntryPoint] = {}
    unreadable = []
    seen = set()
    for package in distributions():
        try:
            if package.name not in seen:  # a later one of this name is not the one imported
                seen.add(package.name)
                for entry in package.entry_points.select(group=ENTRY_POINTS):
                    found.setdefault(entry.name, entry)
        except Exception as error:  # noqa: BLE001  # each kind of damage raises its own
            unreadable.append(f"{package.name}: {error}")
    return found, unreadable


def _kind(path: Path) -> str:
    """Return what a path leads to, such as `A_FILE`, or "" if nothing is there.

    Raises `SpecError` if that cannot be told, as of a name that is too long.
    """
    try:
        return kind_of_file(path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        raise SpecError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
