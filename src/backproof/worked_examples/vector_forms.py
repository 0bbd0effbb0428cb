"""A vector file, as `backproof check --vectors` reads it, in the form of a worked example."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from backproof.errors import ExampleError
from backproof.network.exercises import PARAMETERS, PREFIXES, count_updates, gather_weights
from backproof.text.json_reading import duplicate_keys

OF_VECTORS = ("id", "description", "op", "flags", "anchors", "expected")  # not needed here
OF_FILES = ("vectors", "version", "sha256", "notes")
SCHEDULE = {"epochs": int, "train_biases": bool}
MEANING = {int: "a whole number", bool: "true or false"}


def as_worked_example(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the content of a vector file that holds one example as a worked example's.

    Anything else is returned as it is, apart from weights that are written one by one. Raises
    `ExampleError` if a key is there twice, or the file holds several examples.
    """
    if repeated := next(duplicate_keys(data), None):
        raise ExampleError(f"{path}: has the key {repeated[:60]!r} twice")
    entries = data.get("vectors", [data])
    if not _are_entries(entries):
        return dict(data)
    try:
        inputs, *others = (_inputs(entry) for entry in entries)
    except ValueError as error:
        raise ExampleError(f"{path}: inputs: {error}") from error
    if any(other != inputs for other in others):
        raise ExampleError(
            f"{path}: holds examples with different inputs. `backproof diagnose` takes one example "
            "in a file; `backproof check --vectors` takes them all"
        )
    given = {**data, **{k: v for entry in entries for k, v in entry.items()}}
    example = {k: v for k, v in given.items() if k not in (*OF_VECTORS, *OF_FILES)}
    trained = inputs.pop("train_biases", None)
    if trained is not None:
        biases = {"biases": "shared" if trained else "fixed"}
        example["conventions"] = biases | example.get("conventions", {})
    return {**example, "inputs": inputs, **_published(entries)}


def _are_entries(entries: Any) -> bool:
    """Whether these are entries of a vector file, as far as this module looks at them."""
    return (
        isinstance(entries, list)
        and bool(entries)
        and all(isinstance(e, dict) and isinstance(e.get("inputs"), dict) for e in entries)
        and all(isinstance(e["inputs"].get("params", {}), dict) for e in entries)
        and all(
            isinstance(e.get(key, {}), dict) for e in entries for key in ("conventions", "after")
        )
    )


def _inputs(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs as a worked example has them: all parameters beside X, and no epochs."""
    inputs = gather_weights({**entry["inputs"], **entry["inputs"].get("params", {})})
    for key, kind in SCHEDULE.items():
        if key in inputs and type(inputs[key]) is not kind:
            raise ValueError(f"{key} must be {MEANING[kind]}")
    return {key: value for key, value in inputs.items() if key not in {"params", "epochs"}}


def _published(entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the published numbers of all entries, by the number of updates before them."""
    tables: dict[str, Any] = {"printed": {}, "after": {}}
    for entry in entries:
        if not isinstance(entry.get("printed", {}), dict | list):
            return {}  # as it is written
        tables["after"] |= entry.get("after", {})
        updates, op = count_updates(entry["inputs"]), entry.get("op")
        for name, digits in _named_digits(entry.get("printed", {})):
            prefix = PREFIXES.get(str(op), "") if name[:2] in PARAMETERS else ""
            quantity = prefix + name
            late = op == "train" or (updates > 1 and quantity.startswith("params."))
            table = tables["after"].setdefault(str(updates), {}) if late else tables["printed"]
            before = table.get(quantity, [])
            table[quantity] = [*(before if isinstance(before, list) else [before]), digits]
    return tables


def _named_digits(printed: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(printed, dict):
        for name, digits in printed.items():
            # An empty list stays one, to be refused.
            each = digits if isinstance(digits, list) and digits else [digits]
            yield from ((name, number) for number in each)
        return
    for number in printed:
        if isinstance(number, dict):
            yield str(number.get("quantity")), number.get("digits")
