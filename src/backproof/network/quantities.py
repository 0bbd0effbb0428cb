"""Quantities, the names of single numbers: `W2[0][1]` is row 0, column 1 of `W2`."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Any

from backproof.network.inputs import OPS, Op
from backproof.network.network import Activations, Deltas, Losses, Parameters

FIRST_WEIGHT = {"W1": 1, "W2": 5}
BACKWARDS = ("W2", "W1", "b2", "b1")  # the order in which backpropagation computes the gradients
TUTORIAL_SYMBOLS = {
    "h": "h",
    "out_h": "Out h",
    "y": "y",
    "out_y": "Out y",
    "per_output": "E",
    "total": "E_Total",
}


def flatten(name: str, nested: Any) -> Iterator[tuple[str, Any]]:
    """Yield every number of a nested sequence with its quantity, in order."""
    if isinstance(nested, list | tuple):
        for i, item in enumerate(nested):
            yield from flatten(f"{name}[{i}]", item)
    else:
        yield name, nested


def flatten_fields(fields: Any, prefix: str = "") -> dict[str, Any]:
    """Return every number of a named tuple of nested sequences, by quantity."""
    return {
        path: number
        for name, nested in fields._asdict().items()
        for path, number in flatten(prefix + name, nested)
    }


def field_of(quantity: str) -> str:
    """Return the field of a result that a number belongs to: `W2` for `W2[0][1]`."""
    return quantity.partition("[")[0]


def split_quantity(quantity: str) -> tuple[str, list[str]]:
    """Return the field of a number and its indices, as written: `W2`, ["0", "1"] for `W2[0][1]`."""
    field, *indices = quantity.replace("]", "").split("[")
    return field, indices


def tutorial_name(quantity: str, op: Op) -> str:
    """Return the tutorial's name for a number that `op` returns.

    `W1[1][0]` is w3, but ∂E/∂w3 among the gradients; `out_h[0][1]` is Out h2 of row 1.
    """
    row = row_of(quantity)
    return tutorial_name_any_row(quantity, op) + ("" if row is None else f", row {row + 1}")


def tutorial_name_any_row(quantity: str, op: Op) -> str:
    """Return the tutorial's name without the row: `out_h[0][1]` is Out h2."""
    name, indices = split_quantity(quantity)
    places = [int(i) for i in indices]
    if name in FIRST_WEIGHT:
        row, column = places
        letters = f"w{FIRST_WEIGHT[name] + 2 * row + column}"
    else:
        unit = str(places[1] + 1) if len(places) == 2 else ""
        letters = TUTORIAL_SYMBOLS.get(name, name) + unit
    return f"∂E/∂{letters}" if op == "gradients" else letters


def row_of(quantity: str) -> int | None:
    """Return the row, counted from 0, that a number belongs to; `None` if it belongs to none."""
    name, _, indices = quantity.partition("[")
    return int(indices.partition("]")[0]) if name in TUTORIAL_SYMBOLS else None


def is_bias(quantity: str) -> bool:
    """Whether a number is the bias of a layer, or its gradient."""
    return quantity.startswith("b")


def evaluation_order(quantity: str, op: Op) -> int:
    """Return a sort key that puts the numbers of an output in the order of their calculation.

    Backpropagation begins at the output layer; other ops return their numbers in that order.
    """
    return BACKWARDS.index(field_of(quantity)) if op == "gradients" else 0


MATRIX_SHAPE = [[0, 0], [0, 0]]
PARAMETER_SHAPES = Parameters(MATRIX_SHAPE, 0, MATRIX_SHAPE, 0)
ROW_SHAPES = {"total": 0, "dE_k_dout_h": MATRIX_SHAPE}  # shapes of a row's values that are not (2,)


def output_quantities(op: Op, rows: int) -> Sequence[str]:
    """Return the quantities in a backend's output."""
    return (
        quantities_of(op, rows)
        if op in ("forward", "loss")
        else list(flatten_fields(PARAMETER_SHAPES))
    )


def publishable_quantities(op: Op, rows: int) -> Sequence[str]:
    """Return the quantities that a source can publish; after training, those at its end."""
    if op == "forward":
        return quantities_of("forward", rows)
    ops = OPS if op == "train" else OPS[: OPS.index("train")]
    return [name for each_op in ops for name in quantities_of(each_op, rows)]


@cache
def quantities_of(op: Op, rows: int) -> Sequence[str]:
    """Return the quantities that belong to `op` and to no other op."""

    def of_rows(fields: Iterable[str]) -> Iterator[str]:
        for field in fields:
            shape = [ROW_SHAPES.get(field, [0, 0])] * rows
            yield from (path for path, _ in flatten(field, shape))

    names: dict[Op, Iterable[str]] = {
        "forward": of_rows(Activations._fields),
        "loss": of_rows(Losses._fields),
        "gradients": chain(of_rows(Deltas._fields), flatten_fields(PARAMETER_SHAPES, "gradients.")),
        "train": flatten_fields(PARAMETER_SHAPES, "params."),
    }
    return tuple(names[op])
