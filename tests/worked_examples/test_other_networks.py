"""Other losses, one output, another learning rate, other activations: what is said of them."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
from worked_example_files import GIVEN, GRADIENTS, WEIGHTS, Printed, example, printed_by

from backproof.errors import ExampleError
from backproof.network.mistakes import CATALOGUE
from backproof.reports.published_examples import summarize_example
from backproof.worked_examples.candidates import (
    DERIVATIVES_OF_HALF_SUM,
    OF_HALF_SUM,
    OF_TWO_OUTPUTS,
)
from backproof.worked_examples.evaluation import evaluate_example
from backproof.worked_examples.verdicts import EvaluatedExample, VerdictKind

pytestmark = pytest.mark.proof

ONE_OUTPUT = """\
[inputs]
W1 = [[0.3, -0.2], [0.1, 0.4]]
b1 = 0.15
W2 = [[0.7, -0.6]]
b2 = 0.25
X = [0.8, 0.4]
T = [0.9]
learning_rate = 0.3
"""


def with_loss(loss: str, given: str = GIVEN) -> str:
    return f'{given}[conventions]\nloss = "{loss}"\n'


def s(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def digits(numbers: dict[str, float], decimals: int = 9) -> Printed:
    return {0: {name: f"{x:.{decimals}f}" for name, x in numbers.items()}}


def kinds(judgement: EvaluatedExample) -> set[VerdictKind]:
    return {verdict.kind for verdict in judgement.verdicts}


# The loss


def two_outputs(factor: float, share: float, slope: float) -> dict[str, float]:
    """Work through the well-known row; E_k is `factor` (T − Out y)², E_total `share` of their sum.

    The derivative by Out y is `slope` (Out y − T).
    """
    o1, o2 = s(0.15 * 0.05 + 0.20 * 0.10 + 0.35), s(0.25 * 0.05 + 0.30 * 0.10 + 0.35)
    y1, y2 = s(0.40 * o1 + 0.45 * o2 + 0.60), s(0.50 * o1 + 0.55 * o2 + 0.60)
    d1, d2 = slope * (y1 - 0.01), slope * (y2 - 0.99)
    e1, e2 = factor * (0.01 - y1) ** 2, factor * (0.99 - y2) ** 2
    delta1, delta2 = d1 * y1 * (1 - y1), d2 * y2 * (1 - y2)
    hidden = (0.40 * delta1 + 0.50 * delta2) * o1 * (1 - o1)
    return {
        "E1": e1, "E2": e2, "E_total": share * (e1 + e2),
        "dE_dout_y1": d1, "delta_y2": delta2, "dE_dw5": delta1 * o1,
        "new_w5": 0.40 - 0.5 * delta1 * o1, "new_w1": 0.15 - 0.5 * hidden * 0.05,
    }  # fmt: skip


LOSSES = {
    "half-sum": two_outputs(0.5, 1, 1),
    "sum": two_outputs(1, 1, 2),
    "mean": two_outputs(1, 0.5, 1),
}
every_loss = pytest.mark.parametrize("loss", LOSSES)


@every_loss
def test_a_declared_loss_is_no_mistake(tmp_path: Path, loss: str) -> None:
    judgement = evaluate_example(example(tmp_path, digits(LOSSES[loss]), with_loss(loss)))
    assert (judgement.wrong, judgement.notes) == ([], [])


@every_loss
@pytest.mark.parametrize("declared", LOSSES)
def test_a_loss_that_is_not_declared_is_suggested(tmp_path: Path, loss: str, declared: str) -> None:
    if loss == declared:
        return
    judgement = evaluate_example(example(tmp_path, digits(LOSSES[loss]), with_loss(declared)))
    [note] = judgement.notes
    assert note.startswith(f'With loss = "{loss}" in [conventions], ')
    assert f"{len(judgement.wrong)} more numbers are right and none becomes wrong" in note


def test_another_loss_comes_before_the_mistakes_that_it_looks_like(tmp_path: Path) -> None:
    said = list(summarize_example(evaluate_example(example(tmp_path, digits(LOSSES["sum"])))))
    loss, mistake = (
        next(i for i, line in enumerate(said) if line.startswith(start))
        for start in ('With loss = "sum"', "  gradient-without-half")
    )
    assert loss < mistake


@pytest.mark.parametrize(
    ("wording", "loss"),
    [
        ("sum of squares", "sum"),
        ("Sum of Squared Errors", "sum"),
        ("SSE", "sum"),
        ("half sum", "half-sum"),
        ("half the sum of squares", "half-sum"),
        ("mean squared error", "mean"),
        ("mean-squared-error", "mean"),
        ("MSE", "mean"),
    ],
)
def test_a_loss_is_declared_in_the_usual_words(tmp_path: Path, wording: str, loss: str) -> None:
    case = example(tmp_path, digits(LOSSES[loss]), with_loss(wording))
    assert case.conventions.loss == loss
    assert evaluate_example(case).wrong == []


def test_no_loss_is_suggested_that_makes_a_number_wrong(tmp_path: Path) -> None:
    mixed = LOSSES["half-sum"] | {"E1": LOSSES["sum"]["E1"], "E2": LOSSES["sum"]["E2"]}
    del mixed["E_total"]
    judgement = evaluate_example(example(tmp_path, digits(mixed)))
    [note] = judgement.notes  # the gradients are right, so it is not the sum
    assert note.startswith('With loss = "mean"')
    mixed["E_total"] = 0.8 * mixed["E1"]
    gradients_and_total = {**mixed, "E2": LOSSES["half-sum"]["E2"]}
    assert evaluate_example(example(tmp_path, digits(gradients_and_total))).notes == []


def test_the_gradient_of_another_loss_than_declared_lacks_a_factor(tmp_path: Path) -> None:
    numbers = LOSSES["sum"] | {"dE_dout_y1": LOSSES["half-sum"]["dE_dout_y1"]}
    [found] = evaluate_example(example(tmp_path, digits(numbers), with_loss("sum"))).wrong
    assert (found.kind, found.why) == (VerdictKind.SLIP, "the factor 2 is left out")


def test_the_excluded_mistakes_exist() -> None:
    assert CATALOGUE.keys() >= OF_HALF_SUM | DERIVATIVES_OF_HALF_SUM | OF_TWO_OUTPUTS


# One output


def one_output() -> dict[str, float]:
    h1, h2 = 0.3 * 0.8 - 0.2 * 0.4 + 0.15, 0.1 * 0.8 + 0.4 * 0.4 + 0.15
    o1, o2 = s(h1), s(h2)
    y1 = 0.7 * o1 - 0.6 * o2 + 0.25
    out = s(y1)
    delta = (out - 0.9) * out * (1 - out)
    d1, d2 = delta * 0.7 * o1 * (1 - o1), delta * -0.6 * o2 * (1 - o2)
    return {
        "h1": h1, "h2": h2, "out_h1": o1, "out_h2": o2, "y1": y1, "out_y1": out,
        "E_total": (0.9 - out) ** 2 / 2, "delta_y1": delta, "delta_h1": d1, "delta_h2": d2,
        "dE_dw5": delta * o1, "dE_dw6": delta * o2, "dE_dw1": d1 * 0.8, "dE_dw4": d2 * 0.4,
        "new_w5": 0.7 - 0.3 * delta * o1, "new_w4": 0.4 - 0.3 * d2 * 0.4,
    }  # fmt: skip


def test_a_network_with_one_output_is_checked(tmp_path: Path) -> None:
    assert evaluate_example(example(tmp_path, digits(one_output()), ONE_OUTPUT)).wrong == []


def test_each_unit_of_a_network_with_one_output_trains_its_bias(tmp_path: Path) -> None:
    numbers = one_output()
    new = {
        "new_b2_y1": 0.25 - 0.3 * numbers["delta_y1"],
        "new_b1_h2": 0.15 - 0.3 * numbers["delta_h2"],
    }
    given = ONE_OUTPUT + '[conventions]\nbiases = "per-unit"\n'
    assert evaluate_example(example(tmp_path, digits(new), given)).wrong == []


@pytest.mark.parametrize("loss", ["sum", "mean"])
def test_the_mean_over_one_output_is_the_sum(tmp_path: Path, loss: str) -> None:
    numbers = one_output()
    doubled = {"E_total": 2 * numbers["E_total"], "delta_y1": 2 * numbers["delta_y1"]}
    judgement = evaluate_example(example(tmp_path, digits(doubled), with_loss(loss, ONE_OUTPUT)))
    assert judgement.wrong == []


def test_a_mistake_in_a_network_with_one_output_is_named(tmp_path: Path) -> None:
    numbers = one_output()
    slope_missing = numbers["out_y1"] - 0.9
    wrong = {
        "dE_dw5": slope_missing * numbers["out_h1"],
        "dE_dw6": slope_missing * numbers["out_h2"],
    }
    judgement = evaluate_example(example(tmp_path, digits(numbers | wrong), ONE_OUTPUT))
    assert judgement.causes[0].mistakes == ("output-gradient-without-slope",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(("T = [0.9]", "T = [0.9, 0.1]"), "T must be a row of a number", id="targets"),
        pytest.param(("b2 = 0.25", "b2 = [0.2, 0.3]"), "b2 must be one number", id="two biases"),
        pytest.param(("W2 = [[0.7, -0.6]]", "W2 = [[1, 2, 3]]"), "W2 must be", id="three units"),
    ],
)
def test_a_network_with_one_output_has_one_of_each(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    with pytest.raises(ExampleError, match=said):
        example(tmp_path, {0: {"h1": "0.3"}}, ONE_OUTPUT.replace(*change))


def test_a_network_with_one_output_has_no_second_one(tmp_path: Path) -> None:
    with pytest.raises(ExampleError, match="there is no number 'out_y2' here"):
        example(tmp_path, {0: {"out_y2": "0.5"}}, ONE_OUTPUT)


def test_shared_biases_need_two_outputs(tmp_path: Path) -> None:
    given = ONE_OUTPUT + '[conventions]\nbiases = "shared"\n'
    with pytest.raises(ExampleError, match="biases cannot be 'shared' for a network with one"):
        example(tmp_path, {0: {"h1": "0.3"}}, given)


# The learning rate

GRADIENT = {  # of the well-known row, as its tutorial and its copies publish them
    "w5": 0.0821670406, "w6": 0.0826676278, "w7": -0.0226025405, "w8": -0.0227402422,
}  # fmt: skip
BEFORE = {"w5": 0.40, "w6": 0.45, "w7": 0.50, "w8": 0.55}


def stepped(rate: float) -> dict[str, float]:
    return {f"new_{name}": BEFORE[name] - rate * GRADIENT[name] for name in BEFORE}


@pytest.mark.parametrize("decimals", [5, 8])
def test_one_other_learning_rate_is_named(tmp_path: Path, decimals: int) -> None:
    judgement = evaluate_example(example(tmp_path, digits(stepped(0.35), decimals)))
    assert kinds(judgement) == {VerdictKind.OTHER_RATE}
    assert {verdict.why for verdict in judgement.wrong} == {"0.35 instead of 0.5"}
    [note] = judgement.notes
    assert note.startswith("The learning rate 0.35, not 0.5 as declared, reproduces all 4 new")


@pytest.mark.parametrize("rate", [0.5, 0.62])
def test_a_learning_rate_that_one_weight_contradicts_is_not_named(
    tmp_path: Path, rate: float
) -> None:
    numbers = stepped(0.35) | {"new_w7": stepped(rate)["new_w7"]}
    assert VerdictKind.OTHER_RATE not in kinds(
        evaluate_example(example(tmp_path, digits(numbers, 8)))
    )


def test_one_weight_alone_names_no_learning_rate(tmp_path: Path) -> None:
    numbers = {"new_w5": stepped(0.35)["new_w5"]}
    judgement = evaluate_example(example(tmp_path, digits(numbers, 8)))
    assert VerdictKind.OTHER_RATE not in kinds(judgement)


def test_twice_the_learning_rate_is_a_gradient_without_half(tmp_path: Path) -> None:
    judgement = evaluate_example(example(tmp_path, digits(stepped(1.0), 8)))
    assert judgement.causes[0].mistakes == ("gradient-without-half",)


def test_twice_the_learning_rate_is_that_if_the_gradients_are_right(tmp_path: Path) -> None:
    numbers = {f"dE_d{name}": x for name, x in GRADIENT.items()} | stepped(1.0)
    judgement = evaluate_example(example(tmp_path, digits(numbers, 8)))
    assert {verdict.why for verdict in judgement.wrong} == {"1 instead of 0.5"}


# The activations


def activated(hidden: Callable[[float], float], output: Callable[[float], float]) -> Printed:
    o1, o2 = hidden(0.3775), hidden(0.3925)
    y1, y2 = 0.40 * o1 + 0.45 * o2 + 0.60, 0.50 * o1 + 0.55 * o2 + 0.60
    numbers = {"out_h1": o1, "out_h2": o2, "y1": y1, "out_y1": output(y1), "out_y2": output(y2)}
    return digits(numbers, 6)


@pytest.mark.parametrize(
    ("hidden", "output", "said"),
    [
        pytest.param(
            math.tanh,
            math.tanh,
            "tanh in the hidden layer (Out h1 and Out h2) and tanh in the output layer",
            id="tanh twice",
        ),
        pytest.param(math.tanh, s, "tanh in the hidden layer (Out h1 and Out h2).", id="tanh once"),
        pytest.param(abs, s, "ReLU or the identity in the hidden layer", id="ReLU"),
    ],
)
def test_other_activations_are_said_to_be_another_network(
    tmp_path: Path, hidden: Callable[[float], float], output: Callable[[float], float], said: str
) -> None:
    [note] = evaluate_example(example(tmp_path, activated(hidden, output))).notes
    assert note.startswith(f"The activation is {said}")
    assert "only the sigmoid is known" in note
    assert note.endswith("Leave them out to check the others.")


def test_the_sigmoid_is_no_other_activation(tmp_path: Path) -> None:
    wrong = {0: {**activated(s, s)[0], "out_y1": "0.751465"}}
    assert evaluate_example(example(tmp_path, wrong)).notes == []


# Right and wrong numbers decide between mistakes


def test_right_gradients_rule_out_a_negated_one(tmp_path: Path) -> None:
    numbers = {f"dE_d{name}": x for name, x in GRADIENT.items()} | stepped(-0.5)
    [cause] = evaluate_example(example(tmp_path, digits(numbers, 8))).causes
    assert cause.mistakes == ("update-adds-gradient",)
    assert (list(cause.contradicted_by), list(cause.alternatives)) == ([], [])


def test_without_gradients_both_are_possible(tmp_path: Path) -> None:
    [cause] = evaluate_example(example(tmp_path, digits(stepped(-0.5), 8))).causes
    possible = {cause.mistakes, *cause.alternatives}
    assert {("update-adds-gradient",), ("gradient-negated",)} <= possible


def test_everything_right_stays_right(tmp_path: Path) -> None:
    printed = printed_by(tmp_path, (), {0: [*GRADIENTS, *WEIGHTS, "E_total"]})
    judgement = evaluate_example(example(tmp_path, printed))
    assert (judgement.wrong, judgement.notes, judgement.to_mend) == ([], [], [])
