"""The failing stage: the first op in which numbers are wrong, and the quantities of it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isfinite
from typing import NamedTuple

from backproof.judging.deviations import Deviation
from backproof.network.float_formats import FORMATS, Format
from backproof.network.inputs import OPS, Op
from backproof.network.quantities import field_of, flatten_fields, row_of, tutorial_name_any_row
from backproof.vectors.vectors import Vector

SEQUENTIAL_OPS = ("forward", "loss")  # in these, a quantity is computed from those before it

Answers = Iterable[tuple[Vector, Sequence[Deviation]]]  # each with all the numbers that it has


@dataclass(frozen=True)
class OutputNumber:
    """One number of a response, and its reference value."""

    vector: Vector
    deviation: Deviation

    @property
    def quantity(self) -> str:
        return self.deviation.quantity

    @property
    def field(self) -> str:
        return field_of(self.quantity)

    @cached_property
    def name(self) -> str:
        """Its name in the tutorial, without the row."""
        return tutorial_name_any_row(self.quantity, self.vector.op)

    @cached_property
    def row(self) -> int | None:
        return row_of(self.quantity)

    @property
    def actual(self) -> float:
        return self.deviation.actual

    @property
    def is_wrong(self) -> bool:
        return self.deviation.problem is not None

    @property
    def measurable(self) -> bool:
        """Whether the number, its reference value and its bound are all finite."""
        expected = self.deviation.expected
        finite = isfinite(self.actual) and expected.value.is_finite()
        return finite and expected.bound.is_finite()

    @property
    def reference_float(self) -> float:
        """Its reference value, rounded to float64."""
        return float(self.deviation.expected.value)

    @cached_property
    def reference(self) -> Fraction:
        return Fraction(self.deviation.expected.value)

    @cached_property
    def bound(self) -> Fraction:
        return Fraction(self.deviation.expected.bound)

    @cached_property
    def error(self) -> Fraction:
        return abs(Fraction(self.actual) - self.reference)


class Clue(NamedTuple):
    """What all of some wrong numbers have in common."""

    statement: str  # the predicate of a sentence about each of them
    wrong_numbers: Sequence[OutputNumber]
    source: str | None = None  # the name of the quantity whose correct values they are


@dataclass(frozen=True)
class FailingStage:
    """The first op in which numbers are wrong: those of the ops before it are correct."""

    op: Op
    format: Format
    op_numbers: Sequence[OutputNumber]  # of this op
    earlier_numbers: Sequence[OutputNumber]  # of the ops before it

    @cached_property
    def numbers(self) -> Sequence[OutputNumber]:
        """In a sequential op, the numbers of the first field that is wrong; else all."""
        if self.op not in SEQUENTIAL_OPS:
            return self.op_numbers
        wrong = {n.field for n in self.op_numbers if n.is_wrong}
        first = next(n.field for n in self.op_numbers if n.field in wrong)
        return [n for n in self.op_numbers if n.field == first]

    @cached_property
    def wrong_by_name(self) -> dict[str, list[OutputNumber]]:
        """The wrong ones of `numbers`, by name, in the order of the responses."""
        found: dict[str, list[OutputNumber]] = {n.name: [] for n in self.numbers}
        for number in self.numbers:
            if number.is_wrong:
                found[number.name].append(number)
        return {name: numbers for name, numbers in found.items() if numbers}

    @property
    def correct_names(self) -> list[str]:
        """The names of this op that are correct in every vector and depend on no wrong field."""
        first = self.numbers[0].field
        fields = list(dict.fromkeys(n.field for n in self.op_numbers))
        later = fields[fields.index(first) + 1 :] if self.op in SEQUENTIAL_OPS else []
        names = dict.fromkeys(n.name for n in self.op_numbers if n.field not in later)
        return [name for name in names if name not in self.wrong_by_name]

    def lacks_fields(self, op: Op) -> bool:
        """Whether the backend leaves out some numbers of an earlier op."""
        numbers = [n for n in self.earlier_numbers if n.vector.op == op]
        counts = Counter(n.vector.id for n in numbers)
        return any(counts[n.vector.id] < len(n.vector.expected[self.format.name]) for n in numbers)

    def beside(self, number: OutputNumber, name: str, row: int | None) -> OutputNumber | None:
        """Return the number of the same response that has this name and row, if there is one."""
        return self._by_place.get((number.vector.id, name, row))

    def weighted_sum(self, number: OutputNumber) -> OutputNumber | None:
        """Return the h or y of the same unit and row, if the number is an activation."""
        source = {"out_h": "h", "out_y": "y"}.get(number.field)
        if source is None:
            return None
        return self._by_quantity.get(
            (number.vector.id, source + number.quantity.removeprefix(number.field))
        )

    @cached_property
    def _by_quantity(self) -> dict[tuple[str, str], OutputNumber]:
        return {(n.vector.id, n.quantity): n for n in self.op_numbers}

    def start(self, number: OutputNumber) -> float:
        """Return the value of a parameter before training, in the dtype."""
        return self._starts[number.vector.id][number.quantity]

    @cached_property
    def _starts(self) -> dict[str, dict[str, float]]:
        vectors = {n.vector.id: n.vector for n in self.op_numbers}
        return {
            name: {
                q: float(p)
                for q, p in flatten_fields(vector.inputs.rounded(self.format).params).items()
            }
            for name, vector in vectors.items()
        }

    @cached_property
    def _by_place(self) -> dict[tuple[str, str, int | None], OutputNumber]:
        return {(n.vector.id, n.name, n.row): n for n in self.op_numbers}


def find_failing_stage(answers: Answers, dtype: str) -> FailingStage | None:
    """Return the first op in which some number is wrong, if one is."""
    by_op: dict[Op, list[OutputNumber]] = {op: [] for op in OPS}
    for vector, deviations in answers:
        by_op[vector.op] += [OutputNumber(vector, deviation) for deviation in deviations]
    earlier: list[OutputNumber] = []
    for op in OPS:
        if any(number.is_wrong for number in by_op[op]):
            return FailingStage(op, FORMATS[dtype], by_op[op], earlier)
        earlier += by_op[op]
    return None
