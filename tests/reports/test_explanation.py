"""The worked calculation: its numbers are exact, its formulas give them, its sheets agree."""

import json
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import Command
from mpmath import iv, mp, mpf  # type: ignore[import-untyped]  # mpmath has no annotations
from second_derivation import derive, intermediates
from sheets import NUMBER, PRINTED, blocks, results
from vector_files import MAZUR, entry, with_op, written

from backproof.network.notation import Formula
from backproof.network.quantities import publishable_quantities, tutorial_name
from backproof.reports.explanation import WorkedCalculation, explain
from backproof.reports.explanation_sheet import format_number, render_markdown
from backproof.vectors.vectors import Vector, VectorFile, load_file

# The symbols in the calculation of the first row, in the order of the tutorial.
QUANTITIES = {
    "h1": "h[0][0]",
    "h2": "h[0][1]",
    "Out h1": "out_h[0][0]",
    "Out h2": "out_h[0][1]",
    "y1": "y[0][0]",
    "y2": "y[0][1]",
    "Out y1": "out_y[0][0]",
    "Out y2": "out_y[0][1]",
    "E1": "per_output[0][0]",
    "E2": "per_output[0][1]",
    "E_Total": "total[0]",
    "∂E1/∂Out y1": "dE_dout_y[0][0]",
    "∂Out y1/∂y1": "dout_dy[0][0]",
    "∂E/∂w5": "W2[0][0]",
    "new w5": "new W2[0][0]",
    "∂E/∂w6": "W2[0][1]",
    "new w6": "new W2[0][1]",
    "∂E2/∂Out y2": "dE_dout_y[0][1]",
    "∂Out y2/∂y2": "dout_dy[0][1]",
    "∂E/∂w7": "W2[1][0]",
    "new w7": "new W2[1][0]",
    "∂E/∂w8": "W2[1][1]",
    "new w8": "new W2[1][1]",
    "∂E1/∂y1": "delta_y[0][0]",
    "∂E2/∂y2": "delta_y[0][1]",
    "∂E1/∂Out h1": "dE_k_dout_h[0][0][0]",
    "∂E2/∂Out h1": "dE_k_dout_h[0][1][0]",
    "∂E/∂Out h1": "dE_dout_h[0][0]",
    "∂Out h1/∂h1": "dout_dh[0][0]",
    "∂E/∂h1": "delta_h[0][0]",
    "∂E/∂w1": "W1[0][0]",
    "new w1": "new W1[0][0]",
    "∂E/∂w2": "W1[0][1]",
    "new w2": "new W1[0][1]",
    "∂E1/∂Out h2": "dE_k_dout_h[0][0][1]",
    "∂E2/∂Out h2": "dE_k_dout_h[0][1][1]",
    "∂E/∂Out h2": "dE_dout_h[0][1]",
    "∂Out h2/∂h2": "dout_dh[0][1]",
    "∂E/∂h2": "delta_h[0][1]",
    "∂E/∂w3": "W1[1][0]",
    "new w3": "new W1[1][0]",
    "∂E/∂w4": "W1[1][1]",
    "new w4": "new W1[1][1]",
    "∂E/∂b2": "b2",
    "new b2": "new b2",
    "∂E/∂b1": "b1",
    "new b1": "new b1",
}


def of_row_1(inputs: Mapping[str, Any]) -> dict[str, mpf]:
    """Derive every number in the calculation of one row, and those after its step."""
    found = {**derive("forward", inputs), **derive("loss", inputs), **intermediates(inputs)}
    found |= derive("gradients", inputs)
    stepped = derive("train", inputs)
    found |= {f"new {path}": number for path, number in stepped.items()}
    return found


def as_fractions(nested: Any) -> Any:
    """Convert every decimal string in the inputs to an exact fraction."""
    if isinstance(nested, dict):
        return {key: as_fractions(value) for key, value in nested.items()}
    if isinstance(nested, list):
        return [as_fractions(item) for item in nested]
    return Fraction(nested) if isinstance(nested, str) else nested


def half_a_unit(text: str) -> Fraction:
    """Return half a unit in the last place of a number as shown."""
    return Fraction(10) ** int(Decimal(ascii_minus(text)).as_tuple().exponent) / 2


def ascii_minus(text: str) -> str:
    return text.replace("−", "-")


@pytest.fixture(scope="module")
def random_nets(fixtures: Path) -> VectorFile:
    return load_file(fixtures / "random.json", trusted=True)


