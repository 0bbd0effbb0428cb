"""Files of worked examples, made up for tests."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from flint import ctx

from backproof.network.exercises import publishable_numbers
from backproof.network.mistakes import Mistake
from backproof.worked_examples.calculation import calculate
from backproof.worked_examples.conventions import build_network
from backproof.worked_examples.digits import format_decimal
from backproof.worked_examples.example import Example, load_example

GIVEN = """\
[inputs]
W1 = [[0.15, 0.20], [0.25, 0.30]]
b1 = 0.35
W2 = [[0.40, 0.45], [0.50, 0.55]]
b2 = 0.60
X = [0.05, 0.10]
T = [0.01, 0.99]
learning_rate = 0.5
"""
SEQUENTIAL = '[conventions]\nupdates = "sequential"\n'
PER_UNIT = '[conventions]\nbiases = "per-unit"\n'
SHARED = '[conventions]\nbiases = "shared"\n'
THREE_ROWS = GIVEN.replace(
    "X = [0.05, 0.10]", "X = [[0.05, 0.10], [0.7, -0.3], [0.2, 0.9]]"
).replace("T = [0.01, 0.99]", "T = [[0.01, 0.99], [0.6, 0.3], [0.9, 0.2]]")

Printed = Mapping[int, Mapping[str, str]]  # by number of updates, then by name


def example(folder: Path, printed: Printed, given: str = GIVEN) -> Example:
    """Write a worked example into a folder, and read it."""
    lines = [given]
    for updates, numbers in printed.items():
        lines.append(f"[after.{updates}]" if updates else "[printed]")
        lines += [f'{name} = "{digits}"' for name, digits in numbers.items()]
    path = folder / "example.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load_example(path)


def printed_by(
    folder: Path,
    made: tuple[type[Mistake], ...],
    names: Mapping[int, Iterable[str]],
    *,
    given: str = GIVEN,
    decimals: int = 10,
) -> Printed:
    """Return what somebody prints who makes these mistakes, with so many decimals."""
    anything = example(folder, {0: {"h1": "0"} if "X = [0" in given else {"h1_row1": "0"}}, given)
    known = {
        n: publishable_numbers(
            n,
            len(anything.inputs.X),
            targets=True,
            steps=True,
            biases_per_unit=anything.conventions.biases_per_unit,
        )
        for n in names
    }
    with ctx.workprec(256):
        values = calculate(build_network(anything.conventions, made), anything, set(names))
        return {
            n: {name: format_decimal(values[known[n][name]], decimals) for name in of}
            for n, of in names.items()
        }


WEIGHTS = [f"new_w{i}" for i in range(1, 9)]
GRADIENTS = [f"dE_dw{i}" for i in range(1, 9)]


def with_changes(printed: Printed, changes: Printed) -> Printed:
    return {n: {**numbers, **changes.get(n, {})} for n, numbers in printed.items()}
