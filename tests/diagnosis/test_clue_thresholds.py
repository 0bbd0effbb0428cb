"""Clues: from how many digits, test vectors and errors on they are given, and not from fewer."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from by_hand import vector

from backproof.diagnosis.clues import find_clues
from backproof.judging.deviations import measure_deviations
from backproof.vectors.vectors import Vector

Numbers = dict[str, tuple[str, float]]  # by quantity, the reference value and the actual number


def said(vectors: Sequence[Numbers], bound: str = "1e-12", float32_bound: str = "1e-5") -> str:
    """Return what is said of the wrong numbers in float64."""
    answers = [
        (asked, measure_deviations(asked, "float64", {q: x for q, (_, x) in numbers.items()}))
        for name, numbers in enumerate(vectors)
        for asked in [judged_in_both(str(name), numbers, bound, float32_bound)]
    ]
    return " ".join(find_clues(answers, "float64"))


def judged_in_both(name: str, numbers: Numbers, bound: str, float32_bound: str) -> Vector:
    in_float64, in_float32 = (
        vector({q: (value, b) for q, (value, _) in numbers.items()}, dtype=dtype, name=name)
        for dtype, b in (("float64", bound), ("float32", float32_bound))
    )
    return replace(in_float64, expected={**in_float64.expected, **in_float32.expected})


Y1, Y1_AGAIN = "y[0][0]", "y[1][0]"  # of two rows
ONE_MORE = "is the correct one plus 1, within the bounds"


@pytest.mark.parametrize(("bound", "told"), [("4.99e-10", True), ("5.01e-10", False)])
def test_a_constant_is_told_from_nine_digits_on(bound: str, told: bool) -> None:
    """One number fixes it; in the other, 1 ± bound has 9 digits if the bound is 5e-10."""
    clue = said([{Y1: ("1.25", 2.25)}, {Y1: ("3.75", 4.75)}], bound)
    assert (ONE_MORE in clue) is told


TWICE: list[Numbers] = [{Y1: ("1.25", 2.25)}, {Y1: ("3.75", 4.75)}]
AT_ONCE: list[Numbers] = [{Y1: ("1.25", 2.25), Y1_AGAIN: ("3.75", 4.75)}]


def test_a_constant_is_told_from_two_test_vectors_on() -> None:
    assert ONE_MORE in said(TWICE)
    assert ONE_MORE not in said(AT_ONCE)


def test_one_value_for_every_input_is_told_from_two_test_vectors_on() -> None:
    assert "is 0.1, for every input" in said([{Y1: ("1.25", 0.1)}, {Y1: ("3.75", 0.1)}])
    assert "for every input" not in said([{Y1: ("1.25", 0.1), Y1_AGAIN: ("3.75", 0.1)}])


def test_errors_of_another_dtype_are_told_from_two_test_vectors_on() -> None:
    first, second = ("1.25", 1.25 + 3.1e-6), ("3.75", 3.75 - 2.3e-6)
    assert "is within the float32 error bound" in said([{Y1: first}, {Y1: second}])
    assert "is within the float32 error bound" not in said([{Y1: first, Y1_AGAIN: second}])


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ([0.5, 0.0011, 0.0011], True),
        ([0.5, 0.0009, 0.0009], False),
        ([0.5, 0.5, 0.0001], True),
        ([0.011, 0.011, 0.011], True),
        ([0.009, 0.009, 0.009], False),
        ([0.99, 0.5, 0.5], True),
        ([1.01, 0.5, 0.5], False),
    ],
    ids=str,
)
def test_errors_are_those_of_another_dtype_if_the_largest_and_the_median_are(
    shares: list[float],
    told: bool,
) -> None:
    """Of its bound, the largest takes 1 % to all, and the median 0.1 % or more."""
    signs = (1, -1, 1)
    vectors: list[Numbers] = [
        {Y1: (str(n + 0.25), n + 0.25 + sign * share * 1e-5)}
        for n, sign, share in zip((1, 3, 7), signs, shares, strict=True)
    ]
    assert ("is within the float32 error bound" in said(vectors)) is told
