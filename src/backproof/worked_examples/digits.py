"""A published number, and the values that it can stand for."""

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cached_property

from flint import arb

from backproof.network.float_formats import FORMATS
from backproof.text.english import count_noun
from backproof.truth.arithmetics import enclose, to_fraction

MIN_AGREEING_DIGITS = 2  # digits after a typo that must agree, or it may just be a number nearby
CUT_DIGITS = 2  # significant; with fewer, a match after truncation means nothing
BINARY_DIGITS = 5  # significant; with fewer, many numbers end where they are truncated
PADDED_DIGITS = 2  # significant, before the zeros; one would match many numbers
LONGEST = 4000  # digits; more than any example can lead to
SHOWN_DIGITS = 20  # significant; of a value that has many more at the published number's last place
TINY = arb(2) ** -100
TYPO_DIGITS = 5  # significant; with fewer, one changed digit may give them by chance
SHIFTS = (1, -1, 2, -2, 3, -3)  # places that a decimal point may slip
SHIFTED_DIGITS = 3  # significant; with fewer, another number of the same digits is no rarity
FLOAT32 = FORMATS["float32"]
FLOAT64_DIGITS = 15  # significant; float64 preserves every decimal number with this many


@dataclass(frozen=True)
class PublishedDigits:
    """A decimal number as published."""

    text: str

    @cached_property
    def decimal(self) -> Decimal:
        return Decimal(self.text)

    @cached_property
    def value(self) -> Fraction:
        return Fraction(self.decimal)

    @property
    def decimals(self) -> int:
        """The number of digits after the decimal point."""
        return -int(self.decimal.as_tuple().exponent)

    @property
    def significant(self) -> int:
        """The number of significant digits."""
        return len(self.decimal.as_tuple().digits) if self.value else 0

    @cached_property
    def last_place(self) -> Fraction:
        return Fraction(10) ** -self.decimals

    @property
    def from_float64(self) -> bool:
        """Whether it has so many digits that a program printed it, in float64."""
        return self.significant >= FLOAT64_DIGITS

    @cached_property
    def is_float32(self) -> bool:
        """Whether a float32 number rounds to these digits."""
        nearest = FLOAT32.round(self.value)
        return math.isfinite(nearest) and 2 * abs(Fraction(nearest) - self.value) <= self.last_place

    @cached_property
    def float32_decades(self) -> float:
        """How unlikely it is that a float32 number rounds to such digits by chance, in decades."""
        spacing = FLOAT32.ulp(self.value) / self.last_place
        return math.log10(spacing) if spacing > 1 else 0.0

    @cached_property
    def rounding_interval(self) -> arb:
        """The interval of all values that round to these digits."""
        return arb(enclose(self.value), enclose(self.last_place / 2))

    def matches_rounded(self, x: arb) -> bool:
        """Whether `x` rounds to these digits: it is at most half a unit in the last place away.

        It is enough if one number of the ball `x` does, unless the ball is all numbers.
        """
        return x.is_finite() and not abs(x - enclose(self.value)) > enclose(self.last_place / 2)

    def matches_truncated(self, x: arb) -> bool:
        """Whether `x`, truncated, gives these digits."""
        size, least = abs(x), enclose(abs(self.value))
        if self.significant < CUT_DIGITS:
            return False
        if self.value and not (x > 0 if self.value > 0 else x < 0):
            return False
        return not size < least and bool(size < least + enclose(self.last_place))

    def matches_truncated_binary(self, x: arb) -> bool:
        """Whether a binary number just below `x`, truncated, gives these digits."""
        end = enclose(self.value + self.value_step)
        return self.significant >= BINARY_DIGITS and bool(x.contains(end) and x.rad() < TINY)

    def decimals_before_padding(self, x: arb) -> int:
        """Return to how many decimals `x` was rounded before zeros were appended; 0 if to none."""
        shorter = PublishedDigits(f"{self.decimal.normalize():f}")
        padded = "." in self.text and 0 < shorter.decimals < self.decimals
        enough = shorter.significant >= PADDED_DIGITS
        return shorter.decimals if padded and enough and shorter.matches_rounded(x) else 0

    @property
    def value_step(self) -> Fraction:
        """One unit in the last place, away from 0."""
        return self.last_place if self.value >= 0 else -self.last_place

    def typo_of(self, x: arb) -> str | None:
        """Describe the one typo that turns the digits of `x` into these, if there is one."""
        if not x.is_finite():
            return None
        for places in SHIFTS:
            if self.significant >= SHIFTED_DIGITS and self.matches_rounded(x * arb(10) ** places):
                return (
                    f"the decimal point is {count_noun(abs(places), 'place')} too far to the "
                    + ("right" if places > 0 else "left")
                )
        if self.decimals < 0 or self.significant < TYPO_DIGITS:
            return None
        written_here = _digits(self.value, self.decimals)
        for words, decimals, slips in (
            ("two digits are swapped", self.decimals, _swapped),
            ("one digit is wrong", self.decimals, _replaced),
            ("a digit is missing", self.decimals + 1, _left_out),
            ("a digit is doubled or inserted", self.decimals - 1, _put_in),
        ):
            if (x < 0) != (self.value < 0):
                continue
            if slips(_digits(Fraction(_rounded(x, decimals)), decimals), written_here):
                return words
        return None

    def distance_to(self, x: arb) -> float:
        """Return the distance of `x` from the published number, in units in its last place."""
        return abs(float(((x - enclose(self.value)) / enclose(self.last_place)).mid()))

    def format_like(self, x: arb) -> str:
        """Format `x` with as many decimals as this number has; shorten what is far longer."""
        rounded = _rounded(x, self.decimals)
        text = f"{rounded:f}"
        if len(text) <= len(self.text) + SHOWN_DIGITS:
            return text
        return f"{Context(prec=SHOWN_DIGITS).plus(rounded):g}"


def format_decimal(x: arb, decimals: int) -> str:
    """Format `x` rounded to this many decimals."""
    return f"{_rounded(x, decimals):f}"


def round_to_decimals(x: arb, decimals: int) -> arb:
    """Return `x` rounded to this many decimals; as it is if it is not finite."""
    return enclose(Fraction(_rounded(x, decimals))) if x.is_finite() else x


def _rounded(x: arb, decimals: int) -> Decimal:
    middle = to_fraction(x.mid())
    context = Context(prec=LONGEST, rounding=ROUND_HALF_EVEN)
    quotient = context.divide(Decimal(middle.numerator), Decimal(middle.denominator))
    nearest = quotient.quantize(Decimal((0, (1,), -decimals)), context=context)
    return nearest or abs(nearest)  # −0.0 is 0.0


def _digits(x: Fraction, decimals: int) -> str:
    return str(abs(x) * 10**decimals)


def _swapped(right: str, written: str) -> bool:
    i = _first_difference(right, written)
    swapped = right[:i] + right[i : i + 2][::-1] + right[i + 2 :]
    return written == swapped and len(right) - i >= 2 + MIN_AGREEING_DIGITS


def _replaced(right: str, written: str) -> bool:
    i = _first_difference(right, written)
    return (
        len(right) == len(written)
        and right[i + 1 :] == written[i + 1 :]
        and len(right) - i > MIN_AGREEING_DIGITS
    )


def _left_out(right: str, written: str) -> bool:
    i = _first_difference(right, written)
    return right[:i] + right[i + 1 :] == written and len(written) - i >= MIN_AGREEING_DIGITS


def _put_in(right: str, written: str) -> bool:
    return _left_out(written, right)


def _first_difference(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