def explained(file: VectorFile, name: str) -> WorkedCalculation:
    [vector] = [vector for vector in file.vectors if vector.id == name]
    return explain(file, vector)


@pytest.mark.parametrize("digits", [4, 12, 40])
@pytest.mark.parametrize("step", ["step", "step-with-biases"])
def test_every_number_of_the_first_row_is_the_one_derived_another_way(
    tutorial: VectorFile, fixtures: Path, step: str, digits: int
) -> None:
    whole = json.loads((fixtures / "tutorial.json").read_text("utf-8"))
    [inputs] = [v["inputs"] for v in whole["vectors"] if v["id"] == f"tutorial/row-1/{step}"]
    derived = of_row_1(as_fractions(inputs))
    sheet = render_markdown(explained(tutorial, f"tutorial/row-1/{step}"), digits)
    shown_here = results(sheet)
    before = [symbol for symbol in QUANTITIES if step == "step-with-biases" or "b" not in symbol]
    again = list(QUANTITIES)[:11]  # the forward pass with the new weights, and its loss
    assert [symbol for symbol, _ in shown_here] == before + again
    with mp.workdps(60):
        for symbol, text in shown_here[: len(before)]:
            error = abs(mpf(ascii_minus(text)) - derived[QUANTITIES[symbol]])
            slack = mpf(1) + mpf(10) ** -4  # of the 40th digit: both derivations have about 45
            assert error <= mp.convert(half_a_unit(text)) * slack, symbol


@pytest.mark.parametrize(
    "name", ["forward", "loss", "gradients", "step", "step-with-biases"], ids=str
)
def test_what_the_fixture_expects_is_what_the_sheet_shows(
    tutorials: Mapping[str, Vector], tutorial: VectorFile, name: str
) -> None:
    vector = tutorials[f"tutorial/row-1/{name}"]
    found = dict(reversed(results(render_markdown(explain(tutorial, vector), 12))))
    for path, number in vector.expected["float64"].items():
        letters = tutorial_name(path, vector.op).partition(",")[0]
        symbol = f"new {letters}" if vector.op == "train" else letters
        if symbol in ("new b1", "new b2") and name == "step":
            assert symbol not in found  # a bias that stays has no formula
        else:
            assert abs(Decimal(ascii_minus(found[symbol])) - number.value) < Decimal("6e-13")


SEVERAL = [
    "tutorial/row-1/step",
    "tutorial/row-1/gradients",
    "tutorial/all-rows/gradients",
    "tutorial/1-epoch/per-row",
    "tutorial/1-epoch/batches-of-3-with-biases",
    "random/ordinary-1/train",
    "random/ordinary-2/gradients",
]


@pytest.fixture(scope="module")
def sheets(tutorial: VectorFile, random_nets: VectorFile) -> Callable[[str, int], str]:
    def sheet(name: str, digits: int) -> str:
        file = tutorial if name.startswith("tutorial/") else random_nets
        return render_markdown(explained(file, name), digits)

    return sheet


@pytest.mark.parametrize("digits", [5, 12, 30])
@pytest.mark.parametrize("name", SEVERAL, ids=str)
def test_the_numbers_put_in_give_the_result(
    sheets: Callable[[str, int], str], name: str, digits: int
) -> None:
    """Each number shown, and each result, stands for all numbers that round to it."""
    calculated = 0
    for lines in blocks(sheets(name, digits)):
        joined = " ".join(line.strip() for line in lines if not PRINTED.match(line))
        *_, numbers, result = re.split(r" ?= ", joined)
        if not digits_only(numbers):
            raise AssertionError(f"no numbers are put in: {joined}")
        with mp.workdps(50):
            iv.dps = 50
            possible = evaluated(numbers, digits)
            claimed = interval(result, digits)
            assert possible.a <= claimed.b, joined
            assert claimed.a <= possible.b, joined
        calculated += 1
    assert calculated >= 33


def digits_only(formula: str) -> bool:
    return not re.search(r"[A-Zabcdf-z]|e(?![+−]\d)", formula)


def interval(number: str, digits: int) -> Any:
    """Return the interval that a number stands for; a number with fewer digits is exact."""
    value = Fraction(ascii_minus(number))
    mantissa = re.sub(r"e.*|[−.]", "", number).lstrip("0")
    spread = half_a_unit(number) if len(mantissa) >= digits else Fraction(0)
    low, high = value - spread, value + spread
    return iv.mpf([str(mp.convert(low)), str(mp.convert(high))])


