"""Expand the entries of a vector file into single calculations.

An entry without an op is expanded to every op that its inputs allow. Each of its published numbers
goes to the op that computes it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from backproof.network.exercises import count_updates
from backproof.network.inputs import Op, Schedule
from backproof.network.quantities import quantities_of
from backproof.vectors.exercise_forms import quantities

Entry = Mapping[str, Any]  # one test vector, as parsed from JSON

SCHEDULE = tuple(field.name for field in fields(Schedule))
INPUT_KEYS: Mapping[Op, tuple[str, ...]] = {
    "forward": ("params", "X"),
    "loss": ("params", "X", "T"),
    "gradients": ("params", "X", "T"),
    "train": ("params", "X", "T", *SCHEDULE),
}
DECIDING_KEYS = ("T", "learning_rate")  # the keys that decide which ops the inputs allow


def expand_entries(entries: Sequence[Entry], name: str) -> Iterator[Entry]:
    """Yield every calculation, with `id` and `op`; an entry without an id is named `name`."""
    for i, entry in enumerate(entries, start=1):
        named = {"id": f"{name}/{i}" if len(entries) > 1 else name, **entry}
        if "printed" in entry:
            rows, once = len(entry["inputs"]["X"]), count_updates(entry["inputs"]) == 1
            known = quantities(rows, entry.get("op"), one_update=once)
            named["printed"] = [
                {**number, "quantity": known.get(number["quantity"], number["quantity"])}
                for number in _normalize_published(entry["printed"])
            ]
        if "op" in entry:
            yield named
        else:
            yield from _expand_ops(named)


def _expand_ops(entry: Entry) -> Iterator[Entry]:
    """Expand an entry to its ops; published numbers that belong to none go to the last op."""
    inputs = entry["inputs"]
    ops = [
        op
        for op, takes in INPUT_KEYS.items()
        if all(n in inputs for n in DECIDING_KEYS if n in takes)
    ]
    printed = entry.get("printed", [])
    for op in ops:
        mine = frozenset(quantities_of(op, len(inputs["X"])))
        taken = [p for p in printed if p["quantity"] in mine or op == ops[-1]]
        printed = [p for p in printed if p["quantity"] not in mine]
        yield {
            **entry,
            "id": f"{entry['id']}/{op}",
            "op": op,
            "inputs": {name: inputs[name] for name in INPUT_KEYS[op] if name in inputs},
            "printed": taken,
        }


def _normalize_published(printed: Any) -> list[dict[str, Any]]:
    """Return published numbers as a list, whether written as a list or as an object."""
    if isinstance(printed, list):
        return [{**number, "digits": str(number["digits"])} for number in printed]
    return [{"quantity": name, "digits": str(digits)} for name, digits in printed.items()]
