"""A worked example, as `backproof diagnose` reads it, in the form of a vector file."""

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from backproof.network.exercises import (
    PARAMETERS,
    PREFIXES,
    NumberId,
    count_updates,
    gather_weights,
    publishable_numbers,
    read_loss,
)
from backproof.network.inputs import Op
from backproof.text.json_reading import duplicate_keys

MARKS = ("conventions", "after", "note")  # the keys of a worked example that a vector file lacks
CONVENTIONS = ("biases", "updates", "loss")
DIAGNOSE = "`check` and `explain` cannot take this file; `backproof diagnose` can"


class NotRunnable(ValueError):
    """A worked example that no backend can run; the sentence says why, and what can be done."""


@cache
def quantities(rows: int, op: Op | None, *, one_update: bool) -> Mapping[str, str]:
    """Return the quantity of each name in the tutorial's letters, and of `W1[0][0]` for an op.

    `new_w5` is w5 after the first update, so it has none beside the op "train", or if there is more
    than `one_update`.
    """
    trained = op == "train"
    known = {
        name: place.quantity
        for name, place in _known_names(int(trained), rows).items()
        if place.updates == int(trained) or (op is None and one_update)
    }
    prefix = PREFIXES.get(op or "")
    paths = [place.quantity.removeprefix("params.") for place in _known_names(1, 1).values()]
    return known | ({p: prefix + p for p in paths if p[:2] in PARAMETERS} if prefix else {})


def as_vector_file(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a worked example in the form of a vector file, with `name` as its id.

    Anything else is returned as it is, apart from weights that are written one by one. Raises
    `NotRunnable` for a worked example of another network.
    """
    inputs = data.get("inputs")
    if not isinstance(inputs, dict) or not isinstance(params := inputs.get("params", {}), dict):
        return data
    if any(duplicate_keys(data)):  # told by `find_problems`
        return data
    try:
        flat = gather_weights({**inputs, **params})
    except ValueError as error:
        raise NotRunnable(f"inputs: {error}") from error
    if not flat.keys() & PARAMETERS:
        return data
    flat.pop("params", None)
    declared = _declared(data.get("conventions", {}))
    if "learning_rate" in flat and declared.get("biases") == "shared":
        flat["train_biases"] = True
    given = {
        "params": {key: flat.pop(key) for key in PARAMETERS if key in flat},
        **_with_rows(flat),
    }
    given["params"] = {key: _as_of_backends(key, p) for key, p in given["params"].items()}
    if "op" in data or ("params" in inputs and not data.keys() & MARKS):
        return {**data, "inputs": given}
    return _with_updates(data, given, name)


def _with_rows(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs in which X and T have rows, even if there is only one."""

    def is_row(value: Any) -> bool:
        return isinstance(value, list) and bool(value) and not isinstance(value[0], list)

    return {k: [v] if k in {"X", "T"} and is_row(v) else v for k, v in inputs.items()}


def _as_of_backends(key: str, value: Any) -> Any:
    """Return a parameter as backends have it: a bias for each layer, not each unit."""
    if key == "W2" and isinstance(value, list) and len(value) == 1:
        raise NotRunnable(f"inputs: W2 has one row, but backends have two outputs. {DIAGNOSE}")
    if not key.startswith("b") or not isinstance(value, list) or len(value) != 2:
        return value
    if len(_distinct(value)) > 1:
        raise NotRunnable(
            f"inputs: {key} has a bias for each unit, but backends have one for each layer, such "
            f"as {key} = {value[0]}. {DIAGNOSE}"
        )
    return value[0]


def _with_updates(data: Mapping[str, Any], inputs: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a test vector for the first step, and one for each number of updates after it."""
    header = {k: v for k, v in data.items() if k not in {*MARKS, "inputs", "printed"}}
    total, steps = count_updates(inputs), count_updates({**inputs, "epochs": 1})
    X = inputs.get("X")
    by_updates: dict[int, list[dict[str, Any]]] = {}
    for updates, published in _published(data, len(X) if isinstance(X, list) else 1, total):
        first = 0 if updates == total and published["quantity"].startswith("params.") else updates
        if first % steps:
            raise NotRunnable(
                f"{published['quantity']} after {first} updates is in the middle of an epoch of "
                f"{steps} updates, but backends train for whole epochs. {DIAGNOSE}"
            )
        by_updates.setdefault(first, []).append(published)
    vectors = [{"id": name, "inputs": inputs, "printed": by_updates.pop(0, [])}]
    for updates, numbers in sorted(by_updates.items()):
        trained = {**inputs, "epochs": updates // steps}
        after = {"id": f"{name}/after-{updates}", "op": "train", "inputs": trained}
        vectors.append({**after, "printed": numbers})
    return {**header, "vectors": vectors}


def _published(
    data: Mapping[str, Any], rows: int, total: int
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield every published number, with the number of updates before it.

    `params.W1[0][0]` among the first numbers is w1 after `total` updates.
    """
    for key in ("printed", "after"):
        if not isinstance(data.get(key, {}), dict):
            raise NotRunnable(f"{key} must be a table")
    tables: list[tuple[str, Any]] = [("0", data.get("printed", {}))]
    tables += data.get("after", {}).items()
    for written, table in tables:
        if not written.isdecimal() or not isinstance(table, dict):
            raise NotRunnable(
                f"after.{written} must be a table, with a number of updates, as in after.1"
            )
        updates = int(written)
        known = _known_names(updates, rows)
        for name, digits in table.items():
            if name not in known and name in _known_names(updates, rows, per_unit=True):
                raise NotRunnable(
                    f"{name} belongs to the bias of a single unit, but backends have one for each "
                    f"layer. {DIAGNOSE}, if it declares biases = 'per-unit' below [conventions]"
                )
            later = total if updates == 0 and name.startswith("params.") else updates
            place = known.get(name, NumberId(later, name))
            for number in digits if isinstance(digits, list) and digits else [digits]:
                yield place.updates, {"quantity": place.quantity, "digits": number}


def _known_names(updates: int, rows: int, *, per_unit: bool = False) -> dict[str, NumberId]:
    return publishable_numbers(updates, rows, targets=True, steps=True, biases_per_unit=per_unit)


def _declared(conventions: Any) -> Mapping[str, Any]:
    """Return the conventions that a worked example declares, if backends have them, too."""
    if not isinstance(conventions, dict):
        raise NotRunnable("conventions must be a table")
    if unknown := [key for key in conventions if key not in CONVENTIONS]:
        raise NotRunnable(f"conventions: has the unknown key {unknown[0][:60]!r}")
    if read_loss(conventions.get("loss", "half-sum")) != "half-sum":
        raise NotRunnable(
            f"conventions: loss is {str(conventions['loss'])[:60]!r}, but backends compute half "
            f"the sum of squares. {DIAGNOSE}"
        )
    for key, wanted in (("updates", ("simultaneous",)), ("biases", ("fixed", "shared"))):
        if (value := conventions.get(key, wanted[0])) not in wanted:
            raise NotRunnable(
                f"conventions: {key} is {str(value)[:60]!r}, but for backends it is "
                f"{' or '.join(map(repr, wanted))}. {DIAGNOSE}"
            )
    return conventions


def _distinct(numbers: Iterable[Any]) -> set[Any]:
    try:
        return {Fraction(str(number)) for number in numbers}
    except ValueError:
        return {str(number) for number in numbers}
