"""How people write a calculation down: the names of its numbers, its weights and its loss.

The names are the tutorial's symbols in ASCII: `out_h1` is Out h1, `dE_dw5` is ∂E/∂w5, and `new_w5`
is w5 after the step. With several rows, the name of a number that belongs to one row ends with the
row: `out_h1_row2`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from backproof.network.quantities import split_quantity

Loss = Literal["half-sum", "sum", "mean"]
LOSS_WORDINGS: Mapping[Loss, tuple[str, ...]] = {  # in lower case, without hyphens
    "half-sum": (
        *("half sum", "half sum of squares", "half the sum of squares"),
        *("half sum of squared errors", "half the sum of squared errors"),
    ),
    "sum": ("sum", "sum of squares", "sum of squared errors", "sse"),
    "mean": ("mean", "mean of squares", "mean of squared errors", "mean squared error", "mse"),
}
WEIGHTS = {
    f"w{4 * layer + 2 * row + column + 1}": f"W{layer + 1}[{row}][{column}]"
    for layer in range(2)
    for row in range(2)
    for column in range(2)
}
PARAMETERS = ("W1", "b1", "W2", "b2")
PREFIXES: Mapping[str, str] = {"gradients": "gradients.", "train": "params."}  # by op
SHARED_BIASES = {"b1": "b1", "b2": "b2"}
BIASES_PER_UNIT = {f"b1_h{i + 1}": f"b1[{i}]" for i in range(2)} | {
    f"b2_y{k + 1}": f"b2[{k}]" for k in range(2)
}
# The numbers of a row, in the order of the calculation: forward pass, loss, backward pass.
FORWARD = {
    f"{name}{i + 1}": f"{name}[r][{i}]" for name in ("h", "out_h", "y", "out_y") for i in (0, 1)
}
LOSS = {"E1": "per_output[r][0]", "E2": "per_output[r][1]", "E_total": "total[r]"}
BACKPROPAGATION = (
    {
        f"{name}{k + 1}": f"{name}[r][{k}]"
        for name in ("dE_dout_y", "dout_dy", "delta_y")
        for k in (0, 1)
    }
    | {f"dE{k + 1}_dout_h{i + 1}": f"dE_k_dout_h[r][{k}][{i}]" for k in (0, 1) for i in (0, 1)}
    | {
        f"{name}{i + 1}": f"{name}[r][{i}]"
        for name in ("dE_dout_h", "dout_dh", "delta_h")
        for i in (0, 1)
    }
)

SECOND_OUTPUT = re.compile(
    r"(y|out_y|per_output|dE_dout_y|dout_dy|delta_y|dE_k_dout_h|T)\[\d+\]\[1\]"
    r"|(gradients|params)[.](W2|b2)\[1\]"
)


def read_loss(wording: object) -> Loss | None:
    """Return the loss that a source calls this, in the usual words; None if they are unknown."""
    words = re.sub(r"[-_\s]+", " ", str(wording)).strip().lower()
    return next((loss for loss, known in LOSS_WORDINGS.items() if words in known), None)


def gather_weights(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs with W1 and W2 in place of w1 … w8, if these are given.

    Raises `ValueError`, with a sentence, if a weight is missing or given twice.
    """
    gathered = {key: value for key, value in inputs.items() if key not in WEIGHTS}
    for layer, letters in (("W1", ("w1", "w2", "w3", "w4")), ("W2", ("w5", "w6", "w7", "w8"))):
        given = [letter for letter in letters if letter in inputs]
        if not given:
            continue
        if layer in inputs:
            raise ValueError(f"has both {layer} and {given[0]}")
        wanted = letters[:2] if layer == "W2" and given == ["w5", "w6"] else letters  # one output
        if missing := [letter for letter in wanted if letter not in inputs]:
            raise ValueError(f"has {given[0]}, but lacks {missing[0]}")
        pairs = zip(wanted[::2], wanted[1::2], strict=True)
        gathered[layer] = [[inputs[left], inputs[right]] for left, right in pairs]
    return gathered


class NumberId(NamedTuple):
    """Identifies a number: a quantity after a number of updates."""

    updates: int  # made before it
    quantity: str  # out_h[0][1], gradients.W1[0][0], params.W1[0][0], …

    @property
    def is_of_second_output(self) -> bool:
        """Whether a network with one output lacks it."""
        return SECOND_OUTPUT.match(self.quantity) is not None


