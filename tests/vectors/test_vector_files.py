"""Vector files by others: what may be left out of them, and how they are refused."""

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT
from conftest import Command
from flint import arb
from frameworks import REFERENCE
from vector_files import MAZUR, entry, with_op, written

from backproof.errors import VectorFileError
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import Op
from backproof.network.quantities import output_quantities, publishable_quantities
from backproof.text.resources import resource_folder
from backproof.truth.arithmetics import to_fraction
from backproof.truth.certified import compute_expected, publishable_values
from backproof.vectors.documents import open_document
from backproof.vectors.entries import INPUT_KEYS, Entry
from backproof.vectors.vectors import PublishedNumber, load_file, load_vectors, parse_inputs

DOCS = ROOT / "docs" / "reference" / "vectors.md"
LARGEST = 2**16  # binary places of a number that is written out, before or after its point


# An example typed by hand


def test_an_example_typed_by_hand_is_checked_with_no_other_preparation(
    backproof: Command, tmp_path: Path
) -> None:
    done = backproof("check", REFERENCE, "--vectors", written(tmp_path, MAZUR, "mazur.json"))
    assert done.status == 0
    assert "Published numbers in the vector file 'Mazur': 25 of 27 are correct." in done.out
    wrong = [line for line in done.out.splitlines() if "is published as" in line]
    first, second = (line.removeprefix("  mazur/").split(" is published as ") for line in wrong)
    assert first == [
        "1/gradients: dE_k_dout_h[0][1][0]",
        "-0.019049119, but its reference value is -0.019049118258278108266",
    ]
    assert second == [
        "after-1: total[0]",
        "0.291027924, but its reference value is 0.29102777369359935087",
    ]
    assert "1 of 1 runs conform · 5 of 5 checks ran · 5 test vectors, sha256 " in done.out


def test_each_number_typed_by_hand_goes_to_the_op_that_it_belongs_to(tmp_path: Path) -> None:
    vectors = load_file(written(tmp_path, MAZUR, "Mazur (2015).json")).vectors
    assert {vector.id: (vector.op, len(vector.published)) for vector in vectors} == {
        "mazur-2015/1/forward": ("forward", 6),
        "mazur-2015/1/loss": ("loss", 3),
        "mazur-2015/1/gradients": ("gradients", 9),
        "mazur-2015/1/train": ("train", 8),
        "mazur/after-1": ("train", 1),
    }
    assert all(vector.expected.keys() == FORMATS.keys() for vector in vectors)


@pytest.mark.parametrize(
    ("quantity", "digits", "true_value"),
    [
        ("total[0]", "0.0000351085", "0.000035101877829788458742"),
        ("out_y[0][0]", "0.015912196", "0.015913620443550626595"),
        ("out_y[0][1]", "0.984065734", "0.98406427351462375687"),
    ],
)
def test_numbers_printed_after_10_000_steps_are_judged_exactly(
    after_10_000: dict[str, Decimal], quantity: str, digits: str, true_value: str
) -> None:
    value = after_10_000[quantity]
    assert f"{value:.20g}" == true_value
    assert not PublishedNumber(quantity, digits, value, where="", equation="").is_correct


@pytest.fixture(scope="module")
def after_10_000() -> dict[str, Decimal]:
    """The true values after 10,000 steps of Mazur's training."""
    written = json.loads(MAZUR, parse_float=str)["vectors"][0]["inputs"]
    return publishable_values("train", parse_inputs({**written, "epochs": 10_000}))


def test_the_examples_of_the_documentation_are_checked_as_it_says(
    backproof: Command, tmp_path: Path
) -> None:
    blocks = [block.partition("```")[0] for block in DOCS.read_text("utf-8").split("```json\n")[1:]]
    alone, in_a_list = blocks
    done = backproof(
        "check",
        REFERENCE,
        "--vectors",
        written(tmp_path, alone),
        "--vectors",
        written(tmp_path, in_a_list, "b"),
    )
    assert done.status == 0
    said = DOCS.read_text("utf-8").partition("```text\n")[2].partition("```")[0]
    assert said in done.out
    assert "Published numbers in the vector file 'My example': " in done.out
    assert "  mine/after-1: total[0] is published as 0.291027924, but its reference" in done.out


def test_numbers_are_read_as_they_are_written(tmp_path: Path) -> None:
    """As JSON numbers or as strings, to the last digit."""
    digits = "0.1000000000000000000000000000000000000000000000000000000001"
    text = json.dumps(entry(inputs__X=[["1", "one tenth"]]))
    for number in (digits, f'"{digits}"'):
        vector, *_ = load_file(written(tmp_path, text.replace('"one tenth"', number))).vectors
        (row,) = vector.inputs.X
        assert row == [1, Fraction(digits)]


