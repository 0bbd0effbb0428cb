"""Vector files by others: what may be left out of them, and how they are refused."""

import json
import os
import stat
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
from jsonschema import Draft202012Validator
from vector_files import MAZUR, entry, with_op, written

from backproof.errors import VectorFileError
from backproof.network.formats import FORMATS
from backproof.network.inputs import Op
from backproof.network.quantities import answered, printable_beside
from backproof.text.resources import resource
from backproof.truth.arithmetics import exactly
from backproof.truth.certified import expected, printable
from backproof.vectors.documents import open_document
from backproof.vectors.entries import TAKES, Entry
from backproof.vectors.problems import MAX_ANCHORED, MAX_TRAINING, MAX_WORK
from backproof.vectors.vectors import Printed, load_file, load_vectors, parse_inputs

DOCS = ROOT / "docs" / "vectors.md"
LARGEST = 2**16  # binary places of a number that is written out, before or after its point


# An example typed by hand


def test_an_example_typed_by_hand_is_checked_with_no_other_preparation(
    backproof: Command, tmp_path: Path
) -> None:
    done = backproof("check", REFERENCE, "--vectors", written(tmp_path, MAZUR, "mazur.json"))
    assert done.status == 0
    assert "Mazur: 25 of 27 numbers that the publication itself prints are right." in done.out
    wrong = [line for line in done.out.splitlines() if "is printed as" in line]
    first, second = (line.removeprefix("Mazur: mazur/").split(" is printed as ") for line in wrong)
    assert first == [
        "1/gradients: dE_k_dout_h[0][1][0]",
        "-0.019049119, but is -0.019049118258278108266",
    ]
    assert second == ["after-1: total[0]", "0.291027924, but is 0.29102777369359935087"]
    assert "1 of 1 runs conform · 5 of 5 checks ran · 5 vectors, sha256 " in done.out


