"""Check that a class satisfies the `Backend` interface."""

import inspect
from collections.abc import Iterable
from inspect import Parameter

from backproof.interface import Backend
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import OPS


def violations(backend: type) -> list[str]:
    """List what `backend` lacks or declares differently from `Backend`, one sentence each."""
    found = []
    if not isinstance(getattr(backend, "name", None), str):
        found.append('`name` is missing: give the class a name, such as name = "numpy"')
    if not isinstance(getattr(backend, "version", ""), str):
        found.append("`version` is not a string")
    dtypes = getattr(backend, "dtypes", None)
    if not (isinstance(dtypes, tuple) and dtypes and all(d in FORMATS for d in dtypes)):
        found.append(
            f"`dtypes` is {dtypes!r}: it must be a tuple of one or more of {', '.join(FORMATS)}"
        )
    for method in ("__init__", *OPS):
        ours = getattr(Backend, method)
        theirs = getattr(backend, method, None)
        if theirs is None:
            found.append(f"`{method}` is missing: define it, or inherit it from backproof.Backend")
        elif not callable(theirs):
            found.append(f"`{method}` is not a method")
        else:
            found.extend(_differences(method, ours, theirs))
    return found


def _differences(method: str, ours: object, theirs: object) -> list[str]:
    """Compare names, kinds and defaults of parameters; annotations are left to the type checker."""
    found = []
    expected = inspect.signature(ours).parameters  # type: ignore[arg-type]  # a method of Backend
    try:
        actual = dict(inspect.signature(theirs).parameters)  # type: ignore[arg-type]  # callable
    except ValueError:  # a method written in C may have no signature
        return []
    inherited = theirs is object.__init__  # accepts any arguments, then rejects them
    rest = set() if inherited else _taken_by_the_rest(expected.values(), actual.values())
    for name, parameter in expected.items():
        mine = actual.pop(name, None)
        if mine is None and name in rest:
            continue
        if mine is None:
            found.append(f"`{method}` lacks the parameter `{name}`")
        elif mine.kind is not parameter.kind and name != "self":
            found.append(
                f"`{method}` takes `{name}` as {mine.kind.description}, "
                f"not as {parameter.kind.description}"
            )
        elif mine.default != parameter.default:
            found.append(f"`{method}` must declare `{parameter}`, not `{mine}`")
    for name, extra in actual.items():
        if extra.default is extra.empty and extra.kind not in (
            Parameter.VAR_POSITIONAL,
            Parameter.VAR_KEYWORD,
        ):
            found.append(f"`{method}` requires `{name}`, which is never passed")
    return found


def _taken_by_the_rest(expected: Iterable[Parameter], actual: Iterable[Parameter]) -> set[str]:
    """Name the parameters that `*args` and `**kwargs` accept.

    Parameters with a default are passed by name, all others by position.
    """
    kinds = [parameter.kind for parameter in actual]
    named = kinds.count(Parameter.POSITIONAL_ONLY) + kinds.count(Parameter.POSITIONAL_OR_KEYWORD)
    taken = set()
    for place, parameter in enumerate(expected):
        if parameter.kind is Parameter.KEYWORD_ONLY or parameter.default is not parameter.empty:
            fits = Parameter.VAR_KEYWORD in kinds
        else:
            fits = Parameter.VAR_POSITIONAL in kinds and place >= named
        if fits:
            taken.add(parameter.name)
    return taken