@pytest.mark.parametrize(
    ("left_out", "ops"),
    [
        (["T", "learning_rate"], ["forward"]),
        (["learning_rate"], ["forward", "loss", "gradients"]),
        ([], ["forward", "loss", "gradients", "train"]),
    ],
    ids=lambda value: "-".join(value) or "none",
)
def test_a_vector_without_an_op_stands_for_all_that_its_inputs_allow(
    tmp_path: Path, left_out: list[str], ops: list[str]
) -> None:
    path = written(
        tmp_path, entry(**{f"inputs__{name}": None for name in left_out}), "Übung 3.json"
    )
    vectors = load_file(path).vectors
    assert [vector.id for vector in vectors] == [f"ubung-3/{op}" for op in ops]
    assert [vector.op for vector in vectors] == ops
    schedules = [vector.inputs.schedule for vector in vectors if vector.inputs.schedule]
    assert [(s.epochs, s.batch_size, s.train_biases) for s in schedules] == [(1, 1, False)] * (
        "train" in ops
    )


def test_a_vector_with_an_op_keeps_its_name(tmp_path: Path) -> None:
    named, unnamed = with_op("loss", id="a/b"), with_op("forward")
    vectors = load_file(written(tmp_path, {"vectors": [named, unnamed]})).vectors
    assert [vector.id for vector in vectors] == ["a/b", "mine/2"]


def test_printed_numbers_may_be_a_list_with_their_places(tmp_path: Path) -> None:
    place = {"where": "page 3", "equation": "y1 = …"}
    printed = [{"quantity": "h[0][0]", "digits": "0.47", **place}]
    first, *_ = load_file(written(tmp_path, entry(printed=printed))).vectors
    assert first.published == (
        PublishedNumber("h[0][0]", "0.47", Decimal("0.47"), "page 3", "y1 = …"),
    )
    assert first.published[0].is_correct


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("op", INPUT_KEYS)
def test_the_names_of_quantities_are_those_that_the_formulas_yield(op: Op, rows: int) -> None:
    written = with_op(op, inputs__X=[["0.1", "0.2"]] * rows, inputs__T=[["0", "1"]] * rows)
    inputs = parse_inputs(written["inputs"])
    assert set(publishable_quantities(op, rows)) == set(publishable_values(op, inputs))
    assert list(output_quantities(op, rows)) == list(
        compute_expected(op, inputs, FORMATS["float64"])
    )


# What is not judged


def test_dtypes_without_a_bound_are_named_with_the_reason(
    backproof: Command, tmp_path: Path
) -> None:
    both = {"vectors": [entry(inputs__params__b2="1e39"), entry(id="small")]}
    float32 = port(tmp_path, ("float64", "float32"))
    done = backproof("check", float32, "--vectors", written(tmp_path, both))
    listed = "mine/1/forward, mine/1/loss, mine/1/gradients, mine/1/train"
    assert f"Not evaluated in float32: {listed}: 1e+39 is too large for float32\n" in done.out
    assert "Not evaluated in float64" not in done.out
    assert "float16" not in done.out  # which is not expected


def test_long_lists_of_what_is_not_judged_are_cut(backproof: Command, tmp_path: Path) -> None:
    many = {"vectors": [with_op("forward", inputs__params__b1="1e39") for _ in range(7)]}
    done = backproof("check", port(tmp_path, ("float32",)), "--vectors", written(tmp_path, many))
    assert done.status == 1
    assert "mine/4, mine/5 and 2 more: 1e+39 is too large for float32" in done.out


def port(tmp_path: Path, dtypes: tuple[str, ...]) -> Path:
    """Write a port that claims dtypes, and lacks all else."""
    head = "from backproof import Backend\nclass Port(Backend):\n    name = 'port'\n"
    init = "    def __init__(self, dtype='float64', device='cpu'): pass\n"
    return written(tmp_path, f"{head}    dtypes = {dtypes}\n{init}", "port.py")


