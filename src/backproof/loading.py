"""From a spec (a name, a file, a `module:Class`) to the backend class it stands for."""

import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType

from backproof.contract import violations
from backproof.errors import SpecError, Unavailable
from backproof.interface import Backend
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


def load(spec: str) -> type[Backend]:
    """Return the backend class that `spec` names.

    A spec is a built-in name ("numpy"), the name of an entry point in the group
    `backproof.backends`, the path of a Python file that holds one backend, `module:Class`, or the
    path of a `port.toml`, whose process then answers for the class.

    Raises `Unavailable` if something the backend imports is not installed, and `SpecError` if the
    spec names nothing, the code cannot be imported, or the class does not keep the contract.
    """
    verify(spec)
    path = file_of(spec)
    with _explained(spec):
        if path is not None and path.suffix == MANIFEST:
            from backproof.foreign import backend_class  # noqa: PLC0415  # it builds on this module

            backend = backend_class(spec)
        elif path is not None:
            backend = _from_file(path)
        elif ":" in spec:
            module, _, name = spec.partition(":")
            backend = _member(importlib.import_module(module), name)
        else:
            backend = _from_entry_point(spec)
    if broken := violations(backend):
        listed = "\n  ".join(broken)
        raise SpecError(f"{spec}: {backend.__qualname__} is not a backend:\n  {listed}")
    return backend


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


@contextmanager
def _explained(spec: str) -> Iterator[None]:
    """Turn whatever somebody else's code raises while it is imported into an error for people."""
    try:
        with redirect_stdout(sys.stderr):  # standard output is the report's
            yield
    except SpecError:
        raise
    except ModuleNotFoundError as error:
        framework = BUILT_IN[spec].framework if spec in BUILT_IN else None
        if framework and error.name and error.name.partition(".")[0] == framework:
            message = f"{framework} is not installed: pip install 'backproof[{spec}]'"
            raise Unavailable(message) from error
        if error.name == spec.partition(":")[0]:
            raise SpecError(f"{spec}: there is no module {error.name}") from error
        raise Unavailable(f"{spec}: needs {error.name}, which is not installed") from error
    except (Exception, SystemExit) as error:
        raise SpecError(f"{spec}: importing it raised {type(error).__name__}: {error}") from error


def _from_file(path: Path) -> type:
    """Import a file under a name of its own and return the one backend class it defines."""
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    name = f"backproof_port_{digest}"
    module_spec = importlib.util.spec_from_file_location(name, path)
    if module_spec is None or module_spec.loader is None:
        raise SpecError(f"{path}: is not a Python file")
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[name] = module
    try:
        module_spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    candidates: list[type] = [
        member
        for member in vars(module).values()
        if inspect.isclass(member) and member.__module__ == name and hasattr(member, "dtypes")
    ]
    if len(candidates) != 1:
        names = ", ".join(c.__name__ for c in candidates) or "none"
        raise SpecError(
            f"{path}: must define one backend class (a class with `dtypes`), but defines {names}"
        )
    return candidates[0]


def _member(module: ModuleType, name: str) -> type:
    member = getattr(module, name, None)
    if not inspect.isclass(member):
        raise SpecError(f"{module.__name__}:{name}: {module.__name__} has no class {name!r}")
    return member


def _from_entry_point(name: str) -> type:
    entry = next(iter(importlib.metadata.entry_points(group=ENTRY_POINTS, name=name)))
    loaded = entry.load()
    if not inspect.isclass(loaded):
        raise SpecError(f"{name}: the entry point {entry.value} is not a class")
    return loaded
