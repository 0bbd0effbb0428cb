"""The vectors of a file as people write them, and the single calculations that they stand for.

An entry that names no op stands for every op that its inputs allow, and each number printed
beside it goes to the op that it belongs to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from backproof.network.inputs import Op, Schedule
from backproof.network.quantities import own

Entry = Mapping[str, Any]  # one vector, as JSON holds it

SCHEDULE = tuple(field.name for field in fields(Schedule))
TAKES: Mapping[Op, tuple[str, ...]] = {
    "forward": ("params", "X"),
    "loss": ("params", "X", "T"),
    "gradients": ("params", "X", "T"),
    "train": ("params", "X", "T", *SCHEDULE),
}
NEEDED = ("T", "learning_rate")  # what tells which ops the inputs allow


def calculations(entries: Sequence[Entry], name: str) -> Iterator[Entry]:
    """Yield every calculation, with `id` and `op`; one without an id is called after `name`."""
    for i, entry in enumerate(entries, start=1):
        named = {"id": f"{name}/{i}" if len(entries) > 1 else name, **entry}
        if "printed" in entry:
            named["printed"] = _listed(entry["printed"])
        if "op" in entry:
            yield named
        else:
            yield from _every_op(named)


def _every_op(entry: Entry) -> Iterator[Entry]:
    """Write an entry out; what is printed and belongs nowhere is left to its last op."""
    inputs = entry["inputs"]
    ops = [op for op, takes in TAKES.items() if all(n in inputs for n in NEEDED if n in takes)]
    printed = entry.get("printed", [])
    for op in ops:
        mine = frozenset(own(op, len(inputs["X"])))
        taken = [p for p in printed if p["quantity"] in mine or op == ops[-1]]
        printed = [p for p in printed if p["quantity"] not in mine]
        yield {
            **entry,
            "id": f"{entry['id']}/{op}",
            "op": op,
            "inputs": {name: inputs[name] for name in TAKES[op] if name in inputs},
            "printed": taken,
        }


def _listed(printed: Any) -> list[dict[str, Any]]:
    """Return printed numbers as a list, whichever way they are written."""
    if isinstance(printed, list):
        return [{**number, "digits": str(number["digits"])} for number in printed]
    return [{"quantity": name, "digits": str(digits)} for name, digits in printed.items()]
