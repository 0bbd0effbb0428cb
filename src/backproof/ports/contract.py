"""Whether a class keeps the contract of `Backend`: what it lacks or declares differently."""

import inspect
from collections.abc import Iterable
from inspect import Parameter

from backproof.interface import Backend
from backproof.network.formats import FORMATS
from backproof.network.inputs import OPS


def violations(backend: type) -> list[str]:
    """Say in one sentence each what `backend` lacks or declares differently; empty if nothing."""
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
            found.append(f"`{method}` is missing: write it, or inherit it from backproof.Backend")
        elif not callable(theirs):
            found.append(f"`{method}` is not a method")
        else:
            found.extend(_differences(method, ours, theirs))
    return found


def _differences(method: str, ours: object, theirs: object) -> list[str]:
    """Compare names, kinds and defaults of parameters; annotations are the type checker's work."""
    found = []
    expected = inspect.signature(ours).parameters  # type: ignore[arg-type]  # a method of Backend
    try:
        actual = dict(inspect.signature(theirs).parameters)  # type: ignore[arg-type]  # callable
    except ValueError:  # a method written in C may not tell
        return []
    inherited = theirs is object.__init__  # which collects arguments only to refuse them
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
            found.append(f"`{method}` requires `{name}`, which nothing passes")
    return found


def _taken_by_the_rest(expected: Iterable[Parameter], actual: Iterable[Parameter]) -> set[str]:
    """Name what `*args` and `**kwargs` take, as it is passed: by name if it has a default."""
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
