"""Published numbers of any size have a verdict, and spoil no other."""

from pathlib import Path

import pytest
from flint import arb, ctx
from worked_example_files import example

from backproof.worked_examples.digits import PublishedDigits
from backproof.worked_examples.evaluation import evaluate_example
from backproof.worked_examples.verdicts import VerdictKind

RIGHT = {
    "out_h1": "0.593269992",
    "y1": "1.105905967",
    "out_y1": "0.751365070",
    "E_total": "0.298371109",
    "delta_y1": "0.138498562",
    "new_w5": "0.358916480",
}


@pytest.mark.hostile("A file", "a published number of 1e99 or 9e-99", "a verdict on every number")
@pytest.mark.parametrize("digits", ["1e99", "-1e99", "9e-99"])
@pytest.mark.parametrize("name", RIGHT)
def test_a_number_of_any_size_has_a_verdict(tmp_path: Path, name: str, digits: str) -> None:
    """The others are right, so what depends on it does not follow from it."""
    wrong, *right = sorted(
        evaluate_example(example(tmp_path, {0: RIGHT | {name: digits}})).verdicts,
        key=lambda verdict: verdict.line.name != name,
    )
    assert wrong.kind in {VerdictKind.TYPO, VerdictKind.UNEXPLAINED}
    assert {verdict.kind for verdict in right} == {VerdictKind.RIGHT}
    assert len(wrong.correct_digits) <= 30


def test_nothing_follows_from_what_is_not_finite(tmp_path: Path) -> None:
    """The weights after the update are not, if computed from such an activation."""
    published = {0: RIGHT | {"out_h1": "1e99"}, 1: {"E_total": "0.123456789"}}
    *_, found = evaluate_example(example(tmp_path, published)).verdicts
    assert found.kind is VerdictKind.UNEXPLAINED


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        ("0.1", "0.3"),
        ("1e-20", "0.33333333333333333333"),
        ("0." + "1" * 40, "0." + "3" * 40),
        ("9e-99", "0.33333333333333333333"),
    ],
)
def test_correct_digits_are_as_many_as_published_but_no_hundred(published: str, shown: str) -> None:
    with ctx.workprec(256):
        assert PublishedDigits(published).format_like(arb(1) / 3) == shown


def test_a_huge_correct_value_is_shortened() -> None:
    with ctx.workprec(256):
        value = arb(10) ** 60 / 4
        assert PublishedDigits("0.25").format_like(value) == "2.5000000000000000000e+59"
