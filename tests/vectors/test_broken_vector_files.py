"""A broken vector file is refused in one sentence that names the file, the vector and the place."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Command
from frameworks import REFERENCE
from jsonschema import Draft202012Validator
from vector_files import entry, with_op, written

from backproof.errors import VectorFileError
from backproof.text.resources import resource_folder
from backproof.vectors.problems import MAX_CHECKPOINT_EPOCHS, MAX_TRAINING, MAX_WORK
from backproof.vectors.vectors import load_file

ANCHORED = MAX_CHECKPOINT_EPOCHS


def deep(opening: str, closing: str, depth: int) -> str:
    return '{"inputs": ' + opening * depth + "1" + closing * depth + "}"


NO_NUMBER = "must be a decimal number such as"
ROW_OF_TWO = "must be a row of two numbers, such as [0.05, 0.10]: the network is 2-2-2"
BROKEN: dict[str, tuple[Any, str]] = {
    "empty": ("", "is not JSON: line 1, column 1: Expecting value"),
    "not-json": ("{\n  'X': 1}", "is not JSON: line 2, column 3: Expecting property name"),
    "nan": ('{"inputs": NaN}', 'is not JSON: NaN must be in quotes: "NaN"'),
    "a-list": ("[]", 'must contain a JSON object, such as {"inputs": …}'),
    "utf-16": (json.dumps(entry()).encode("utf-16"), "is not UTF-8 (byte 1 is invalid)"),
    "utf-16-no-mark": (json.dumps(entry()).encode("utf-16-le"), "contains NUL characters"),
    "latin-1": ('{"title": "é"}'.encode("latin-1"), "is not UTF-8 (byte 12 is invalid)"),
    "100-mb": (b" " * 10**8, "is larger than 8 MiB"),
    "deep-lists": (deep("[", "]", 100_000), "is nested too deeply"),
    "deep-objects": (deep('{"a":', "}", 100_000), "is nested too deeply"),
    "surrogate": ('{"title": "\\ud800", "vectors": [1]}', r"title contains the character '\ud800'"),
    "escape": ('{"title": "\\u001b[0m", "vectors": [1]}', r"title contains the character '\x1b'"),
    "long-id": (entry(id="x" * 10**6), "id has 1,000,000 characters; at most 200 are allowed"),
    "long-key": (entry(printed={"x" * 10**6: "1"}), 'printed has the key "xxx'),
    "duplicate-key": ('{"inputs": {"X": 1, "X": 2}}', "inputs has the key 'X' twice"),
    "nothing": ({}, "lacks inputs"),
    "no-vectors": ({"vectors": []}, "vectors is an empty list, but must be a list of one or more"),
    "no-list": ({"vectors": 3}, "vectors is 3, but must be a list of one or more vectors"),
    "no-vector": ({"vectors": [entry(), 1]}, "test vector number 2: is 1, but must be an object"),
    "millions": (
        '{"vectors": [' + "1," * 4_000_000 + "1]}",
        "4,000,001 items; at most 10,000",
    ),
    "many-keys": ({f"k{i}": 1 for i in range(100_000)}, "lacks inputs"),
    "typo": (entry(inputs__learning_rat="1"), 'inputs has the unknown key "learning_rat": did you'),
    "unknown-key": (
        entry(units="m"),
        'has the unknown key "units": expected one of id, description, op',
    ),
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
    "digits": (entry(inputs__X=[["1" * 5000, "1"]]), "X[0][0] has 5,000 characters; at most"),
    "no-number": (entry(inputs__params__b1="one"), f'inputs.params.b1 is "one", but {NO_NUMBER}'),
    "word": (entry(inputs__X=[[True, "1"]]), f"inputs.X[0][0] is true, but {NO_NUMBER}"),
    "two-biases": (
        entry(inputs__params__b1=["1", "2"]),
        "inputs: b1 has a bias for each unit, but backends have",
    ),
    "three-columns": (
        entry(id="x", inputs__params__W1=[["1", "2", "3"]] * 2),
        f"test vector 'x': inputs.params.W1[0] has 3 items, but {ROW_OF_TWO} (and 1 more: ",
    ),
    "one-row": (
        entry(inputs__params__W2=[["1", "2"]]),
        "inputs: W2 has one row, but backends have two outputs. `check` and `explain` cannot take",
    ),
    "flat": (entry(inputs__X=["1", "2", "3"]), f"inputs.X[0] has 3 items, but {ROW_OF_TWO}"),
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
    "rate-of-a-loss": (entry(op="loss"), "inputs.learning_rate does not apply to the op 'loss'"),
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
        f"rows × epochs is 1,000,000; at most {MAX_TRAINING:,}",
    ),
    "computing": (
        {"vectors": [entry(inputs__epochs=9_000) for _ in range(3)]},
        f"(× epochs) takes too long: 108,021 units of work, of {MAX_WORK:,} at most for one file",
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
        "test vector 'a': its id occurs 2 times",
    ),
    "unknown-flag": (entry(flags=["odd"]), "the flag 'odd' has no entry in `notes` that says what"),
    "capital-flag": (
        {"notes": {"Odd One": "…"}, "vectors": [entry()]},
        'notes has the key "Odd One", which must be lower-case words joined by hyphens',
    ),
    "repeated-flag": (
        {"notes": {"odd": "…"}, "vectors": [entry(flags=["odd", "odd"])]},
        "flags: 'odd' occurs 2 times",
    ),
    "no-quantity": (
        entry(printed={"gradient.W1[0][0]": "1"}),
        "unknown quantity gradient.W1[0][0]; did you mean gradients.W1[0…1][0…1]? (known: h[0]",
    ),
    "no-index": (
        entry(printed={"out_h[0]": "1"}),
        "printed: unknown quantity out_h[0]; expected out_h[0][0…1]",
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
        "inputs: X[0][0] must be finite where `printed` is given",
    ),
    "unknown-dtype": (
        with_op("forward", id="x", expected={"posit8": {}}),
        (
            "test vector 'x': expected has the unknown key \"posit8\": "
            "expected one of float64, float32, bfloat16"
        ),
    ),
    "no-value": (
        with_op("forward", id="x", expected={"float16": {"h[0][0]": {"bound": "1"}}}),
        "test vector 'x': expected.float16.h[0][0] lacks value",
    ),
    "negative-bound": (
        with_op("forward", id="x", expected={"float16": {"h[0][0]": {"value": 1, "bound": -1}}}),
        "expected.float16.h[0][0].bound is -1, but must be a decimal number from 0 up",
    ),
    "half-an-answer": (
        with_op("forward", id="x", expected={"float16": {"h[0][0]": {"value": 1, "bound": 1}}}),
        "test vector 'x': expected.float16 lacks h[0][1]",
    ),
    "answer-without-op": (
        entry(id="x", expected={"float16": {"h[0][0]": {"value": 1, "bound": 1}}}),
        "test vector 'x': has expected, but lacks op",
    ),
    "anchors-from-nan": (
        with_op("train", inputs__T=[["NaN", "1"]], anchors=[0]),
        "anchors: from NaN or an infinity, no epoch can be evaluated by itself",
    ),
    "many-anchors": (
        with_op("train", inputs__epochs=2_000, anchors=list(range(2_000))),
        f"anchors: reaching them takes 1,999,000 rows × epochs; at most {ANCHORED:,} are",
    ),
    "late-anchor": (
        with_op("train", anchors=[0, 1]),
        "anchors: 1 is not less than `epochs`",
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
    monkeypatch.setattr("backproof.vectors.vectors.expected_for_entry", None)
    monkeypatch.setattr("backproof.vectors.vectors.publishable_values", None)
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

    schema = json.loads((resource_folder("fixtures") / "schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    assert not list(wordless(schema["$defs"]))


@pytest.mark.parametrize("command", ["check --vectors", "vectors validate", "vectors verify"])
def test_no_command_takes_a_broken_file(backproof: Command, tmp_path: Path, command: str) -> None:
    path = written(tmp_path, BROKEN["three-columns"][0])
    done = backproof(*command.split(), path)
    assert done.status == 2
    assert f"{path}: test vector 'x': inputs.params.W1[0] has 3 items, but" in done.out + done.err


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
        pipe: "is a pipe, not a regular file",
        Path("/dev/zero"): "is a device, not a regular file",
        link: "does not exist",
        folder: "the folder contains no vector file (*.json)",
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
