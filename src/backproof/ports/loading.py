"""Load the backend class that a spec (a name, a file or `module:Class`) names."""

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType

from backproof.errors import SpecError, Unavailable
from backproof.interface import Backend
from backproof.ports.contract import violations
from backproof.ports.exceptions import describe_exception
from backproof.ports.specs import BUILT_IN, MANIFEST_SUFFIX, plugins, spec_file, verify_spec


class BrokenBackend(SpecError):
    """A backend's code raises an exception while it is imported; the message says which."""


def load(spec: str) -> type[Backend]:
    """Return the backend class that `spec` names.

    A spec is a built-in name ("numpy"), the name of an entry point in the group
    `backproof.backends`, the path of a Python file that defines one backend, `module:Class`, or the
    path of a `port.toml`. For a `port.toml`, the class forwards its calls to the process.

    Raises `Unavailable` if a module that the backend imports is not installed, and `SpecError` if
    the spec names no backend, the code cannot be imported, or the class does not satisfy the
    `Backend` interface.
    """
    verify_spec(spec)
    path = spec_file(spec)
    with _translate_errors(spec):
        if path is not None and path.suffix == MANIFEST_SUFFIX:
            # Imported here: it needs third-party libraries, which `import backproof` must not load.
            from backproof.ports.foreign import start_foreign_backend  # noqa: PLC0415

            backend = start_foreign_backend(spec)
        elif path is not None:
            backend = _from_file(path)
        elif ":" in spec:
            module, _, name = spec.partition(":")
            backend = _class_in(importlib.import_module(module), name)
        else:
            backend = _from_entry_point(spec)
    if broken := violations(backend):
        listed = "\n  ".join(broken)
        raise SpecError(f"{spec}: {backend.__qualname__} is not a backend:\n  {listed}")
    return backend


@contextmanager
def _translate_errors(spec: str) -> Iterator[None]:
    """Turn any exception raised while importing third-party code into a readable error."""
    try:
        with redirect_stdout(sys.stderr):  # standard output is reserved for the report
            yield
    except (SpecError, KeyboardInterrupt):
        raise
    except ModuleNotFoundError as error:
        framework = BUILT_IN[spec].framework if spec in BUILT_IN else None
        if framework and error.name and error.name.partition(".")[0] == framework:
            message = f"{framework} is not installed: pip install 'backproof[{spec}]'"
            raise Unavailable(message) from error
        if error.name == spec.partition(":")[0]:
            raise SpecError(f"{spec}: there is no module {error.name}") from error
        if error.name and error.name.partition(".")[0] == "backproof":  # no installation helps
            raise BrokenBackend(f"{spec}: importing it raised {error!r}") from error
        lack = "neither installed nor beside the file" if spec_file(spec) else "not installed"
        raise Unavailable(f"{spec}: needs {error.name}, which is {lack}") from error
    except BaseException as error:  # a backend may raise anything
        raise BrokenBackend(f"{spec}: importing it raised {describe_exception(error)}") from error


def _from_file(path: Path) -> type:
    """Import a file under a unique name and return the one backend class it defines.

    It can import the modules beside it. They come last in the search, so that none of them hides a
    library.
    """
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    name = f"backproof_port_{digest}"
    module_spec = importlib.util.spec_from_file_location(name, path)
    if module_spec is None or module_spec.loader is None:
        raise SpecError(f"{path}: is not a Python file")
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[name] = module
    if (folder := str(path.resolve().parent)) not in sys.path:
        sys.path.append(folder)
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


def _class_in(module: ModuleType, name: str) -> type:
    member = getattr(module, name, None)
    if not inspect.isclass(member):
        raise SpecError(f"{module.__name__}:{name}: {module.__name__} has no class {name!r}")
    return member


def _from_entry_point(name: str) -> type:
    entry = plugins()[name]
    loaded = entry.load()
    if not inspect.isclass(loaded):
        raise SpecError(f"{name}: the entry point {entry.value} is not a class")
    return loaded
