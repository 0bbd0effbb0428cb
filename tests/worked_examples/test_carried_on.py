"""What follows from earlier lines, right or wrong, and what is no more than fewer digits."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from worked_example_files import GIVEN, example

from backproof.worked_examples.evaluation import evaluate_example
from backproof.worked_examples.verdicts import Verdict, VerdictKind

pytestmark = pytest.mark.proof

HALVES = """\
[inputs]
W1 = [[0, 0], [0, 0]]
b1 = 0
W2 = [[0, 0], [0, 0]]
b2 = 0
X = [1, 1]
T = [1.0164, 1.0811]
"""


def verdicts(
    folder: Path, printed: Mapping[str, str], given: str = GIVEN
) -> dict[str, tuple[VerdictKind, str]]:
    def kind_and_why(verdict: Verdict) -> tuple[VerdictKind, str]:
        return verdict.kind, verdict.why

    judgement = evaluate_example(example(folder, {0: printed}, given))
    return {verdict.line.name: kind_and_why(verdict) for verdict in judgement.verdicts}


@pytest.mark.parametrize(
    ("digits", "to"),
    [("0.5900", "2 decimals"), ("0.593000", "3 decimals"), ("0.5932700000", "5 decimals")],
)
def test_zeros_are_appended_after_rounding(tmp_path: Path, digits: str, to: str) -> None:
    found = verdicts(tmp_path, {"out_h1": digits})["out_h1"]  # 0.593269992
    assert found == (VerdictKind.PADDED, f"to {to}, with zeros appended")


@pytest.mark.parametrize("digits", ["0.5800", "0.60000", "0.59326", "0", "-.0", "0.0e0"])
def test_other_digits_are_not_padded(tmp_path: Path, digits: str) -> None:
    """They do not round to 0.58, one digit says little, and no zero was appended to the others."""
    kind, _ = verdicts(tmp_path, {"out_h1": digits})["out_h1"]
    assert kind not in {VerdictKind.PADDED, VerdictKind.RIGHT}


def test_padded_digits_are_carried_on_as_rounded_ones(tmp_path: Path) -> None:
    found = verdicts(tmp_path, {"out_h1": "0.5900", "y1": "1.1046"})
    assert found["y1"][0] is VerdictKind.ROUNDED


def test_a_wrong_line_is_carried_on_through_a_number_that_is_not_published(tmp_path: Path) -> None:
    """0.40 − 0.5 · 0.1485 · 0.593269992, with a wrong ∂E/∂y1."""
    printed = {"out_h1": "0.593269992", "delta_y1": "0.1485", "new_w5": "0.355949703"}
    assert verdicts(tmp_path, printed)["new_w5"] == (
        VerdictKind.PROPAGATED,
        "∂E/∂w5 computed from earlier lines",
    )


def test_few_wrong_digits_are_carried_on_as_they_stand(tmp_path: Path) -> None:
    """0.40 − 0.5 · 0.138498562 · 0.61; any other number that rounds to 0.61 gives other digits."""
    printed = {"out_h1": "0.61", "delta_y1": "0.138498562", "new_w5": "0.357757939"}
    assert verdicts(tmp_path, printed)["new_w5"][0] is VerdictKind.PROPAGATED


def test_what_follows_from_wrong_lines_by_rounding_is_not_cut_off(tmp_path: Path) -> None:
    """0.1332 + 0.1689 is 0.3021; so is the exact sum, 0.30217, truncated."""
    printed = {"E1": "0.1332", "E2": "0.1689", "E_total": "0.3021"}
    kind, _ = verdicts(tmp_path, printed, HALVES)["E_total"]
    assert kind is VerdictKind.PROPAGATED


def test_a_slip_is_found_after_a_wrong_line(tmp_path: Path) -> None:
    """0.15 + 0.5 · 0.0199 · 0.05, with a wrong ∂E/∂h1."""
    found = verdicts(tmp_path, {"delta_h1": "0.0199", "new_w1": "0.1504975"})
    assert found["new_w1"] == (VerdictKind.SLIP, "the sign of η · ∂E/∂w1 is flipped")


def test_a_decimal_point_slips_after_a_wrong_line(tmp_path: Path) -> None:
    """0.0123456 · 0.05 is 0.00061728, with a wrong ∂E/∂h1."""
    found = verdicts(tmp_path, {"delta_h1": "0.0123456", "dE_dw1": "0.0061728"})
    assert found["dE_dw1"] == (
        VerdictKind.TYPO,
        "the decimal point is 1 place too far to the right",
    )


def test_digits_with_which_the_source_goes_on_are_no_typo(tmp_path: Path) -> None:
    printed = {"out_h1": "0.593312345", "out_y2": "0.772928465"}
    assert verdicts(tmp_path, printed)["out_h1"][0] is VerdictKind.TYPO
    used = {"out_h1": "0.593312345", "y1": "1.105922908", "out_y2": "0.772928465"}
    found = verdicts(tmp_path, used)
    assert (found["out_h1"][0], found["y1"]) == (
        VerdictKind.UNEXPLAINED,
        (VerdictKind.PROPAGATED, "Out h1 = 0.593312345"),
    )


def test_the_same_quantity_of_another_unit_is_listed(tmp_path: Path) -> None:
    """½ (0.01 − 0.772928465)², with the target of the first output."""
    found = verdicts(tmp_path, {"E1": "0.274811083", "E2": "0.291"})
    assert found["E2"] == (
        VerdictKind.UNEXPLAINED,
        "too few digits to tell; perhaps T1 is used instead of T2",
    )


def test_a_number_is_not_computed_from_itself(tmp_path: Path) -> None:
    """0.3 − 2 · 0.17 · 0.0819 · 0.1: the step is made twice."""
    given = GIVEN.replace("learning_rate = 0.5", "learning_rate = 0.17")
    found = verdicts(tmp_path, {"delta_h2": "0.0819", "new_w4": "0.2972154"}, given)
    assert found["new_w4"] == (VerdictKind.UNEXPLAINED, "")
