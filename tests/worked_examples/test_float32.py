"""The numbers of a program in float32 are right in float32, and no mistake is named for them."""

import math
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from flint import ctx
from worked_example_files import GIVEN, GRADIENTS, example, printed_by

from backproof.worked_examples.evaluation import evaluate_example
from backproof.worked_examples.evaluation_state import EvaluationState
from backproof.worked_examples.verdicts import EvaluatedExample, VerdictKind

pytestmark = pytest.mark.proof

IN_FLOAT32 = {VerdictKind.RIGHT, VerdictKind.FLOAT32}
NUMBERS = {
    "all digits": repr,
    "17 digits": "{:.17g}".format,
    "9 decimals": "{:.9f}".format,
    "8 decimals": "{:.8f}".format,
}


def f32(x: float) -> float:
    """Round to float32."""
    (rounded,) = struct.unpack("f", struct.pack("f", x))
    return float(rounded)


def sigmoid(z: float) -> float:
    return f32(1 / f32(1 + f32(math.exp(-z))))


def weighted(w: float, x: float, v: float, y: float, b: float) -> float:
    return f32(f32(f32(w * x) + f32(v * y)) + b)


def program(*, hidden_bias: float = 0.35, slope: bool = True) -> dict[str, float]:
    """Compute the example of the template in float32, rounding after each operation."""
    w = [f32(x) for x in (0.15, 0.20, 0.25, 0.30, 0.40, 0.45, 0.50, 0.55)]
    x, t, b1, b2 = [f32(0.05), f32(0.10)], [f32(0.01), f32(0.99)], f32(hidden_bias), f32(0.60)
    h = [sigmoid(weighted(w[i], x[0], w[i + 1], x[1], b1)) for i in (0, 2)]
    y = [sigmoid(weighted(w[i], h[0], w[i + 1], h[1], b2)) for i in (4, 6)]
    errors = [f32(y[k] - t[k]) for k in (0, 1)]
    slopes = [f32(y[k] * f32(1 - y[k])) if slope else 1 for k in (0, 1)]
    deltas = [f32(errors[k] * slopes[k]) for k in (0, 1)]
    carried = [f32(f32(w[4 + j] * deltas[0]) + f32(w[6 + j] * deltas[1])) for j in (0, 1)]
    hidden = [f32(carried[j] * f32(h[j] * f32(1 - h[j]))) for j in (0, 1)]
    gradients = [f32(hidden[j] * x[i]) for j in (0, 1) for i in (0, 1)]
    gradients += [f32(deltas[k] * h[j]) for k in (0, 1) for j in (0, 1)]
    stepped = [f32(w[i] - f32(f32(0.5) * gradients[i])) for i in range(8)]
    halves = [f32(f32(0.5) * f32(e * e)) for e in errors]
    return {
        "out_h1": h[0],
        "out_h2": h[1],
        "out_y1": y[0],
        "out_y2": y[1],
        "E_total": f32(halves[0] + halves[1]),
        **{f"dE_dw{i + 1}": gradients[i] for i in range(8)},
        **{f"new_w{i + 1}": stepped[i] for i in range(8)},
    }


def judged(folder: Path, printed: Mapping[str, str]) -> EvaluatedExample:
    return evaluate_example(example(folder, {0: printed}))


def kinds(judgement: EvaluatedExample) -> dict[str, VerdictKind]:
    return {v.line.name: v.kind for v in judgement.verdicts}


def all_digits(numbers: Mapping[str, float]) -> dict[str, str]:
    return {name: repr(x) for name, x in numbers.items()}


@pytest.mark.parametrize("written", NUMBERS.values(), ids=NUMBERS)
def test_a_right_program_in_float32_is_right(
    tmp_path: Path, written: Callable[[float], str]
) -> None:
    printed = {name: written(x) for name, x in program().items()}
    judgement = judged(tmp_path, printed)
    assert set(kinds(judgement).values()) <= IN_FLOAT32
    assert VerdictKind.FLOAT32 in kinds(judgement).values()
    assert (judgement.causes, judgement.mistaken) == ([], [])