@pytest.mark.parametrize("size", ["1e300", "-1e300", "1e7", "1e-300", "1e-9999", "-1e-9999"])
def test_numbers_of_any_size_have_their_truth_and_no_large_one_is_written_out_for_it(
    tmp_path: Path, size: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few of e^(10^300)'s places fit into a machine, and all of them into none."""

    def written_out(x: arb) -> Fraction:
        assert abs(int(x.man_exp()[1])) < LARGEST
        return to_fraction(x)

    monkeypatch.setattr("backproof.truth.certified.to_fraction", written_out)
    printed = {"out_h[0][0]": "1", "delta_h[0][0]": "0", "params.W2[0][0]": "1"}
    vectors = load_file(written(tmp_path, entry(inputs__params__b1=size, printed=printed))).vectors
    (activation,) = (n for v in vectors for n in v.published if n.quantity == "out_h[0][0]")
    assert 0 <= activation.value <= 1
    forward, *_ = vectors
    out = forward.expected["float64"]["out_h[0][0]"]
    if size == "1e300":
        assert out.value == 1
    if size == "-1e300":
        assert out.value == 0
        assert 0 < out.bound < Decimal("1e-300")


def test_a_number_that_cancels_to_zero_is_zero(tmp_path: Path) -> None:
    """Equal hidden units, weighted by 1 and −1: y is 0, though neither of its terms is rational."""
    changed = {"inputs__params__W1": [["0.1", "0.2"]] * 2, "inputs__params__W2": [["1", "-1"]] * 2}
    printed = {"y[0][0]": "0.000", "out_y[0][0]": "0.5"}
    vectors = load_file(written(tmp_path, entry(**changed, printed=printed))).vectors
    assert all(number.is_correct for vector in vectors for number in vector.published)


@pytest.mark.parametrize(
    "changed",
    [
        {"inputs__learning_rate": "-4e4", "inputs__X": [["-4e4", "1"]], "inputs__epochs": 30},
        {"inputs__params__W2": [["-0.2", "1"], ["1e308", "-0.2"]], "inputs__X": [["-0.2", "-0.2"]]},
    ],
    ids=["runs-away", "overflows"],
)
def test_training_that_comes_to_nothing_is_not_judged(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    """The other ops of the file are, where they can be."""
    *others, train = load_file(written(tmp_path, entry(**changed))).vectors
    assert train.skip_reasons.keys() | train.expected.keys() == FORMATS.keys()
    assert train.skip_reasons
    assert all(other.expected for other in others)


def test_training_from_nan_is_judged_step_by_step(tmp_path: Path) -> None:
    """What NaN does not reach in the first step, it does in the second."""
    changed = {"inputs__T": [["NaN", "0.9"]]}
    once, often = (
        load_file(written(tmp_path, entry(**changed, inputs__epochs=epochs))).vectors[-1]
        for epochs in (1, 3)
    )
    assert once.expected["float64"]["W2[0][0]"].value.is_nan()
    assert not once.expected["float64"]["W2[1][0]"].value.is_nan()
    reached = {name for name, number in often.expected["float64"].items() if number.value.is_nan()}
    assert reached == often.expected["float64"].keys() - {"b1", "b2"}


def test_training_from_infinity_is_judged_while_its_bound_says_something(tmp_path: Path) -> None:
    changed = {"inputs__params__W1": [["Infinity", "0.2"], ["0.25", "0.3"]]}
    train = load_file(written(tmp_path, entry(**changed, inputs__epochs=400))).vectors[-1]
    assert all(number.bound < 1 for answer in train.expected.values() for number in answer.values())
    assert list(train.expected) == ["float64", "float32"]
    assert "the error bound reaches 1 before the last step" in train.skip_reasons["bfloat16"]


def test_one_step_from_infinity_is_judged_however_large_a_parameter_is(tmp_path: Path) -> None:
    changed = {"inputs__params__W1": [["3e9", "0.2"], ["Infinity", "0.4"]]}
    changed["inputs__X"] = [["1e-10", "2"]]
    train = load_file(written(tmp_path, entry(**changed))).vectors[-1]
    assert train.expected["float32"]["W1[0][0]"].bound > 1


def test_a_fixed_bias_stays_though_a_target_is_nan(tmp_path: Path) -> None:
    """To the bit, and though it is subnormal."""
    changed = {"inputs__T": [["NaN", "0.9"]], "inputs__params__b1": "1e-310"}
    train = load_file(written(tmp_path, entry(**changed))).vectors[-1]
    assert train.expected["float64"]["b1"].bound == 0


# Files that are refused


@pytest.mark.parametrize("dtypes", [("float32",), ("float16", "float64")], ids="-".join)
def test_truth_is_computed_only_for_the_dtypes_asked_for(
    tmp_path: Path, dtypes: tuple[str, ...]
) -> None:
    """What is not asked for is not called unjudged either; here b1 fits into no half type."""
    path = written(tmp_path, {"vectors": [entry(), entry(inputs__params__b1="1e39")]})
    fits, too_large = (
        [vector for vector in load_file(path, dtypes=dtypes).vectors if f"/{i}/" in vector.id]
        for i in (1, 2)
    )
    assert all(vector.expected.keys() == set(dtypes) for vector in fits)
    assert not any(vector.skip_reasons for vector in fits)
    assert all(vector.skip_reasons.keys() == set(dtypes) - {"float64"} for vector in too_large)


def test_who_watches_sees_every_calculation_that_takes_computing(tmp_path: Path) -> None:
    seen: list[str] = []

    def watch(entries: Sequence[Entry]) -> Iterator[Entry]:
        for each in entries:
            seen.append(each["id"])
            yield each

    load_file(written(tmp_path, entry()), track=watch)
    assert seen == ["mine/forward", "mine/loss", "mine/gradients", "mine/train"]
    load_file(resource_folder("fixtures") / "tutorial.json", track=watch)
    assert len(seen) == 4  # what a file holds is not computed


def test_an_id_may_stand_in_one_file_only(tmp_path: Path) -> None:
    first, second = (
        written(tmp_path, entry(id="a"), "1.json"),
        written(tmp_path, entry(id="a"), "2.json"),
    )
    with pytest.raises(
        VectorFileError, match=r"2\.json: test vector 'a/forward': .*1\.json has this"
    ):
        load_vectors([first, second])


def test_ten_thousand_rounds_of_a_worked_example_are_not_too_much(tmp_path: Path) -> None:
    path = written(tmp_path, entry(inputs__epochs=10_000), "mine.json")
    assert open_document(path).problems == ()
