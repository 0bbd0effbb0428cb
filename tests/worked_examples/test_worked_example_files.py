"""Files of worked examples: numbers are read exactly, and problems are reported."""

from fractions import Fraction
from pathlib import Path

import pytest
from checkout import ROOT
from worked_example_files import GIVEN, THREE_ROWS

from backproof.errors import ExampleError
from backproof.worked_examples.example import (
    MAX_ROW_PASSES,
    MAX_UPDATES,
    Example,
    load_example,
)

PRINTED = "[printed]\nh1 = 0.3775\n"


def loaded(folder: Path, text: str) -> Example:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return load_example(path)


def test_every_digit_is_read_as_it_stands(tmp_path: Path) -> None:
    text = GIVEN.replace("b1 = 0.35", "b1 = 0.350000000000000000001")
    case = loaded(tmp_path, text + '[printed]\nE1 = [0.2748110830, ".27", "−1e-3", 1]\n')
    assert case.inputs.b1[0] == Fraction(35, 100) + Fraction(1, 10**21)
    assert [line.digits.text for line in case.lines] == ["0.2748110830", ".27", "-1e-3", "1"]


def test_lines_keep_the_order_of_the_source(tmp_path: Path) -> None:
    text = GIVEN + "[after.10]\nE_total = 0.1\n[after.2]\nw1 = 0.1\n[printed]\ny1 = 1.1\nh1 = 0.3\n"
    places = [(line.place.updates, line.name) for line in loaded(tmp_path, text).lines]
    assert places == [(0, "y1"), (0, "h1"), (2, "w1"), (10, "E_total")]


def test_what_a_file_does_not_declare_is_as_usual(tmp_path: Path) -> None:
    declared = loaded(tmp_path, GIVEN + PRINTED).conventions
    assert (declared.biases, declared.updates) == ("fixed", "simultaneous")