def test_a_mistake_of_a_program_in_float32_is_named(tmp_path: Path) -> None:
    judgement = judged(tmp_path, all_digits(program(slope=False)))
    [cause] = judgement.causes
    assert cause.mistakes == ("output-slope-missing",)
    assert cause.contradicted_by == []
    found = kinds(judgement)
    assert {found[name] for name in ("out_h1", "out_y1", "E_total")} == {VerdictKind.FLOAT32}
    assert {found[name] for name in GRADIENTS} == {VerdictKind.MISTAKE}


def test_a_mistake_in_the_first_number_of_a_program_in_float32_is_named(tmp_path: Path) -> None:
    judgement = judged(tmp_path, all_digits(program(hidden_bias=0)))
    [cause] = judgement.causes
    assert cause.mistakes == ("hidden-bias-missing",)
    assert set(kinds(judgement).values()) <= {VerdictKind.MISTAKE, VerdictKind.PROPAGATED}


def test_a_number_beyond_the_bound_for_float32_stays_wrong(tmp_path: Path) -> None:
    numbers = program()
    numbers["new_w4"] = f32(numbers["new_w4"] * 1.0001)
    judgement = judged(tmp_path, all_digits(numbers))
    [wrong] = judgement.mistaken
    assert wrong.line.name == "new_w4"
    assert judgement.causes == []


def test_a_typo_among_the_numbers_of_a_program_in_float32_is_found(tmp_path: Path) -> None:
    printed = all_digits(program())
    printed["out_y2"] = printed["out_y2"].replace("0.7729", "0.7792")
    [wrong] = judged(tmp_path, printed).mistaken
    assert wrong.line.name == "out_y2"


def test_one_float32_number_among_exact_ones_is_not_right_in_float32(tmp_path: Path) -> None:
    names = ["out_h1", "out_h2", "out_y1", "out_y2", "E_total"]
    printed = {**printed_by(tmp_path, (), {0: names}, decimals=15)[0]}
    printed["out_h1"] = repr(program()["out_h1"])
    assert VerdictKind.FLOAT32 not in kinds(judged(tmp_path, printed)).values()


def test_numbers_of_a_coarser_format_are_not_right_in_float32(tmp_path: Path) -> None:
    """Half precision: float32 holds its numbers, too, but they are further off."""
    coarse = {
        name: struct.unpack("e", struct.pack("e", x))[0]
        for name, x in program().items()
        if name.startswith("out")
    }
    assert VerdictKind.FLOAT32 not in kinds(judged(tmp_path, all_digits(coarse))).values()


def test_where_the_bound_is_wide_nothing_is_right_in_float32(tmp_path: Path) -> None:
    """Out y1 is its target but for 4·10⁻¹⁰, so no digit of the difference is left in float32."""
    given = GIVEN.replace("T = [0.01, 0.99]", "T = [0.751365070, 0.99]")
    outputs = {name: x for name, x in program().items() if name.startswith("out")}
    printed = {0: all_digits({**outputs, "dE_dout_y1": f32(3e-8)})}
    found = kinds(evaluate_example(example(tmp_path, printed, given)))
    assert {found[name] for name in outputs} == {VerdictKind.FLOAT32}
    assert found["dE_dout_y1"] is not VerdictKind.FLOAT32


def test_exact_halves_are_no_sign_of_float32(tmp_path: Path) -> None:
    given = """\
[inputs]
W1 = [[0, 0], [0, 0]]
b1 = 0
W2 = [[0, 0], [0, 0]]
b2 = 0
X = [0.05, 0.10]
T = [0.3, 0.6]
"""
    printed = dict.fromkeys(["out_h1", "out_h2", "out_y1", "out_y2"], "0.500000000")
    judgement = evaluate_example(
        example(tmp_path, {0: printed | {"E_total": "0.025000002"}}, given)
    )
    assert kinds(judgement)["E_total"] is not VerdictKind.FLOAT32


def test_a_difference_within_the_bound_is_no_evidence_of_a_mistake(tmp_path: Path) -> None:
    with ctx.workprec(256):
        state = EvaluationState(example(tmp_path, {0: all_digits(program())}))
        assert all(state.distance_to_reference(line) <= 1 for line in state.lines)