def test_each_number_typed_by_hand_goes_to_the_op_that_it_belongs_to(tmp_path: Path) -> None:
    vectors = load_file(written(tmp_path, MAZUR, "Mazur (2015).json")).vectors
    assert {vector.id: (vector.op, len(vector.printed)) for vector in vectors} == {
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
    assert not Printed(quantity, digits, value, where="", equation="").right


@pytest.fixture(scope="module")
def after_10_000() -> dict[str, Decimal]:
    """The true values after 10,000 steps of Mazur's training."""
    written = json.loads(MAZUR, parse_float=str)["vectors"][0]["inputs"]
    return printable("train", parse_inputs({**written, "epochs": 10_000}))


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
    assert "My example: mine/after-1: total[0] is printed as 0.291027924, but is" in done.out


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
    assert first.printed == (Printed("h[0][0]", "0.47", Decimal("0.47"), "page 3", "y1 = …"),)
    assert first.printed[0].right


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("op", TAKES)
def test_the_names_of_quantities_are_those_that_the_formulas_yield(op: Op, rows: int) -> None:
    written = with_op(op, inputs__X=[["0.1", "0.2"]] * rows, inputs__T=[["0", "1"]] * rows)
    inputs = parse_inputs(written["inputs"])
    assert set(printable_beside(op, rows)) == set(printable(op, inputs))
    assert list(answered(op, rows)) == list(expected(op, inputs, FORMATS["float64"]))


# What is not judged


def test_dtypes_without_a_bound_are_named_with_the_reason(
    backproof: Command, tmp_path: Path
) -> None:
    both = {"vectors": [entry(inputs__params__b2="1e39"), entry(id="small")]}
    float32 = port(tmp_path, ("float64", "float32"))
    done = backproof("check", float32, "--vectors", written(tmp_path, both))
    listed = "mine/1/forward, mine/1/loss, mine/1/gradients, mine/1/train"
    assert f"Not judged in float32: {listed}: 1e+39 does not fit into float32\n" in done.out
    assert "Not judged in float64" not in done.out
    assert "float16" not in done.out  # which nobody asked for


def test_long_lists_of_what_is_not_judged_are_cut(backproof: Command, tmp_path: Path) -> None:
    many = {"vectors": [with_op("forward", inputs__params__b1="1e39") for _ in range(7)]}
    done = backproof("check", port(tmp_path, ("float32",)), "--vectors", written(tmp_path, many))
    assert done.status == 1
    assert "mine/4, mine/5 and 2 more: 1e+39 does not fit into float32" in done.out


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
        return exactly(x)

    monkeypatch.setattr("backproof.truth.certified.exactly", written_out)
    printed = {"out_h[0][0]": "1", "delta_h[0][0]": "0", "params.W2[0][0]": "1"}
    vectors = load_file(written(tmp_path, entry(inputs__params__b1=size, printed=printed))).vectors
    (activation,) = (n for v in vectors for n in v.printed if n.quantity == "out_h[0][0]")
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
    assert all(number.right for vector in vectors for number in vector.printed)


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
    assert train.unjudged.keys() | train.expected.keys() == FORMATS.keys()
    assert train.unjudged
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
    assert "the bound has grown until it says nothing" in train.unjudged["bfloat16"]


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


def deep(opening: str, closing: str, depth: int) -> str:
    return '{"inputs": ' + opening * depth + "1" + closing * depth + "}"


NO_NUMBER = "must be a decimal number such as"
ROW_OF_TWO = "must be a row of two numbers, such as [0.05, 0.10]: the network is 2-2-2"
BROKEN: dict[str, tuple[Any, str]] = {
    "empty": ("", "is not JSON: line 1, column 1: Expecting value"),
    "not-json": ("{\n  'X': 1}", "is not JSON: line 2, column 3: Expecting property name"),
    "nan": ('{"inputs": NaN}', 'is not JSON: NaN must stand in quotes: "NaN"'),
    "a-list": ("[]", 'must hold a JSON object, such as {"inputs": …}'),
    "utf-16": (json.dumps(entry()).encode("utf-16"), "is not UTF-8 (byte 1 cannot be)"),
    "utf-16-no-mark": (json.dumps(entry()).encode("utf-16-le"), "holds NUL characters"),
    "latin-1": ('{"title": "é"}'.encode("latin-1"), "is not UTF-8 (byte 12 cannot be)"),
    "100-mb": (b" " * 10**8, "is larger than 8 MiB"),
    "deep-lists": (deep("[", "]", 100_000), "is nested too deeply"),
    "deep-objects": (deep('{"a":', "}", 100_000), "is nested too deeply"),
    "surrogate": ('{"title": "\\ud800", "vectors": [1]}', r"title holds the character '\ud800'"),
    "escape": ('{"title": "\\u001b[0m", "vectors": [1]}', r"title holds the character '\x1b'"),
    "long-id": (entry(id="x" * 10**6), "id has 1,000,000 characters, and may have 200 at most"),
    "long-key": (entry(printed={"x" * 10**6: "1"}), 'printed has the key "xxx'),
    "duplicate-key": ('{"inputs": {"X": 1, "X": 2}}', "inputs has the key 'X' twice"),
    "nothing": ({}, "lacks inputs"),
    "no-vectors": ({"vectors": []}, "vectors is an empty list, but must be a list of one or more"),
    "no-list": ({"vectors": 3}, "vectors is 3, but must be a list of one or more vectors"),
    "no-vector": ({"vectors": [entry(), 1]}, "vector number 2: is 1, but must be an object"),
    "millions": (
        '{"vectors": [' + "1," * 4_000_000 + "1]}",
        "4,000,001 items, and may have 10,000",
    ),
    "many-keys": ({f"k{i}": 1 for i in range(100_000)}, "lacks inputs"),
    "typo": (entry(inputs__learning_rat="1"), 'inputs has the unknown key "learning_rat": did you'),
    "unknown-key": (entry(units="m"), 'has the unknown key "units": there are id, description, op'),
    "unknown-op": (entry(op="train!"), 'op is "train!", but must be one of forward, loss, grad'),
    "exponent": (
        entry(inputs__X=[["1e999999999", "1"]]),
        'inputs.X[0][0] is "1e999999999", but mu',
    ),
    "bare-exponent": (
        json.dumps(entry(inputs__X=[["1e9", "1"]])).replace('"1e9"', "1e999999999"),
        'inputs.X[0][0] is "1e999999999", but must be a decimal number',
    ),
    "too-large": (entry(inputs__X=[["1e9999", "1"]]), 'X[0][0] is "1e9999", which is too large fo'),
    "digits": (entry(inputs__X=[["1" * 5000, "1"]]), "X[0][0] has 5,000 characters, and may have"),
    "no-number": (entry(inputs__params__b1="one"), f'inputs.params.b1 is "one", but {NO_NUMBER}'),
    "word": (entry(inputs__X=[[True, "1"]]), f"inputs.X[0][0] is true, but {NO_NUMBER}"),
    "two-biases": (entry(inputs__params__b1=["1", "2"]), f"params.b1 is a list, but {NO_NUMBER}"),
    "three-columns": (
        entry(id="x", inputs__params__W1=[["1", "2", "3"]] * 2),
        f"vector 'x': inputs.params.W1[0] has 3 items, but {ROW_OF_TWO} (and 1 more: ",
    ),
    "one-row": (
        entry(inputs__params__W2=[["1", "2"]]),
        "inputs.params.W2 has 1 item, but must be two rows of two numbers: the network is 2-2-2",
    ),
    "flat": (entry(inputs__X=["1", "2"]), f'inputs.X[0] is "1", but {ROW_OF_TWO}'),
    "no-rows": (entry(inputs__X=[]), "inputs.X is an empty list, but must be a list of 1 to 4096"),
    "rows": (entry(inputs__T=[["0", "1"]] * 2), "X and T have different numbers of rows, 1 and 2"),
    "no-params": (entry(inputs__params=None), "inputs lacks params"),
    "no-biases": (
        entry(inputs__params__b1=None, inputs__params__b2=None),
        "inputs.params lacks b1 and b2",
    ),
    "no-targets": (entry(inputs__T=None), "inputs has learning_rate, but lacks T"),
    "loss-of-nothing": (
        {"vectors": [{**with_op("forward"), "op": "loss"}]},
        "inputs lacks T",
    ),
    "no-rate": (entry(op="train", inputs__learning_rate=None), "inputs lacks learning_rate"),
    "rate-of-a-loss": (entry(op="loss"), "inputs.learning_rate means nothing to the op 'loss'"),
    "half-an-epoch": (
        entry(inputs__epochs=0.5),
        'epochs is "0.5", but must be a whole number from',
    ),
    "too-many-epochs": (
        entry(inputs__epochs=10**30),
        "but must be a whole number from 0 to 1000000",
    ),
    "training": (
        entry(inputs__epochs=10**6),
        f"rows × epochs are 1,000,000, and may be {MAX_TRAINING:,}",
    ),
    "computing": (
        {"vectors": [entry(inputs__epochs=9_000) for _ in range(3)]},
        f"(× epochs) must come to is 108,021 units of work, and {MAX_WORK:,} are done for one file",
    ),
    "empty-batch": (
        entry(inputs__batch_size=0),
        "batch_size is 0, but must be a whole number from 1",
    ),
    "perhaps": (
        entry(inputs__train_biases="no"),
        'train_biases is "no", but must be true or false',
    ),
    "capital-id": (entry(id="My Net"), 'id is "My Net", but must be lower-case words joined by hy'),
    "duplicate-id": (
        {"vectors": [with_op("forward", id="a"), with_op("loss", id="a")]},
        "vector 'a': 2 vectors have this id",
    ),
    "unknown-flag": (entry(flags=["odd"]), "the flag 'odd' has no entry in `notes` that says what"),
    "capital-flag": (
        {"notes": {"Odd One": "…"}, "vectors": [entry()]},
        'notes has the key "Odd One", which must be lower-case words joined by hyphens',
    ),
    "repeated-flag": (
        {"notes": {"odd": "…"}, "vectors": [entry(flags=["odd", "odd"])]},
        "flags: 'odd' stands there 2 times",
    ),
    "no-quantity": (
        entry(printed={"gradient.W1[0][0]": "1"}),
        "there is no number gradient.W1[0][0]; did you mean gradients.W1[0…1][0…1]? there are h[0]",
    ),
    "no-index": (
        entry(printed={"out_h[0]": "1"}),
        "printed: there is no number out_h[0]; there are out_h[0][0…1]",
    ),
    "after-training": (
        entry(inputs__learning_rate=None, printed={"params.b1": "1"}),
        "printed: params.b1 belongs to the op 'train', which takes T and learning_rate",
    ),
    "sentence-printed": (
        entry(printed={"the loss": "1"}),
        'printed has the key "the loss", which must be the name of one number, such as out_h[0][1]',
    ),
    "no-digits": (entry(printed=[{"quantity": "h[0][0]"}]), "printed[0] lacks digits"),
    "printed-beside-nan": (
        with_op("forward", inputs__X=[["NaN", "1"]], printed={"h[0][0]": "1"}),
        "inputs: X[0][0] must be finite where numbers are printed",
    ),
    "unknown-dtype": (
        with_op("forward", id="x", expected={"posit8": {}}),
        "vector 'x': expected has the unknown key \"posit8\": there are float64, float32, bfloat16",
    ),
    "no-value": (
        with_op("forward", id="x", expected={"float16": {"h[0][0]": {"bound": "1"}}}),
        "vector 'x': expected.float16.h[0][0] lacks value",
    ),
    "negative-bound": (
        with_op("forward", id="x", expected={"float16": {"h[0][0]": {"value": 1, "bound": -1}}}),
        "expected.float16.h[0][0].bound is -1, but must be a decimal number from 0 up",
    ),
    "half-an-answer": (
        with_op("forward", id="x", expected={"float16": {"h[0][0]": {"value": 1, "bound": 1}}}),
        "vector 'x': expected.float16 lacks h[0][1]",
    ),
    "answer-without-op": (
        entry(id="x", expected={"float16": {"h[0][0]": {"value": 1, "bound": 1}}}),
        "vector 'x': has expected, but lacks op",
    ),
    "anchors-from-nan": (
        with_op("train", inputs__T=[["NaN", "1"]], anchors=[0]),
        "anchors: from NaN or an infinity, no epoch can be judged by itself",
    ),
    "many-anchors": (
        with_op("train", inputs__epochs=2_000, anchors=list(range(2_000))),
        f"anchors: 1,999,000 rows × epochs lead there, and may be {MAX_ANCHORED:,} at most",
    ),
    "late-anchor": (
        with_op("train", anchors=[0, 1]),
        "anchors: after 1 epochs there is no further",
    ),
    "version": ({"version": "1", "vectors": [entry()]}, 'version is "1", but must be three whole'),
    "hash": ({"sha256": "0" * 64, "vectors": [entry()]}, "its content hash is "),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_in_one_sentence(
    tmp_path: Path, content: Any, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names the file, the vector and the place, and comes before anything is computed."""
    path = written(tmp_path, content)
    monkeypatch.setattr("backproof.vectors.vectors.answer", None)
    monkeypatch.setattr("backproof.vectors.vectors.printable", None)
    with pytest.raises(VectorFileError) as refused:
        load_file(path)
    said = str(refused.value)
    assert said.startswith(f"{path}: ")
    assert message in said
    assert len(said) < 1_000
    assert said.isprintable()


def test_for_every_value_the_schema_has_words_to_refuse_it() -> None:
    """Each completes the sentence that begins: the value is …, but."""
    refusing = {"type", "pattern", "minimum", "maximum", "minLength", "minItems", "minProperties"}

    def wordless(node: Any) -> Iterator[Any]:
        if isinstance(node, dict):
            if refusing & node.keys() and not node.get("$comment", "").startswith("must be "):
                yield node
            yield from (found for value in node.values() for found in wordless(value))

    schema = json.loads((resource("fixtures") / "schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert not list(wordless(schema["$defs"]))


@pytest.mark.parametrize("command", ["check --vectors", "vectors validate", "vectors verify"])
def test_no_command_takes_a_broken_file(backproof: Command, tmp_path: Path, command: str) -> None:
    path = written(tmp_path, BROKEN["three-columns"][0])
    done = backproof(*command.split(), path)
    assert done.status == 2
    assert f"{path}: vector 'x': inputs.params.W1[0] has 3 items, but" in done.out + done.err


def test_a_mark_at_the_beginning_of_a_text_does_no_harm(tmp_path: Path) -> None:
    assert load_file(written(tmp_path, json.dumps(entry()).encode("utf-8-sig"))).vectors


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_what_is_no_file_is_refused(backproof: Command, tmp_path: Path) -> None:
    """And never waited for, or read without end."""
    pipe, link, folder = tmp_path / "pipe", tmp_path / "link.json", tmp_path / "folder"
    os.mkfifo(pipe)
    link.symlink_to("nowhere")
    (folder / "inner.json").mkdir(parents=True)
    for path, message in {
        pipe: "is not a regular file",
        Path("/dev/zero"): "is not a regular file",
        link: "does not exist",
        folder: "this folder holds no vector file (*.json)",
        tmp_path: "link.json: cannot be read: No such file or directory",
    }.items():
        done = backproof("check", REFERENCE, "--vectors", path)
        assert done.status == 2
        assert message in done.err


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file"
)
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, entry())
    path.chmod(stat.S_IWUSR)
    with pytest.raises(VectorFileError, match="cannot be read: Permission denied"):
        load_file(path)


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
    assert not any(vector.unjudged for vector in fits)
    assert all(vector.unjudged.keys() == set(dtypes) - {"float64"} for vector in too_large)


def test_who_watches_sees_every_calculation_that_takes_computing(tmp_path: Path) -> None:
    seen: list[str] = []

    def watch(entries: Sequence[Entry]) -> Iterator[Entry]:
        for each in entries:
            seen.append(each["id"])
            yield each

    load_file(written(tmp_path, entry()), watch=watch)
    assert seen == ["mine/forward", "mine/loss", "mine/gradients", "mine/train"]
    load_file(resource("fixtures") / "tutorial.json", watch=watch)
    assert len(seen) == 4  # what a file holds is not computed


def test_an_id_may_stand_in_one_file_only(tmp_path: Path) -> None:
    first, second = (
        written(tmp_path, entry(id="a"), "1.json"),
        written(tmp_path, entry(id="a"), "2.json"),
    )
    with pytest.raises(VectorFileError, match=r"2\.json: vector 'a/forward': .*1\.json has this"):
        load_vectors([first, second])


def test_ten_thousand_rounds_of_a_worked_example_are_not_too_much(tmp_path: Path) -> None:
    path = written(tmp_path, entry(inputs__epochs=10_000), "mine.json")
    assert open_document(path).problems == ()
