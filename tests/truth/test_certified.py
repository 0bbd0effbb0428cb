"""Truth: a second derivation, in other arithmetic and without the chain rule, agrees to 40 digits.

Gradients are derived in two further ways: with dual numbers, as training is, everywhere; and by
difference quotients, which know no rule of differentiation, where those take no minute.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from conftest import files
from mpmath import mp, mpf  # type: ignore[import-untyped]  # mpmath has no annotations
from second_derivation import by_formulas, derive, dual_gradients, intermediates

from backproof.errors import BackproofError
from backproof.network.float_formats import FORMATS, Real
from backproof.network.inputs import Inputs, map_parameters
from backproof.network.network import Parameters
from backproof.truth.certified import compute_stages, publishable_values
from backproof.vectors.vectors import PublishedNumber, Vector

pytestmark = pytest.mark.proof

DIGITS = 40
SPARE = 5
NOTHING = Decimal("1e-2400")  # what is smaller may stand as 0
LONG = 100  # epochs
ALL = [vector for file in files() for vector in file.vectors]
VECTORS = [vector for vector in ALL if vector.inputs.finite]
NON_FINITE = [vector for vector in ALL if not vector.inputs.finite]  # IEEE 754's affair
PRINTED = [
    pytest.param(vector, number, id=f"{vector.id}-{number.quantity}={number.digits}")
    for vector in VECTORS
    for number in vector.published
]


def cases(*ops: str, quotients: bool = False) -> list[Any]:
    """List every vector of these ops in every dtype; as slow, what takes long and shows little."""
    found = []
    for vector in VECTORS:
        for dtype in vector.expected if vector.op in ops else ():
            schedule = vector.inputs.schedule
            long = schedule is not None and schedule.epochs >= LONG
            flat = vector.op == "gradients" and vector.id.startswith("hard/")
            slow = long or (flat and (quotients or dtype != "float64"))
            marks = [pytest.mark.slow] if slow else []
            found.append(pytest.param(vector, dtype, id=f"{vector.id}-{dtype}", marks=marks))
    return found


def plain(inputs: Inputs) -> dict[str, Any]:
    """Return the inputs as the second derivation takes them."""
    given = {"params": inputs.params._asdict(), "X": inputs.X, "T": inputs.T}
    if inputs.schedule is None:
        return given
    return given | {
        "learning_rate": inputs.schedule.learning_rate,
        "epochs": inputs.schedule.epochs,
        "batch_size": inputs.schedule.batch_size,
        "train_biases": inputs.schedule.train_biases,
    }


def disagreements(
    values: Mapping[str, Decimal], derived: Mapping[str, mpf]
) -> dict[str, tuple[Decimal, str]]:
    """Return the quantities whose values are a unit of their 40th digit from the derived ones."""
    wrong = {}
    with mp.workdps(DIGITS + 2 * SPARE):
        for path, value in values.items():
            if not agree(value, derived[path]):
                wrong[path] = (value, mp.nstr(derived[path], DIGITS + SPARE))
    return wrong


def agree(value: Decimal, derived: mpf) -> bool:
    """Whether both are NaN, the same infinity, or at most a unit of the 40th digit apart."""
    if value.is_nan():
        return bool(mp.isnan(derived))
    if not value.is_finite():
        return bool(mpf(float(value)) == derived)
    unit = Decimal(10) ** (value.adjusted() - DIGITS + 1) if value else NOTHING
    return bool(abs(mpf(str(value)) - derived) <= mpf(str(unit)))


def values(vector: Vector, dtype: str) -> dict[str, Decimal]:
    return {path: number.value for path, number in vector.expected[dtype].items()}


def precision(wanted: Mapping[str, Decimal]) -> int:
    """Return how many digits the second derivation must have.

    What it trains is right to so many decimals, and the smallest parameter needs the most.
    """
    return DIGITS + SPARE + max(-value.adjusted() if value else 0 for value in wanted.values())


@pytest.mark.parametrize(("calculation", "dtype"), cases("forward", "loss"))
def test_values_agree_with_their_definition(calculation: Vector, dtype: str) -> None:
    wanted = values(calculation, dtype)
    derived = derive(
        calculation.op, plain(calculation.inputs.rounded(FORMATS[dtype])), DIGITS + SPARE
    )
    assert wanted.keys() == derived.keys()
    assert disagreements(wanted, derived) == {}


@pytest.mark.parametrize(("calculation", "dtype"), cases("gradients"))
def test_gradients_agree_with_dual_numbers(calculation: Vector, dtype: str) -> None:
    wanted = values(calculation, dtype)
    derived = dual_gradients(plain(calculation.inputs.rounded(FORMATS[dtype])), DIGITS + SPARE)
    assert list(wanted) == list(derived)
    assert disagreements(wanted, derived) == {}


@pytest.mark.parametrize(("calculation", "dtype"), cases("gradients", quotients=True))
def test_gradients_agree_with_difference_quotients(calculation: Vector, dtype: str) -> None:
    wanted = values(calculation, dtype)
    derived = derive("gradients", plain(calculation.inputs.rounded(FORMATS[dtype])), DIGITS + SPARE)
    assert disagreements(wanted, derived) == {}


@pytest.mark.parametrize(("calculation", "dtype"), cases("train"))
def test_trained_parameters_agree_with_dual_numbers(calculation: Vector, dtype: str) -> None:
    wanted = values(calculation, dtype)
    inputs = plain(calculation.inputs.rounded(FORMATS[dtype]))
    derived = derive("train", inputs, precision(wanted))
    assert list(wanted) == list(derived)
    assert disagreements(wanted, derived) == {}


@pytest.mark.parametrize(
    ("calculation", "dtype"),
    [
        pytest.param(vector, dtype, id=f"{vector.id}-{dtype}")
        for vector in NON_FINITE
        for dtype in vector.expected
    ],
)
def test_nan_and_infinities_come_out_as_the_formulas_have_them(
    calculation: Vector, dtype: str
) -> None:
    wanted = values(calculation, dtype)
    inputs = plain(calculation.inputs.rounded(FORMATS[dtype]))
    derived = by_formulas(calculation.op, inputs, DIGITS + SPARE)
    assert wanted.keys() == derived.keys()
    assert disagreements(wanted, derived) == {}


FIRST = [vector for vector in VECTORS if vector.id.startswith(("tutorial/row-1/", "random/"))]


@pytest.mark.parametrize("calculation", FIRST, ids=lambda vector: vector.id)
def test_the_formulas_agree_with_what_needs_none(calculation: Vector) -> None:
    """With numbers put in, `by_formulas` finds what differentiation does."""
    inputs = plain(calculation.inputs.rounded(FORMATS["float64"]))
    derived = by_formulas(calculation.op, inputs, DIGITS + SPARE)
    assert disagreements(values(calculation, "float64"), derived) == {}


def derived_after(vector: Vector) -> dict[str, mpf]:
    """Derive all that can be printed beside a vector: after training, for what it came to."""
    inputs, found = plain(vector.inputs), {}
    if vector.op == "train":
        trained = derive("train", inputs, 2 * DIGITS)
        found = {f"params.{path}": number for path, number in trained.items()}
        exact = {path: Fraction(mp.nstr(number, 2 * DIGITS)) for path, number in trained.items()}
        inputs |= {"params": map_parameters(exact.__getitem__, PATHS)._asdict()}
    found |= derive("forward", inputs, DIGITS + SPARE)
    if not inputs["T"]:
        return found
    found |= derive("loss", inputs, DIGITS + SPARE) | intermediates(inputs, DIGITS + SPARE)
    gradients = derive("gradients", inputs, DIGITS + SPARE)
    return found | {f"gradients.{path}": number for path, number in gradients.items()}


PATHS = Parameters(
    W1=[["W1[0][0]", "W1[0][1]"], ["W1[1][0]", "W1[1][1]"]],
    b1="b1",
    W2=[["W2[0][0]", "W2[0][1]"], ["W2[1][0]", "W2[1][1]"]],
    b2="b2",
)
ONE_ROW = [vector for vector in VECTORS if vector.id.startswith("tutorial/row-1/")]


@pytest.mark.parametrize("calculation", ONE_ROW, ids=lambda vector: vector.id)
def test_all_that_can_be_printed_agrees(calculation: Vector) -> None:
    """The derivatives on the way back are among it, one by one."""
    wanted = publishable_values(calculation.op, calculation.inputs)
    derived = derived_after(calculation)
    assert wanted.keys() == derived.keys()
    assert disagreements(wanted, derived) == {}


@pytest.mark.parametrize(("calculation", "number"), PRINTED)
def test_a_printed_number_is_right_to_the_digits_printed(
    calculation: Vector, number: PublishedNumber
) -> None:
    derived = derived_after(calculation)[number.quantity]
    assert disagreements({number.quantity: number.value}, {number.quantity: derived}) == {}
    places = -int(Decimal(number.digits).as_tuple().exponent)
    with mp.workdps(2 * DIGITS):
        shown = mp.nstr(mp.nint(derived * mpf(10) ** places), DIGITS)
    assert Decimal(shown) == Decimal(number.digits).scaleb(places)
    assert number.is_correct


FORTY = "1.234567890123456789012345678901234567890"


@pytest.mark.parametrize(
    ("value", "derived", "differs"),
    [
        (FORTY, FORTY, False),
        (FORTY, f"{FORTY}9", False),
        (FORTY, f"{FORTY[:-1]}2", True),
        ("-1.5E-300", "-1.5e-300", False),
        ("-1.5E-300", "1.5e-300", True),
        ("1E-300", f"1{'0' * 38}2e-339", True),
        ("0", "0", False),
        ("0", "1e-2000", True),
        ("1", "nan", True),
        ("NaN", "nan", False),
        ("NaN", "1", True),
        ("Infinity", "inf", False),
        ("Infinity", "-inf", True),
        ("-Infinity", "nan", True),
    ],
)
def test_two_units_of_the_last_digit_are_a_disagreement(
    value: str, derived: str, differs: bool
) -> None:
    with mp.workdps(60):
        found = disagreements({"any": Decimal(value)}, {"any": mpf(derived)})
    assert bool(found) == differs


def only_y1(weight: Fraction) -> Inputs:
    """Return a network in which y1 is the difference of two equal products, w5 · out_h1 twice."""
    W1: list[list[Real]] = [[Fraction(1), Fraction(1)], [Fraction(1), Fraction(1)]]
    W2: list[list[Real]] = [[weight, -weight], [Fraction(0), Fraction(0)]]
    return Inputs(Parameters(W1, Fraction(0), W2, Fraction(0)), [[Fraction(1)] * 2], [], None)


def test_what_cancels_exactly_is_0_unless_it_is_a_difference_of_giants() -> None:
    assert publishable_values("forward", only_y1(Fraction(3)))["y[0][0]"] == 0
    with pytest.raises(BackproofError, match="16384 bits of precision do not certify 40"):
        publishable_values("forward", only_y1(Fraction(10) ** 4000))


def test_a_number_far_below_every_format_is_no_0() -> None:
    values = publishable_values("forward", only_y1(Fraction(3)))
    tiny = publishable_values("forward", replace(only_y1(Fraction(3)), X=[[Fraction(-3000)] * 2]))
    assert values["out_h[0][0]"] > Decimal("0.8")
    assert Decimal("1e-2610") < tiny["out_h[0][0]"] < Decimal("1e-2600")


def test_a_stage_holds_what_each_row_and_all_rows_come_to() -> None:
    """With targets there are gradients, summed over the rows; without, the forward pass alone."""
    (vector,) = (vector for vector in ALL if vector.id == "tutorial/all-rows/gradients")
    inputs = vector.inputs
    (stage,) = compute_stages("gradients", inputs, steps=0)
    in_all = publishable_values("gradients", inputs)
    assert stage.gradients
    assert stage.gradients == {q: in_all[f"gradients.{q}"] for q in stage.gradients}
    for row, values in enumerate(stage.by_row):
        one = replace(inputs, X=[inputs.X[row]], T=[inputs.T[row]])
        assert values == publishable_values("gradients", one)
    assert len(stage.by_row) == len(inputs.X)
    (stage,) = compute_stages("forward", replace(inputs, T=[]), steps=0)
    assert (stage.gradients, stage.updated_params) == ({}, {})
    assert [sorted(values) for values in stage.by_row] == [
        sorted(f"{name}[0][{unit}]" for name in ("h", "out_h", "y", "out_y") for unit in (0, 1))
    ] * len(inputs.X)