WRONG = {
    "no TOML": ("[inputs\n", "is not TOML: "),
    "no inputs": ("title = 'x'\n", "lacks the table [inputs]"),
    "an unknown table": (
        GIVEN + "[prints]\n",
        "has the unknown key 'prints': did you mean printed?",
    ),
    "an unknown input": (GIVEN + "rate = 1\n" + PRINTED, "inputs: has the unknown key 'rate'"),
    "no weights": (
        GIVEN.replace("W1 =", "# W1 =") + PRINTED,
        "inputs: lacks W1, [[w1, w2], [w3, w4]]: a row for each hidden unit",
    ),
    "three hidden units": (
        GIVEN.replace("[0.25, 0.30]]", "[0.25, 0.30], [1, 1]]") + PRINTED,
        "inputs: W1 must be [[w1, w2], [w3, w4]]: a row for each hidden unit; the network is 2-2-2",
    ),
    "a word for a number": (
        GIVEN.replace("0.60", '"much"') + PRINTED,
        "inputs: b2 must be a decimal number of at most 60 characters",
    ),
    "no number": (GIVEN.replace("0.60", "nan") + PRINTED, "inputs: b2 must be a decimal number"),
    "a huge exponent": (
        GIVEN.replace("0.60", "1e999999999") + PRINTED,
        "inputs: b2 must be a decimal number",
    ),
    "a tiny number": (
        GIVEN + "[printed]\nout_h1 = 1e-999\n",
        "printed: out_h1 must be a decimal number of at most 60 characters, with at most two",
    ),
    "too few targets": (
        THREE_ROWS.replace(", [0.9, 0.2]]", "]") + "[printed]\nh1_row1 = 1\n",
        "inputs: X and T have different numbers of rows",
    ),
    "a rate without targets": (
        GIVEN.replace("T =", "# T =") + PRINTED,
        "inputs: has learning_rate, but lacks T",
    ),
    "an unknown convention": (
        GIVEN + "[conventions]\nupdates = 'random'\n" + PRINTED,
        "conventions: updates must be one of 'simultaneous', 'sequential'",
    ),
    "an unknown loss": (
        GIVEN + "[conventions]\nloss = 'squares'\n" + PRINTED,
        "conventions: loss must be one of 'half-sum', 'sum', 'mean': ½ Σ (T − Out y)², Σ",
    ),
    "a momentum": (
        GIVEN + "[conventions]\nmomentum = 0.2\n" + PRINTED,
        "conventions: momentum cannot be declared: only plain gradient descent is known. Momentum",
    ),
    "another activation": (
        GIVEN + "[conventions]\nactivation = 'relu'\n" + PRINTED,
        "conventions: activation cannot be declared: only the sigmoid is known. With another",
    ),
    "nothing printed": (GIVEN, "has no published numbers: add some below [printed] or [after.1]"),
    "an unknown number": (
        GIVEN + "[printed]\nout_h3 = 1\n",
        "printed: there is no number 'out_h3' here; did you mean out_h",
    ),
    "a number of no row": (
        THREE_ROWS + "[printed]\nout_h1 = 1\n",
        "printed: there is no number 'out_h1' here; did you mean out_h1_row1?",
    ),
    "a weight that is given": (
        GIVEN + "[printed]\nw1 = 1\n",
        "printed: there is no number 'w1' here; did you mean new_w1?",
    ),
    "the bias of a unit": (
        GIVEN + "[printed]\nnew_b1_h1 = 1\n",
        "printed: new_b1_h1 belongs to the bias of a single unit: declare biases = 'per-unit'",
    ),
    "words for digits": (
        GIVEN + "[printed]\nh1 = 'about 1'\n",
        "printed: h1 must be a decimal number",
    ),
    "no digits": (
        GIVEN + PRINTED + "E_total = []\n",
        "printed: E_total must be a decimal number",
    ),
    "digits of another base": (
        GIVEN + "[printed]\nh1 = 0xff\n",
        "line 10: 0xff is not decimal: write it with the digits 0 to 9",
    ),
    "no number of updates": (
        GIVEN + "[after.many]\nh1 = 1\n",
        "after: 'many' must be a number of updates from 1 to 20,000, as in [after.1]",
    ),
    "too many updates": (GIVEN + "[after.20001]\nh1 = 1\n", "after: '20001' must be a number"),
    "updates without a rate": (
        GIVEN.replace("learning_rate", "# learning_rate") + "[after.1]\nh1 = 1\n",
        "after.1: updates need a learning_rate in [inputs]",
    ),
    "a table that is none": (
        GIVEN + "[after]\n1 = 0.5\n",
        "after.1 must be a table: a line [after.1]",
    ),
    "a title that is none": (
        "title = 3\n" + GIVEN + PRINTED,
        "title must be a string of 1 to 4,000 characters",
    ),
    "a title that cannot be printed": (
        'title = "\\u001b[31m"\n' + GIVEN + PRINTED,
        "title has the unprintable character '\\x1b'",
    ),
    "a very long line": (
        GIVEN + f"note = '{'x' * 2000}'\n",
        "line 9 is longer than 1,000 characters",
    ),
}


@pytest.mark.parametrize(("text", "problem"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_told_what_is_wrong(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ExampleError) as told:
        loaded(tmp_path, text)
    assert str(told.value).startswith(f"{tmp_path / 'mine.toml'}: {problem}")


def test_several_problems_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(ExampleError, match=r"printed: h1 must .*\n  printed: there is no number"):
        loaded(tmp_path, GIVEN + "[printed]\nh1 = 'x'\nh9 = 1\n")


def test_another_shape_is_told_what_can_be_done(tmp_path: Path) -> None:
    larger = GIVEN.replace("[0.25, 0.30]]", "[0.25, 0.30], [1, 1]]") + PRINTED
    with pytest.raises(
        ExampleError, match=r"or 2-2-1 if W2 has one row[.] A smaller one fits with 0"
    ):
        loaded(tmp_path, larger)


def test_the_guide_has_the_limits_of_updates() -> None:
    guide = (ROOT / "docs/guides/worked-examples.md").read_text(encoding="utf-8")
    assert (
        f"N is at most {MAX_UPDATES:,} and, times the rows in an update, at most {MAX_ROW_PASSES:,}"
    ) in guide
