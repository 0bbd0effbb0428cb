"""The error bounds of the program that printed the numbers of an example.

A number of 15 significant digits or more was printed by a program in float64, unless the numbers of
the example are those of a program in float32.
"""

from collections.abc import Mapping
from functools import cached_property

from flint import arb

from backproof.errors import BoundUnavailable
from backproof.network.exercises import NumberId
from backproof.network.float_formats import FORMATS, Format
from backproof.network.mistakes import Mistake
from backproof.truth.arithmetics import BoundedValue, enclose
from backproof.worked_examples.calculation import calculate_with_bounds
from backproof.worked_examples.conventions import build_network
from backproof.worked_examples.example import Example, Line

Hypothesis = tuple[type[Mistake], ...]  # mistakes combined

MIN_DECADES = 2.0  # decades; a chance match must be at most this likely: 1 %
MAX_STRANGERS = 0.1  # of the numbers of a program in float32; typos, for example
MAX_BOUND = 0.01  # of a value, in float32; a wider one would fit numbers by chance
NEAR = 1e4  # units in the last place; beyond it, float64 cannot explain the difference
FLOAT64, FLOAT32 = FORMATS["float64"], FORMATS["float32"]


class ProgramBounds:
    """The error bounds of a program in float64 or float32, with or without mistakes."""

    def __init__(self, example: Example, reference_values: Mapping[NumberId, arb]) -> None:
        self._example, self._reference_values = example, reference_values
        self._found: dict[tuple[Hypothesis, Format, int], Mapping[NumberId, BoundedValue]] = {}

    def widen(self, line: Line, value: arb, hypothesis: Hypothesis = ()) -> arb:
        """Widen a value by the error bound of the program that printed the line, if one did."""
        fmt = self.format_of(line)
        return self._widen_for(fmt, line, value, hypothesis) if fmt else value

    def may_reach(self, line: Line, value: arb) -> bool:
        """Whether a line is so near a value that an error bound may explain the difference."""
        if self.format_of(line) is FLOAT32:
            return not abs(value - enclose(line.digits.value)) > MAX_BOUND * abs(value)
        return line.digits.distance_to(value) < NEAR

    def format_of(self, line: Line) -> Format | None:
        """Return the format of the program that printed the line; None if none did."""
        if line.digits.is_float32 and self._has_float32:
            return FLOAT32
        return FLOAT64 if line.digits.from_float64 else None

    def is_right_in_float32(self, line: Line) -> bool:
        """Whether a line of a program in float32 is within the error bound of its exact value."""
        value = self._reference_values[line.place]
        return self.format_of(line) is FLOAT32 and line.digits.matches_rounded(
            self.widen(line, value)
        )

    @cached_property
    def _has_float32(self) -> bool:
        """Whether the numbers are those of a program in float32.

        Nearly all are float32 numbers, as far as their digits tell, and those that are not right
        are so by more than chance.
        """
        telling = [line for line in self._example.lines if line.digits.float32_decades]
        fitting = [line for line in telling if line.digits.is_float32]
        if len(telling) - len(fitting) > MAX_STRANGERS * len(telling):
            return False
        decades = sum(
            line.digits.float32_decades
            for line in fitting
            if not line.digits.matches_rounded(self._reference_values[line.place])
        )
        return decades >= MIN_DECADES

    def _widen_for(self, fmt: Format, line: Line, value: arb, hypothesis: Hypothesis) -> arb:
        key = hypothesis, fmt, line.place.updates
        if key not in self._found:
            self._found[key] = self._calculate(*key)
        computed = self._found[key].get(line.place)
        if computed is None or (fmt is FLOAT32 and not computed.bound < MAX_BOUND * abs(value)):
            return value
        return value + arb(0, computed.bound.abs_upper())

    def _calculate(
        self, hypothesis: Hypothesis, fmt: Format, updates: int
    ) -> Mapping[NumberId, BoundedValue]:
        network = build_network(self._example.conventions, hypothesis)
        try:
            return calculate_with_bounds(network, self._example, [updates], fmt)
        except BoundUnavailable:  # evaluate them like numbers computed by hand
            return {}