def publishable_numbers(
    updates: int,
    rows: int,
    *,
    targets: bool,
    steps: bool,
    biases_per_unit: bool,
    one_output: bool = False,
) -> dict[str, NumberId]:
    """Return the names of all numbers that can be published after this many updates.

    Without `targets` there is only the forward pass. `steps` is true if the example trains.
    """
    biases = BIASES_PER_UNIT if biases_per_unit else SHARED_BIASES
    parameters = WEIGHTS | biases
    known = dict(_of_rows(updates, rows, FORWARD | (LOSS | BACKPROPAGATION if targets else {})))
    if targets:
        known |= {
            f"dE_d{letter}": NumberId(updates, f"gradients.{path}")
            for letter, path in parameters.items()
        }
    if steps:
        known |= {
            f"new_{letter}": NumberId(updates + 1, f"params.{path}")
            for letter, path in parameters.items()
        }
    if updates:
        known |= {
            letter: NumberId(updates, f"params.{path}") for letter, path in parameters.items()
        }
    return {
        name: place
        for name, place in known.items()
        if not (one_output and place.is_of_second_output)
    }


def symbol(place: NumberId) -> str:
    """Return the tutorial's name of a number: ∂E/∂w5, Out h1, new w5."""
    if place.quantity.startswith("params.") and place.updates:
        given = symbol(place._replace(updates=0))
        return f"new {given}" if place.updates == 1 else f"{given} after {place.updates:,} updates"
    name, indices = split_quantity(place.quantity)
    row, *units = indices if name in ROW_SYMBOLS else ("0", *indices)
    words = _symbol(name, [str(int(unit) + 1) for unit in units])
    return words if row == "0" or name not in ROW_SYMBOLS else f"{words}, row {int(row) + 1}"


ROW_SYMBOLS = {
    "X": "x{}",
    "T": "T{}",
    "h": "h{}",
    "out_h": "Out h{}",
    "y": "y{}",
    "out_y": "Out y{}",
    "per_output": "E{}",
    "total": "E_Total",
    "dE_dout_y": "∂E{0}/∂Out y{0}",
    "dout_dy": "∂Out y{0}/∂y{0}",
    "delta_y": "∂E{0}/∂y{0}",
    "dE_k_dout_h": "∂E{}/∂Out h{}",
    "dE_dout_h": "∂E/∂Out h{}",
    "dout_dh": "∂Out h{0}/∂h{0}",
    "delta_h": "∂E/∂h{}",
}


def _symbol(name: str, units: list[str]) -> str:
    if name in ROW_SYMBOLS:
        return ROW_SYMBOLS[name].format(*units)
    if name == "learning_rate":
        return "η"
    kind, _, path = name.partition(".")
    letter = _letter(path, [int(unit) - 1 for unit in units])
    return f"∂E/∂{letter}" if kind == "gradients" else letter


def _letter(path: str, indices: list[int]) -> str:
    if path.startswith("W"):
        row, column = indices
        return f"w{4 * (path == 'W2') + 2 * row + column + 1}"
    if not indices:
        return path
    return f"{path} ({'h' if path == 'b1' else 'y'}{indices[0] + 1})"


def _of_rows(
    updates: int, rows: int, quantities: Mapping[str, str]
) -> Iterator[tuple[str, NumberId]]:
    for row in range(rows):
        suffix = f"_row{row + 1}" if rows > 1 else ""
        for name, path in quantities.items():
            yield name + suffix, NumberId(updates, path.replace("[r]", f"[{row}]"))


def by_quantity(known: Mapping[str, NumberId], updates: int) -> dict[str, NumberId]:
    """Return the same numbers by quantity; `params.…` are those of the next step only at first."""
    found = {place.quantity: place for place in known.values() if place.updates == updates}
    return {place.quantity: place for place in known.values()} | found


def count_updates(inputs: Mapping[str, Any]) -> int:
    """Return how many updates a training run takes; 1 if its inputs are invalid."""
    epochs, batch, X = (inputs.get(key, 1) for key in ("epochs", "batch_size", "X"))
    if not isinstance(epochs, int) or not isinstance(batch, int) or batch < 1:
        return 1
    rows = len(X) if isinstance(X, list) and X and isinstance(X[0], list) else 1
    return epochs * -(-rows // batch)
