"""Where the numbers of a backend first go wrong: in which op, and in which of its quantities."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isfinite
from typing import NamedTuple

from backproof.judging.deviations import Deviation
from backproof.network.formats import FORMATS, Format
from backproof.network.inputs import OPS, Op
from backproof.network.quantities import in_any_row, numbers, row_of
from backproof.vectors.vectors import Vector

ONE_AFTER_ANOTHER = ("forward", "loss")  # in these, a quantity follows from those before it

Answers = Iterable[tuple[Vector, Sequence[Deviation]]]  # each with all its numbers, judged


@dataclass(frozen=True)
class Number:
    """One number of an answer, and what it should be."""

    vector: Vector
    deviation: Deviation

    @property
    def quantity(self) -> str:
        return self.deviation.quantity

    @property
    def field(self) -> str:
        return self.quantity.partition("[")[0]

    @cached_property
    def name(self) -> str:
        """What the tutorial calls it, whatever the row."""
        return in_any_row(self.quantity, self.vector.op)

    @cached_property
    def row(self) -> int | None:
        return row_of(self.quantity)

    @property
    def actual(self) -> float:
        return self.deviation.actual

    @property
    def wrong(self) -> bool:
        return self.deviation.complaint is not None

    @property
    def measurable(self) -> bool:
        """Whether it has a distance from what it should be, and a bound for that."""
        expected = self.deviation.expected
        finite = isfinite(self.actual) and expected.value.is_finite()
        return finite and expected.bound.is_finite()

    @property
    def nearest(self) -> float:
        """What it should be, as nearly as a float64 can say."""
        return float(self.deviation.expected.value)

    @cached_property
    def true(self) -> Fraction:
        return Fraction(self.deviation.expected.value)

    @cached_property
    def bound(self) -> Fraction:
        return Fraction(self.deviation.expected.bound)

    @cached_property
    def error(self) -> Fraction:
        return abs(Fraction(self.actual) - self.true)


class Finding(NamedTuple):
    """What all these numbers have in common."""

    says: str  # of each of them
    of: Sequence[Number]
    source: str | None = None  # the name of the quantity that they are values of


@dataclass(frozen=True)
class Stage:
    """The first op in which numbers are wrong: those of the ops before it are right."""

    op: Op
    format: Format
    whole: Sequence[Number]  # of this op
    earlier: Sequence[Number]  # of the ops before it

    @cached_property
    def numbers(self) -> Sequence[Number]:
        """Those of the first field that is wrong, where others follow from it; else all."""
        if self.op not in ONE_AFTER_ANOTHER:
            return self.whole
        wrong = {n.field for n in self.whole if n.wrong}
        first = next(n.field for n in self.whole if n.field in wrong)
        return [n for n in self.whole if n.field == first]

    @cached_property
    def wrong(self) -> dict[str, list[Number]]:
        """The wrong ones of `numbers`, by name, in the order of the answers."""
        found: dict[str, list[Number]] = {n.name: [] for n in self.numbers}
        for number in self.numbers:
            if number.wrong:
                found[number.name].append(number)
        return {name: numbers for name, numbers in found.items() if numbers}

    @property
    def right(self) -> list[str]:
        """The names of this op that are right in every vector, and follow from none that is not."""
        first = self.numbers[0].field
        fields = list(dict.fromkeys(n.field for n in self.whole))
        later = fields[fields.index(first) + 1 :] if self.op in ONE_AFTER_ANOTHER else []
        names = dict.fromkeys(n.name for n in self.whole if n.field not in later)
        return [name for name in names if name not in self.wrong]

    def beside(self, number: Number, name: str, row: int | None) -> Number | None:
        """Return the number of the same answer that has this name and row, if there is one."""
        return self._by_place.get((number.vector.id, name, row))

    def start(self, number: Number) -> float:
        """Return what a parameter is before training, in the dtype."""
        return self._starts[number.vector.id][number.quantity]

    @cached_property
    def _starts(self) -> dict[str, dict[str, float]]:
        vectors = {n.vector.id: n.vector for n in self.whole}
        return {
            name: {
                q: float(p) for q, p in numbers(vector.inputs.rounded(self.format).params).items()
            }
            for name, vector in vectors.items()
        }

    @cached_property
    def _by_place(self) -> dict[tuple[str, str, int | None], Number]:
        return {(n.vector.id, n.name, n.row): n for n in self.numbers}


def first_stage(answers: Answers, dtype: str) -> Stage | None:
    """Return where the answers in a dtype first go wrong, if they do."""
    by_op: dict[Op, list[Number]] = {op: [] for op in OPS}
    for vector, deviations in answers:
        by_op[vector.op] += [Number(vector, deviation) for deviation in deviations]
    earlier: list[Number] = []
    for op in OPS:
        if any(number.wrong for number in by_op[op]):
            return Stage(op, FORMATS[dtype], by_op[op], earlier)
        earlier += by_op[op]
    return None