def evaluated(formula: str, digits: int) -> Any:
    """Evaluate a formula with numbers, in interval arithmetic."""
    code = NUMBER.sub(lambda m: f"N('{m[0]}')", formula.replace(" − ", " - "))
    for sign, operation in {"½ ": "HALF*", "²": "**2", "·": "*", "−(": "-(", "σ": "S"}.items():
        code = code.replace(sign, operation)
    names = {
        "N": lambda number: interval(number, digits),
        "S": lambda z: 1 / (1 + iv.exp(-z)),
        "HALF": iv.mpf("0.5"),
    }
    return eval(code, {"__builtins__": {}}, names)  # noqa: S307  # a formula of our own


@pytest.mark.parametrize("numbers", ["0.5·0.5 + 0.25", "σ(0)", "½ (0.5 − 1.5)²", "−(0.5 − 1)"])
def test_the_evaluation_of_formulas_knows_right_from_wrong(numbers: str) -> None:
    iv.dps = 50
    assert 0.5 in evaluated(numbers, 12)
    assert 0.5000000001 not in evaluated(numbers, 12)


SCHEDULES: list[dict[str, Any]] = [
    {"epochs": epochs, "train_biases": moving} for epochs in (0, 1, 2) for moving in (False, True)
]


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("op", "schedule"),
    [
        pytest.param("forward", {}, id="forward"),
        pytest.param("loss", {}, id="loss"),
        pytest.param("gradients", {}, id="gradients"),
        *(pytest.param("train", schedule, id=f"train-{schedule}") for schedule in SCHEDULES),
    ],
)
def test_every_quantity_that_can_be_printed_has_a_place(
    tmp_path: Path, op: Any, schedule: dict[str, Any], rows: int
) -> None:
    X, T = [["0.1", "0.2"]] * rows, [["0", "1"]] * rows
    whole = with_op(op, inputs__X=X, inputs__T=T, inputs__batch_size=rows)
    whole["inputs"] |= schedule
    names = publishable_quantities(op, rows)
    whole["printed"] = dict.fromkeys(names, "1.5")
    file = load_file(written(tmp_path, whole))
    [vector] = file.vectors
    beside = [printed.quantity for _, printed in explain(file, vector).published_numbers]
    assert sorted(beside) == sorted(names)


def test_right_and_wrong_digits_are_marked_below_the_result(
    backproof: Command, tmp_path: Path
) -> None:
    path = written(tmp_path, MAZUR, "mazur.json")
    done = backproof("explain", "mazur/1", "--vectors", path, "--markdown")
    assert done.status == 0
    marked = [match.groups() for line in done.out.splitlines() if (match := PRINTED.match(line))]
    wrong = [(digits, verdict) for digits, verdict in marked if verdict != "right"]
    assert wrong == [("−0.019049119", "WRONG, should be −0.019049118")]
    assert len(marked) == 26
    block = """\
∂E2/∂Out h1 = ∂E2/∂y2 · ∂y2/∂Out h1
            = −0.0380982365166 · 0.5
            = −0.0190491182583
              −0.019049119       published: WRONG, should be −0.019049118
"""
    assert block in done.out
    assert done.out.endswith(
        "25 of 26 published numbers are right; ∂E2/∂Out h1 is not −0.019049119.\n"
    )


def test_a_number_printed_after_the_last_step_stands_there(
    backproof: Command, tmp_path: Path
) -> None:
    path = written(tmp_path, MAZUR, "mazur.json")
    done = backproof("explain", "mazur/after-1", "--vectors", path)
    _, after = done.out.split("After the step")
    assert re.search("0.291027924 +published: WRONG, should be 0.291027774", after)


def test_the_tutorials_printed_numbers_are_all_shown_and_right(
    backproof: Command, tutorial: VectorFile
) -> None:
    printed = [number for vector in tutorial.vectors for number in vector.published]
    done = backproof("explain")
    shown_here = [match[1] for line in done.out.splitlines() if (match := PRINTED.match(line))]
    assert sorted(shown_here) == sorted(number.digits for number in printed)
    assert "All 13 published numbers are right to every digit." in done.out


