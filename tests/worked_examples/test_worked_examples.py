"""The verdicts on worked examples: for each verdict, numbers that deserve it."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flint import ctx
from worked_example_files import (
    GIVEN,
    PER_UNIT,
    SEQUENTIAL,
    SHARED,
    THREE_ROWS,
    WEIGHTS,
    Printed,
    example,
    printed_by,
    with_changes,
)

from backproof.network.exercises import NumberId, publishable_numbers, symbol
from backproof.network.mistakes import CATALOGUE
from backproof.worked_examples.calculation import calculate
from backproof.worked_examples.conventions import build_network
from backproof.worked_examples.digits import PublishedDigits
from backproof.worked_examples.evaluation import evaluate_example
from backproof.worked_examples.evaluation_state import given_numbers
from backproof.worked_examples.example_formulas import ExampleFormulas
from backproof.worked_examples.verdicts import EvaluatedExample, Verdict, VerdictKind

pytestmark = pytest.mark.proof

DECLARED = {
    "as we do": GIVEN,
    "several rows": THREE_ROWS,
    "batches of two rows": THREE_ROWS + "batch_size = 2\n",
    "updates in sequence": GIVEN + SEQUENTIAL,
    "shared biases trained": GIVEN + SHARED,
    "a bias for each unit, trained": GIVEN + PER_UNIT,
    "the sum of the squares": GIVEN + '[conventions]\nloss = "sum"\n',
    "the mean of the squares": GIVEN + '[conventions]\nloss = "mean"\n',
    "one output": GIVEN.replace(", [0.50, 0.55]]", "]").replace("T = [0.01, 0.99]", "T = [0.01]"),
    "biases that differ and stay": GIVEN.replace("b1 = 0.35", "b1 = [0.35, 0.40]"),
}
every_convention = pytest.mark.parametrize("given", DECLARED.values(), ids=DECLARED)


def verdicts(judgement: EvaluatedExample) -> dict[tuple[int, str], Verdict]:
    return {(v.line.place.updates, v.line.name): v for v in judgement.verdicts}


@pytest.fixture
def right(tmp_path: Path) -> Printed:
    """Everything for one row and one update, correct to nine decimals."""
    names = [
        name
        for name in publishable_numbers(0, 1, targets=True, steps=True, biases_per_unit=False)
        if not name.endswith(("b1", "b2"))
    ]
    return printed_by(tmp_path, (), {0: names, 1: ["out_y1", "out_y2", "E_total"]}, decimals=9)


# The numbers


@every_convention
def test_every_formula_gives_the_true_number(tmp_path: Path, given: str) -> None:
    case = example(tmp_path, {0: {"new_w1": "0"}}, given)
    formulas, told = ExampleFormulas(case), 0
    with ctx.workprec(256):
        true = calculate(build_network(case.conventions), case, [0, 1, 2, 3])
        numbers = given_numbers(case)
        for place, value in true.items():
            if place.updates > 2 or place in numbers:
                continue
            for way in formulas.alternatives(place):
                told += 1
                computed = way.compute((true | numbers).__getitem__)
                assert computed.overlaps(value), (place, way)
                assert computed.rad() < 1e-60
    assert told > 100


def test_the_formulas_say_how_every_number_comes_about(tmp_path: Path) -> None:
    case = example(tmp_path, {0: {"new_w1": "0"}})
    formulas = ExampleFormulas(case)
    known = publishable_numbers(0, 1, targets=True, steps=True, biases_per_unit=False)
    assert [name for name, place in known.items() if formulas.expression_for(place) is None] == []


def by_hand(*, sequential: bool, per_unit: bool) -> Iterator[Mapping[str, float]]:
    """Train Mazur's row with plain floats and the tutorial's letters."""
    w1, w2, w3, w4, w5, w6, w7, w8 = 0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55
    b11 = b12 = 0.35
    b21 = b22 = 0.60
    x1, x2, t1, t2, rate = 0.05, 0.10, 0.01, 0.99, 0.5

    def s(z: float) -> float:
        return 1 / (1 + math.exp(-z))

    while True:
        o1, o2 = s(w1 * x1 + w2 * x2 + b11), s(w3 * x1 + w4 * x2 + b12)
        y1, y2 = s(w5 * o1 + w6 * o2 + b21), s(w7 * o1 + w8 * o2 + b22)
        yield {
            "E_total": ((t1 - y1) ** 2 + (t2 - y2) ** 2) / 2,
            "w1": w1, "w4": w4, "w5": w5, "w8": w8,
            "b1_h2": b12, "b2_y1": b21,
        }  # fmt: skip
        d1, d2 = (y1 - t1) * y1 * (1 - y1), (y2 - t2) * y2 * (1 - y2)
        v5, v6, v7, v8 = w5, w6, w7, w8
        w5, w6, w7, w8 = (
            w5 - rate * d1 * o1,
            w6 - rate * d1 * o2,
            w7 - rate * d2 * o1,
            w8 - rate * d2 * o2,
        )
        if sequential:
            v5, v6, v7, v8 = w5, w6, w7, w8
        e1, e2 = (d1 * v5 + d2 * v7) * o1 * (1 - o1), (d1 * v6 + d2 * v8) * o2 * (1 - o2)
        w1, w2, w3, w4 = (
            w1 - rate * e1 * x1,
            w2 - rate * e1 * x2,
            w3 - rate * e2 * x1,
            w4 - rate * e2 * x2,
        )
        if per_unit:
            b11, b12, b21, b22 = b11 - rate * e1, b12 - rate * e2, b21 - rate * d1, b22 - rate * d2


@pytest.mark.parametrize(
    ("given", "sequential", "per_unit"),
    [
        pytest.param(GIVEN, False, False, id="as we do"),
        pytest.param(GIVEN + SEQUENTIAL, True, False, id="updates in sequence"),
        pytest.param(GIVEN + PER_UNIT, False, True, id="a bias for each unit, trained"),
    ],
)
def test_a_declared_convention_is_what_it_says(
    tmp_path: Path, given: str, sequential: bool, per_unit: bool
) -> None:
    case = example(tmp_path, {0: {"new_w1": "0"}}, given)
    known = publishable_numbers(100, 1, targets=True, steps=True, biases_per_unit=per_unit)
    hand = by_hand(sequential=sequential, per_unit=per_unit)
    for _ in range(100):
        next(hand)
    with ctx.workprec(256):
        true = calculate(build_network(case.conventions), case, [100])
    numbers = {name: number for name, number in next(hand).items() if name in known}
    assert {"E_total", "w1", "w4", "w5", "w8"} <= numbers.keys()
    for name, number in numbers.items():
        assert float(true[known[name]].mid()) == pytest.approx(number, rel=1e-12), name


@every_convention
def test_what_is_right_by_the_declared_convention_is_right(tmp_path: Path, given: str) -> None:
    rows = "_row2" if "[[0.05" in given else ""
    names = {0: [f"out_y1{rows}", "dE_dw1", "new_w1", "new_w5"], 7: [f"E_total{rows}", "w3"]}
    printed = printed_by(tmp_path, (), names, given=given)
    judgement = evaluate_example(example(tmp_path, printed, given))
    assert [v.kind for v in judgement.verdicts] == [VerdictKind.RIGHT] * 6
    assert judgement.causes == []


# Wrong in the last digits only


def test_a_right_example_is_right_to_every_digit(tmp_path: Path, right: Printed) -> None:
    judgement = evaluate_example(example(tmp_path, right))
    assert judgement.wrong == []
    assert judgement.causes == []


def test_a_number_is_cut_off_instead_of_rounded(tmp_path: Path, right: Printed) -> None:
    judgement = evaluate_example(example(tmp_path, with_changes(right, {0: {"E2": "0.023560025"}})))
    [found] = judgement.wrong
    assert (found.kind, found.correct_digits) == (VerdictKind.TRUNCATED, "0.023560026")


def test_a_number_is_cut_off_from_a_binary_one_just_below(tmp_path: Path) -> None:
    """h1 is 0.3775; in float32, 0.37749999."""
    [found] = evaluate_example(example(tmp_path, {0: {"h1": "0.37749"}})).wrong
    assert (found.kind, found.why) == (VerdictKind.TRUNCATED, "from a binary number just below")


def test_rounding_is_carried_through_from_lines_before(tmp_path: Path) -> None:
    printed = {
        "dE_dout_y2": "-0.217071535",
        "dout_dy2": "0.175510053",
        "delta_y2": "-0.03809823661",
    }
    [found] = evaluate_example(example(tmp_path, {0: printed})).wrong
    assert (found.kind, found.line.name) == (VerdictKind.ROUNDED, "delta_y2")
    assert found.why == "∂E2/∂Out y2 = −0.217071535, ∂Out y2/∂y2 = 0.175510053"


def test_rounding_is_carried_through_from_a_number_that_is_not_printed(tmp_path: Path) -> None:
    [found] = evaluate_example(example(tmp_path, {0: {"dE2_dout_h1": "-0.019049119"}})).wrong
    assert (found.kind, found.why) == (VerdictKind.ROUNDED, "∂E2/∂y2 rounded to 9 decimals")


def test_a_gradient_is_computed_back_from_the_new_weight(tmp_path: Path) -> None:
    [found] = evaluate_example(
        example(tmp_path, {0: {"dE_dw4": "0.000995420", "new_w1": "0.14978072"}})
    ).wrong
    assert (found.kind, found.why) == (VerdictKind.ROUNDED, "new w4 rounded to 8 decimals")


def test_a_program_in_float64_need_not_do_better(tmp_path: Path) -> None:
    """After 10,000 updates the last digits are rounding errors; 14 digits are right."""
    printed = {1: {"E_total": "0.28047144679143016"}, 10_000: {"E_total": "2.4475622359322466E-6"}}
    judgement = evaluate_example(example(tmp_path, printed, GIVEN + PER_UNIT))
    assert [v.kind for v in judgement.verdicts] == [VerdictKind.RIGHT, VerdictKind.RIGHT]


def test_a_program_in_float64_is_wrong_beyond_its_bound(tmp_path: Path) -> None:
    [found] = evaluate_example(example(tmp_path, {0: {"E_total": "0.29837110876001"}})).wrong
    assert found.kind in {VerdictKind.UNEXPLAINED, VerdictKind.ROUNDED}


# Wrong


def test_an_error_is_carried_on_by_right_formulas(tmp_path: Path, right: Printed) -> None:
    wrong = {"h1": "0.3825", "out_h1": "0.594475931", "y1": "1.106388342"}
    found = verdicts(evaluate_example(example(tmp_path, with_changes(right, {0: wrong}))))
    assert found[0, "h1"].kind is not VerdictKind.PROPAGATED
    assert (found[0, "out_h1"].kind, found[0, "out_h1"].why) == (
        VerdictKind.PROPAGATED,
        "h1 = 0.3825",
    )
    assert found[0, "y1"].kind is VerdictKind.PROPAGATED
    assert found[0, "y1"].why.startswith("Out h1 = 0.594475931")
    assert found[0, "out_y1"].kind is VerdictKind.RIGHT


@pytest.mark.parametrize(
    ("changed", "digits", "words"),
    [
        pytest.param("y1", "0.505905967", "the term b2 is left out", id="a term left out"),
        pytest.param(
            "dE_dw5", "0.439829649", "the factor ∂Out y1/∂y1 is left out", id="a factor left out"
        ),
        pytest.param(
            "new_w5", "0.441083520", "the sign of η · ∂E/∂w5 is flipped", id="a sign turned"
        ),
        pytest.param(
            "dE_dw1", "0.001670990", "∂E1/∂y1 is used instead of ∂E/∂Out h1", id="another operand"
        ),
    ],
)
def test_one_thing_is_wrong_in_a_formula(
    tmp_path: Path, right: Printed, changed: str, digits: str, words: str
) -> None:
    [found] = evaluate_example(example(tmp_path, with_changes(right, {0: {changed: digits}}))).wrong
    assert (found.kind, found.why) == (VerdictKind.SLIP, words)


def test_few_digits_that_many_slips_would_give_are_not_explained(tmp_path: Path) -> None:
    [found] = evaluate_example(example(tmp_path, {0: {"dE_dw1": "0.01"}})).wrong
    assert found.kind is VerdictKind.UNEXPLAINED


def test_few_digits_are_explained_where_what_follows_confirms_it(tmp_path: Path) -> None:
    judgement = evaluate_example(
        example(tmp_path, {0: {"dE_dw1": "0.000603", "new_w1": "0.14969838"}})
    )
    slip, after = judgement.verdicts
    assert (slip.kind, slip.why) == (VerdictKind.SLIP, "x1 is used instead of ∂E/∂Out h1")
    assert (after.kind, after.why) == (VerdictKind.PROPAGATED, "from ∂E/∂w1 before it was rounded")


def test_the_digits_of_another_number_are_printed(tmp_path: Path, right: Printed) -> None:
    printed = with_changes(right, {0: {"new_w6": right[0]["new_w7"]}})
    [found] = evaluate_example(example(tmp_path, printed)).wrong
    assert (found.kind, found.why) == (VerdictKind.COPIED, "these are the digits of new w7")


@pytest.mark.parametrize(("update", "words"), [(9, "9 updates"), (11, "11 updates")])
def test_the_number_of_another_update_is_printed(tmp_path: Path, update: int, words: str) -> None:
    [digits] = printed_by(tmp_path, (), {update: ["E_total"]})[update].values()
    [found] = evaluate_example(example(tmp_path, {10: {"E_total": digits}})).wrong
    assert (found.kind, found.why) == (
        VerdictKind.OTHER_UPDATE,
        f"this is the number after {words}",
    )


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        pytest.param("0.51130270", "a digit is missing", id="a digit left out"),
        pytest.param("0.511201270", "one digit is wrong", id="one digit another"),
        pytest.param("0.513101270", "two digits are swapped", id="two digits swapped"),
        pytest.param("0.5113012270", "a digit is doubled or inserted", id="a digit twice"),
    ],
)
def test_a_number_is_miswritten(tmp_path: Path, digits: str, words: str) -> None:
    [found] = evaluate_example(example(tmp_path, {0: {"new_w7": digits}})).wrong
    assert (found.kind, found.why) == (VerdictKind.TYPO, words)


def test_a_number_is_miswritten_if_what_follows_is_right(tmp_path: Path) -> None:
    [found] = evaluate_example(
        example(tmp_path, {0: {"out_y1": "0.75136079", "E_total": "0.298371109"}})
    ).wrong
    assert found.kind is VerdictKind.TYPO
    assert found.why == "E_Total is right, but would not be with these digits"


def test_a_number_merely_close_by_is_not_called_miswritten(tmp_path: Path) -> None:
    [found] = evaluate_example(example(tmp_path, {0: {"out_y1": "0.751365083"}})).wrong
    assert found.kind is VerdictKind.UNEXPLAINED


def test_two_update_rules_are_mixed(tmp_path: Path, right: Printed) -> None:
    sequential = CATALOGUE["hidden-delta-uses-updated-weights"]
    later = printed_by(tmp_path, (sequential,), {1: ["E_total"], 50: ["out_y1", "out_y2"]})
    printed = {0: right[0], **later}
    judgement = evaluate_example(example(tmp_path, printed))
    [cause] = judgement.causes
    assert cause.mistakes == ("hidden-delta-uses-updated-weights",)
    assert [line.name for line in cause.explains] == ["E_total", "out_y1", "out_y2"]
    assert {"new_w1", "new_w2", "new_w3", "new_w4"} <= {line.name for line in cause.contradicted_by}
    assert {v.kind for v in judgement.wrong} == {VerdictKind.MISTAKE}


def test_a_declared_convention_is_no_mistake(tmp_path: Path) -> None:
    sequential = CATALOGUE["hidden-delta-uses-updated-weights"]
    printed = printed_by(tmp_path, (sequential,), {0: WEIGHTS, 9: ["E_total"]})
    assert evaluate_example(example(tmp_path, printed, GIVEN + SEQUENTIAL)).wrong == []
    assert len(evaluate_example(example(tmp_path, printed)).wrong) == 5


# Digits and names


@pytest.mark.parametrize(
    ("digits", "significant", "decimals"),
    [("0.0500", 3, 4), ("-1.5e-7", 2, 8), (".25", 2, 2), ("12", 2, 0), ("0", 0, 0)],
)
def test_digits_are_counted_as_printed(digits: str, significant: int, decimals: int) -> None:
    assert (PublishedDigits(digits).significant, PublishedDigits(digits).decimals) == (
        significant,
        decimals,
    )


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (NumberId(0, "h[0][1]"), "h2"),
        (NumberId(0, "out_y[1][0]"), "Out y1, row 2"),
        (NumberId(0, "dE_k_dout_h[0][1][0]"), "∂E2/∂Out h1"),
        (NumberId(0, "gradients.W2[1][0]"), "∂E/∂w7"),
        (NumberId(0, "gradients.b1[1]"), "∂E/∂b1 (h2)"),
        (NumberId(0, "params.W1[0][1]"), "w2"),
        (NumberId(1, "params.b2"), "new b2"),
        (NumberId(1000, "params.W2[0][0]"), "w5 after 1,000 updates"),
        (NumberId(0, "learning_rate"), "η"),
    ],
)
def test_a_number_is_called_as_the_tutorial_does(place: NumberId, words: str) -> None:
    assert symbol(place) == words


def test_a_number_close_by_is_not_called_a_slip(tmp_path: Path, right: Printed) -> None:
    """With hundreds of operands, one always comes close to the right digits."""
    close = {"new_w8": "0.561370161", "new_w1": "0.149780116", "new_w6": "0.408666206"}
    for name, digits in close.items():
        [found] = evaluate_example(
            example(tmp_path, with_changes(right, {0: {name: digits}}))
        ).wrong
        assert found.kind is not VerdictKind.SLIP, found.why
