"""Calculations by hand: rounding line by line, few digits, slipped points, what to mend."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from worked_example_files import GIVEN, example, printed_by

from backproof.network.mistakes import CATALOGUE
from backproof.reports.published_examples import summarize_example
from backproof.worked_examples.evaluation import evaluate_example
from backproof.worked_examples.example import TEMPLATE, load_example
from backproof.worked_examples.verdicts import EvaluatedExample, Verdict, VerdictKind

pytestmark = pytest.mark.proof

# Both outputs are σ(0) = ½, so E1 = ½ 0.5164² = 0.13333448 and E2 = ½ 0.5811² = 0.16883861.
HALVES = """\
[inputs]
W1 = [[0, 0], [0, 0]]
b1 = 0
W2 = [[0, 0], [0, 0]]
b2 = 0
X = [1, 1]
T = [1.0164, 1.0811]
"""


def judged(folder: Path, printed: Mapping[str, str], given: str = GIVEN) -> EvaluatedExample:
    return evaluate_example(example(folder, {0: printed}, given))


def only(judgement: EvaluatedExample) -> Verdict:
    [found] = judgement.wrong
    return found


# Rounding


def test_a_sum_of_rounded_lines_is_rounded_not_truncated(tmp_path: Path) -> None:
    printed = {"E1": "0.1333", "E2": "0.1688", "E_total": "0.3021"}  # exactly, 0.30217
    found = only(judged(tmp_path, printed, HALVES))
    assert (found.kind, found.why) == (VerdictKind.ROUNDED, "E2 = 0.1688")


def test_without_these_lines_it_is_truncated(tmp_path: Path) -> None:
    assert only(judged(tmp_path, {"E_total": "0.3021"}, HALVES)).kind is VerdictKind.TRUNCATED


def test_one_digit_is_too_few_to_be_truncated(tmp_path: Path) -> None:
    """E2 is 0.1688: 0.16 is truncated, and 0.1 may be anything."""
    assert only(judged(tmp_path, {"E2": "0.16"}, HALVES)).kind is VerdictKind.TRUNCATED
    assert only(judged(tmp_path, {"E2": "0.1"}, HALVES)).kind is VerdictKind.UNEXPLAINED


def test_a_product_of_rounded_lines_is_rounded(tmp_path: Path) -> None:
    """0.0364 · 0.2413 is 0.00878; exactly it is 0.008771, so 0.00878 is no truncation."""
    printed = {"dE_dout_h1": "0.0364", "dout_dh1": "0.2413", "delta_h1": "0.00878"}
    assert only(judged(tmp_path, printed)).kind is VerdictKind.ROUNDED


def test_last_digits_are_counted_apart(tmp_path: Path) -> None:
    printed = {"E1": "0.1333", "E2": "0.1688", "E_total": "0.3021", "out_h1": "0.93"}
    said = list(summarize_example(judged(tmp_path, printed, HALVES)))
    assert said[:2] == [
        "2 of 4 published numbers are right to every digit.",
        "1 more is right except for the last digits, from rounding or truncation.",
    ]
    assert said[2].startswith("1 of 1 wrong numbers is unexplained")


def test_where_only_last_digits_differ_nothing_is_called_wrong(tmp_path: Path) -> None:
    printed = {"E1": "0.1333", "E2": "0.1688", "E_total": "0.3021"}
    said = list(summarize_example(judged(tmp_path, printed, HALVES)))
    assert len(said) == 2
    assert "wrong" not in " ".join(said)


# Few digits and many

# The delta of h2 without the slope is 0.041370323, and its product with x1 is 0.00206851614.
# The delta of y1 without the slope is 0.74136507, which is also ∂E1/∂Out y1.
# The other numbers are right, so no mistake of the catalogue explains these.
OTHERS = {
    "dE_dout_y1": "0.74136507", "delta_y2": "-0.0380982365", "dE_dout_h2": "0.0413703226",
    "dE_dw1": "0.000438568", "dE_dw2": "0.000877135", "dE_dw4": "0.000995425",
    "dE_dw6": "0.0826676278", "dE_dw7": "-0.0226025405", "dE_dw8": "-0.0227402422",
}  # fmt: skip
SLIPS = {
    "dE_dw3": ("0.0020685161", "the factor ∂Out h2/∂h2 is left out"),
    "delta_y1": ("0.7413650695", "the factor ∂Out y1/∂y1 is left out"),
    "dE_dw5": ("0.4398296490", "the factor ∂Out y1/∂y1 is left out"),
}


@pytest.mark.parametrize("decimals", range(4, 10))
@pytest.mark.parametrize("name", SLIPS)
def test_more_digits_never_hide_a_slip(tmp_path: Path, name: str, decimals: int) -> None:
    digits, words = SLIPS[name]
    found = only(judged(tmp_path, {**OTHERS, name: f"{float(digits):.{decimals}f}"}))
    assert words in found.why
    assert found.kind in {VerdictKind.SLIP, VerdictKind.UNEXPLAINED}
    assert found.kind is VerdictKind.SLIP or found.why.startswith("too few digits to tell; perhaps")
    assert found.kind is VerdictKind.SLIP or decimals < 7


def test_too_few_digits_list_the_mistakes_that_give_them(tmp_path: Path) -> None:
    """Two decimals of new w5 are 0.44 if the sign of the update, or of the gradient, is wrong."""
    found = only(judged(tmp_path, {"new_w5": "0.44"}))
    assert found.kind is VerdictKind.UNEXPLAINED
    assert found.why.startswith("too few digits to tell; perhaps ")
    assert "the sign of η · ∂E/∂w5 is flipped" in found.why


# Typos


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("0.41370323", "1 place too far to the right"),
        ("4.14", "2 places too far to the right"),
        ("0.0041370323", "1 place too far to the left"),
    ],
)
def test_a_decimal_point_slips(tmp_path: Path, digits: str, words: str) -> None:
    found = only(judged(tmp_path, {"dE_dout_h2": digits}))  # 0.0413703226
    assert (found.kind, found.why) == (VerdictKind.TYPO, f"the decimal point is {words}")


def test_two_digits_show_no_slipped_point(tmp_path: Path) -> None:
    assert only(judged(tmp_path, {"delta_h2": "0.10"})).kind is not VerdictKind.TYPO


def test_exponents_are_read_as_spreadsheets_write_them(tmp_path: Path) -> None:
    case = example(tmp_path, {0: {"dE_dw1": "4.3856773E-004", "dE_dw3": "4.9771274e-04"}})
    assert evaluate_example(case).wrong == []


# What to mend


def test_what_is_to_be_mended_comes_last(tmp_path: Path) -> None:
    printed = {"h1": "0.3825", "out_h1": "0.594475931", "y1": "1.106388342"}
    judgement = judged(tmp_path, printed)
    assert [line.name for line in judgement.to_mend] == ["h1"]
    *_, last = summarize_example(judgement)
    assert last == "To mend the source, correct h1; the other 2 wrong numbers follow."


def test_of_a_mistake_the_first_numbers_are_to_be_mended(tmp_path: Path) -> None:
    missing = (CATALOGUE["output-slope-missing"],)
    names = {0: ["E_total", "dout_dy1", "delta_y1", "dE_dw5", "new_w5"], 1: ["E_total"]}
    judgement = evaluate_example(example(tmp_path, printed_by(tmp_path, missing, names)))
    assert len(judgement.mistaken) == 5
    assert [line.name for line in judgement.to_mend] == ["dout_dy1"]


def test_a_file_with_transposed_weights_may_be_what_is_wrong(tmp_path: Path) -> None:
    transposed = (CATALOGUE["hidden-weights-transposed"],)
    printed = printed_by(tmp_path, transposed, {0: ["h1", "h2", "out_h1", "out_h2"]})
    said = list(summarize_example(evaluate_example(example(tmp_path, printed))))
    assert (
        "  Or the file is wrong: W1 may be typed transposed; it has a row for each hidden unit."
        in said
    )


def test_alternatives_have_their_sentences(tmp_path: Path) -> None:
    adds, negated = CATALOGUE["update-adds-gradient"], CATALOGUE["gradient-negated"]
    printed = printed_by(tmp_path, (adds,), {0: ["new_w1", "new_w5"]})
    said = "\n".join(summarize_example(evaluate_example(example(tmp_path, printed))))
    assert adds.description() in said
    assert negated.description() in said


def test_the_template_says_which_of_its_numbers_is_wrong() -> None:
    [found] = evaluate_example(load_example(TEMPLATE)).wrong
    assert (found.line.name, found.line.place.updates) == ("E_total", 1)
    text = " ".join(TEMPLATE.read_text(encoding="utf-8").replace("#", " ").split())
    assert "One of the numbers below is wrong" in text
    assert "E_total after 1 update" in text