def test_an_epoch_starts_with_what_is_printed_and_goes_on_with_the_new_weights(
    backproof: Command, tutorials: Mapping[str, Vector]
) -> None:
    done = backproof("explain", "tutorial/1-epoch/per-row", "--markdown")
    steps = re.split(r"\n## ", done.out)[1:]
    titles = [step.partition("\n")[0] for step in steps]
    assert titles == [*(f"Step {n} of 4: row {n}" for n in (1, 2, 3, 4)), "After 4 steps"]
    assert re.search("0.41425240 +published: right", steps[0])
    assert not any("printed" in step for step in steps[1:4])
    for step, following in pairwise(steps):
        new = {s.removeprefix("new "): x for s, x in results(step) if s.startswith("new ")}
        given = dict(re.findall(r"(w\d) = (\S+)", following))
        assert list(new) == ["w5", "w6", "w7", "w8", "w1", "w2", "w3", "w4"]
        assert new == given
    at_the_end = tutorials["tutorial/1-epoch/per-row"].expected["float64"]
    for path, number in at_the_end.items():
        if path[0] == "W":
            assert (
                abs(Decimal(ascii_minus(given[tutorial_name(path, "train")])) - number.value)
                < 1e-12
            )


def test_what_is_printed_for_the_first_weights_does_not_stand_beside_later_ones(
    backproof: Command, tmp_path: Path
) -> None:
    """Two steps start with the same row, but only one has the weights of the other vector."""
    row, target = ["0.1", "0.2"], ["0", "1"]
    one = with_op("forward", id="one", inputs__X=[row], printed={"h[0][0]": "0.47"})
    two = with_op("train", id="two", inputs__X=[row, row], inputs__T=[target, target])
    done = backproof("explain", "two", "--vectors", written(tmp_path, {"vectors": [one, two]}))
    assert done.out.count("published: right") == 1


@pytest.mark.parametrize(
    ("changed", "count"),
    [
        ({}, 3),
        ({"inputs__learning_rate": "0.25"}, 2),  # the gradients are the same, the step is not
        ({"inputs__T": [["1", "0"]]}, 1),  # the forward pass is the same
        ({"inputs__X": [["0.2", "0.1"]]}, 0),
        ({"inputs__params__b2": "0.1"}, 0),
    ],
    ids=["the same", "another rate", "other targets", "other inputs", "another bias"],
)
def test_what_is_printed_for_other_vectors_stands_where_they_begin_with_the_same_numbers(
    tmp_path: Path, changed: dict[str, Any], count: int
) -> None:
    others = [
        with_op("forward", id="a", printed={"h[0][0]": "0.47"}),
        with_op("forward", id="b", printed={"h[0][0]": "0.47"}),  # the same digits count once
        with_op("gradients", id="c", printed={"delta_y[0][0]": "0.01"}),
        with_op("train", id="d", printed={"params.W2[0][0]": "1.0", "total[0]": "0.5"}),
    ]
    asked = entry(id="asked", op="train", **changed)
    file = load_file(written(tmp_path, {"vectors": [*others, asked]}))
    assert len(explained(file, "asked").published_numbers) == count


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        ("0.4176", 12, "0.4176"),
        ("0.6029088085515347845735", 12, "0.602908808552"),
        ("0.1986443486002266021870", 12, "0.198644348600"),
        ("-0.0688", 2, "−0.069"),
        ("12345", 2, "12000"),
        ("0", 12, "0"),
        ("1.25e-7", 12, "1.25e−7"),
        ("-1.25e30", 2, "−1.2e+30"),
        ("9.99e-7", 2, "0.0000010"),
    ],
)
def test_numbers_are_rounded_to_significant_digits(number: str, digits: int, text: str) -> None:
    assert format_number(Decimal(number), digits) == text


@pytest.mark.parametrize(
    ("form", "put_in"),
    [
        ("[a] + [a]", "−2 + (−2)"),
        ("[b] − [a]·[a]", "3 − (−2)·(−2)"),
        ("σ([a])", "σ(−2)"),
        ("([a] + [b]) · [a]", "(−2 + 3) · (−2)"),
    ],
)
def test_negative_numbers_are_put_in_parentheses(form: str, put_in: str) -> None:
    letters = {"a": "−2", "b": "3"}
    assert Formula("c", "", form).substitute(letters.__getitem__) == put_in


def test_a_strangers_words_mean_nothing_to_markdown(backproof: Command, tmp_path: Path) -> None:
    path = written(tmp_path, with_op("loss", description="<b>*Two* [links](x)</b>"))
    done = backproof("explain", "--vectors", path, "--markdown")
    assert r"\<b\>\*Two\* \[links\](x)\</b\>" in done.out
