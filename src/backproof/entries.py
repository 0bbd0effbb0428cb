"""The vectors of a file as people write them, and the single calculations that they stand for.

An entry that names no op stands for every op that its inputs allow, and each number printed
beside it goes to the op that it belongs to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from backproof.inputs import OPS, Op
from backproof.network import Activations, Deltas, Errors, Parameters
from backproof.quantities import flatten, numbers

Entry = Mapping[str, Any]  # one vector, as JSON holds it

TAKES: Mapping[Op, tuple[str, ...]] = {
    "forward": ("params", "X"),
    "loss": ("params", "X", "T"),
    "gradients": ("params", "X", "T"),
    "train": ("params", "X", "T", "learning_rate", "epochs", "batch_size", "train_biases"),
}
NEEDED = ("T", "learning_rate")  # what tells which ops the inputs allow

SQUARE = [[0, 0], [0, 0]]
PARAMETERS = Parameters(SQUARE, 0, SQUARE, 0)
OF_A_ROW = {"total": 0, "dE_k_dout_h": SQUARE}  # the shape of a row's quantity, if not (2,)


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


def answered(op: Op, rows: int) -> Sequence[str]:
    """Name the numbers that a backend answers with."""
    return own(op, rows) if op in ("forward", "loss") else list(numbers(PARAMETERS))


def printable_beside(op: Op, rows: int) -> Sequence[str]:
    """Name the numbers that a publication can print; after training, those at its end."""
    if op == "forward":
        return own("forward", rows)
    ops = OPS if op == "train" else OPS[: OPS.index("train")]
    return [name for each_op in ops for name in own(each_op, rows)]


@cache
def own(op: Op, rows: int) -> Sequence[str]:
    """Name the numbers that belong to `op` and to no other."""

    def of_rows(fields: Iterable[str]) -> Iterator[str]:
        for field in fields:
            shape = [OF_A_ROW.get(field, [0, 0])] * rows
            yield from (path for path, _ in flatten(field, shape))

    names: dict[Op, Iterable[str]] = {
        "forward": of_rows(Activations._fields),
        "loss": of_rows(Errors._fields),
        "gradients": chain(of_rows(Deltas._fields), numbers(PARAMETERS, "gradients.")),
        "train": numbers(PARAMETERS, "params."),
    }
    return tuple(names[op])


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
