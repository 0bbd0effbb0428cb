"""What a spec names: a built-in backend, an entry point, a file or a class; nothing is imported."""

import importlib.metadata
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from backproof.errors import SpecError
from backproof.text.resources import resource

ENTRY_POINTS = "backproof.backends"
MANIFEST = ".toml"  # how the name of a file ends that says how a port is started
PORTS = ("port.toml", "port.py")  # how `backproof new` names what is to be checked


@dataclass(frozen=True)
class BuiltIn:
    """A reference implementation: its file, and the module of the framework that it needs.

    The extra of the implementation's name installs the framework.
    """

    file: str
    framework: str | None = None

    @property
    def is_python(self) -> bool:
        """Whether it is a Python file, and not the manifest of a port in another language."""
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


def file_of(spec: str) -> Path | None:
    """Return the file that a spec stands for, if it stands for one."""
    if spec in BUILT_IN:
        return resource("implementations") / BUILT_IN[spec].file
    return Path(spec) if spec.endswith((".py", MANIFEST)) else None


def verify(spec: str) -> None:
    """Raise `SpecError` if it can be seen without importing anything that a spec names nothing."""
    path = file_of(spec)
    if path is not None:
        if not path.is_file():
            raise SpecError(f"{path}: there is no such file")
    elif ":" not in spec and not importlib.metadata.entry_points(group=ENTRY_POINTS, name=spec):
        for path in (Path(spec, name) for name in PORTS):
            if path.is_file():
                raise SpecError(f"{spec}: is a folder; did you mean {path}?")
        known = known_names()
        nearest = get_close_matches(spec, known, n=1)
        hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
        raise SpecError(
            f"{spec}: no backend has this name.{hint} Known: {', '.join(known)}; "
            "also path/to/file.py, path/to/port.toml and module:Class."
        )


def known_names() -> list[str]:
    """List the names that `load` takes: the built-in ones, then those of installed plug-ins."""
    plugins = {entry.name for entry in importlib.metadata.entry_points(group=ENTRY_POINTS)}
    return [*BUILT_IN, *sorted(plugins - set(BUILT_IN))]
