"""`backproof vectors`: the output and exit statuses of its commands."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, Finished
from vector_files import MAZUR, entry, with_op, written

from backproof.network.float_formats import FORMATS
from backproof.network.inputs import OPS, Op
from backproof.network.quantities import output_quantities
from backproof.ports.launching import Launch
from backproof.ports.remote_driver import RemoteDriver
from backproof.text.resources import resource_folder
from backproof.vectors.documents import open_document
from backproof.vectors.vectors import VectorFile, load_file
from backproof.vectors.versions import ChangeLevel, diff_documents

# A backend that stores its requests, and responds only to hello and echo.
LOGGING = """\
import json
import sys

OPS = ["forward", "loss", "gradients", "train"]
HELLO = {{"protocol": 1, "name": "logging", "dtypes": ["{dtype}"], "ops": OPS}}
for line in sys.stdin:
    with open({log!r}, "a") as log:
        log.write(line)
    asked = json.loads(line)
    ok = {{"hello": HELLO, "echo": {{"values": asked.get("values")}}}}.get(asked["op"])
    said = {{"ok": ok}} if ok else {{"unsupported": "all"}}
    print(json.dumps({{"id": asked["id"], **said}}), flush=True)
"""


def test_validate_lists_everything_that_is_wrong(backproof: Command, tmp_path: Path) -> None:
    fine = written(tmp_path, entry(), "fine.json")
    wrong = {"vectors": [entry(inputs__epochs=-1), entry(id="b", inputs__X=["1"], flag="x")]}
    broken, unreadable = (
        written(tmp_path, wrong, "wrong.json"),
        written(tmp_path, "{", "unreadable.json"),
    )
    done = backproof("vectors", "validate", fine, broken, unreadable)
    assert done.status == 2
    two = "must be a row of two numbers, such as [0.05, 0.10]: the network is 2-2-2"
    assert [line.split(": ", maxsplit=1) for line in done.out.splitlines()] == [
        [str(fine), "valid, 4 test vectors"],
        [
            str(broken),
            (
                "test vector number 1: inputs.epochs is -1, "
                "but must be a whole number from 0 to 1000000"
            ),
        ],
        [str(broken), "test vector 'b': has the unknown key \"flag\": did you mean flags?"],
        [str(broken), f"test vector 'b': inputs.X[0] is \"1\", but {two}"],
        [
            str(unreadable),
            "is not JSON: line 1, column 2: Expecting property name enclosed in double quotes",
        ],
    ]
    assert backproof("vectors", "validate", fine).status == 0


def test_the_built_in_files_are_valid(backproof: Command) -> None:
    done = backproof("vectors", "validate", resource_folder("fixtures"))
    assert done.status == 0
    assert all(": valid, " in line for line in done.out.splitlines())


def test_list_names_every_vector(backproof: Command, tmp_path: Path) -> None:
    done = backproof(
        "vectors", "list", "--vectors", written(tmp_path, with_op("loss", description="Two."))
    )
    assert done.status == 0
    assert [line.split() for line in done.out.splitlines()] == [
        ["id", "op", "dtypes", "flags", "description"],
        ["mine", "loss", "all", "Two."],
    ]
    assert "tutorial/row-1/step " in backproof("vectors", "list").out


def test_show_sets_what_is_printed_beside_the_truth(backproof: Command, tmp_path: Path) -> None:
    path = written(tmp_path, MAZUR, "mazur.json")
    done = backproof("vectors", "show", "mazur/1/gradients", "--vectors", path)
    assert done.status == 0
    rows = [line.split() for line in done.out.splitlines()]
    assert ["W1[0]", "0.15", "0.20"] in rows
    assert ["gradients.W1[0][0]", "0.000438568", "0.00043856773447434672705", "right"] in rows
    assert ["dE_k_dout_h[0][1][0]", "-0.019049119", "-0.019049118258278108266", "wrong"] in rows
    starts = [row[:5] for row in rows]
    bound = load_file(path).vectors[2].expected["float64"]["W1[0][0]"].bound
    assert ["W1[0][0]", "∂E/∂w1", "float64", "0.00043856773447434680017", str(bound)] in starts


def test_show_says_what_a_flag_means_and_where_a_vector_comes_from(
    backproof: Command, tutorial: VectorFile
) -> None:
    done = backproof("vectors", "show", "tutorial/row-1/step")
    assert f"printed: {tutorial.notes['printed']}" in done.out
    assert f"tutorial.json, version {tutorial.version}, sha256 {tutorial.sha256[:12]}" in done.out
    assert tutorial.source in done.out


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("op", OPS)
def test_show_writes_the_request_that_the_checker_sends(
    backproof: Command, tutorial: VectorFile, tmp_path: Path, op: Op, dtype: str
) -> None:
    (asked, *_) = (v for v in tutorial.vectors if v.op == op)
    done = backproof("vectors", "show", asked.id, "--request", "--dtype", dtype)
    log = tmp_path / "log"
    script = LOGGING.format(log=str(log), dtype=dtype)
    port = RemoteDriver(Launch("logging", [sys.executable, "-c", script]), 60.0)
    port.start()
    port.run_op(op, dtype, asked.inputs.rounded(FORMATS[dtype]))
    port.stop()
    sent = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    assert done.status == 0
    assert done.out.count("\n") == 1
    assert json.loads(done.out) == {**sent, "id": 1}


def test_the_request_is_of_float64_unless_another_dtype_is_named(backproof: Command) -> None:
    done = backproof("vectors", "show", "tutorial/row-1/loss", "--request")
    assert json.loads(done.out)["dtype"] == "float64"


def test_a_request_that_its_dtype_cannot_hold_is_refused(
    backproof: Command, tmp_path: Path
) -> None:
    path = written(tmp_path, with_op("forward", inputs__params__b1="1e39"))
    options = ("--request", "--dtype", "float32", "--vectors", path)
    done = backproof("vectors", "show", "mine", *options)
    assert (done.status, done.out) == (2, "")
    assert done.err == "Error: 1e+39 is too large for float32\n"


def test_show_knows_the_nearest_id(backproof: Command) -> None:
    done = backproof("vectors", "show", "tutorial/row-1/stop")
    assert done.status == 2
    assert done.err.startswith(
        "Error: tutorial/row-1/stop: no test vector has this id; "
        "did you mean tutorial/row-1/step or "
    )


@pytest.fixture
def gradients() -> dict[str, Any]:
    """A test vector of the tutorial, with published and expected numbers."""
    whole = json.loads((resource_folder("fixtures") / "tutorial.json").read_text("utf-8"))
    del whole["sha256"]
    return {**whole, "vectors": [v for v in whole["vectors"] if v["id"].endswith("1/gradients")]}


def test_verify_finds_a_number_that_was_changed(
    backproof: Command, tmp_path: Path, gradients: dict[str, Any]
) -> None:
    path = written(tmp_path, gradients)
    done = backproof("vectors", "verify", path)
    assert done == Finished(0, f"{path}: 81 numbers compared\n", "")
    (vector,) = gradients["vectors"]
    vector["expected"]["float32"]["b1"]["bound"] = "1e-3"
    vector["printed"][0]["value"] = "0.19864435"
    gradients["sha256"] = "0" * 64
    done = backproof("vectors", "verify", written(tmp_path, gradients))
    assert done.status == 1
    hashed, printed, bound, _ = done.out.splitlines()
    assert f"but its `sha256` is {'0' * 64}: the file was changed after it was generated" in hashed
    assert "row-1/gradients': printed dout_dy[0][0]: the value is 0.198644348" in printed
    assert "gradients': expected.float32.b1: the bound is " in bound
    assert bound.endswith(", but the file says 1e-3")


def test_verify_takes_what_is_slow_only_when_asked(backproof: Command, tmp_path: Path) -> None:
    answer = {
        "float64": {name: {"value": "1", "bound": "1"} for name in output_quantities("forward", 1)}
    }
    slow = with_op("forward", id="a", flags=["slow"], expected=answer)
    path = written(tmp_path, {"notes": {"slow": "…"}, "vectors": [slow]})
    done = backproof("vectors", "verify", path)
    assert done.status == 0
    assert "vector 'a': left out; --slow includes it" in done.out
    assert backproof("vectors", "verify", "--slow", path).status == 1


def test_verify_says_that_a_file_holds_nothing_to_compare(
    backproof: Command, tmp_path: Path
) -> None:
    path = written(tmp_path, entry(printed={"h[0][0]": "1"}))
    said = (
        f"{path}: nothing to compare: the file has neither `expected` nor the `value` of a "
        "published number. `backproof check --vectors` computes both\n"
    )
    assert backproof("vectors", "verify", path) == Finished(0, said, "")


def test_diff_shows_every_difference(
    backproof: Command, tmp_path: Path, gradients: dict[str, Any]
) -> None:
    old = written(tmp_path, gradients, "old.json")
    assert backproof("vectors", "diff", old, old) == Finished(0, "No differences.\n", "")
    (vector,) = gradients["vectors"]
    vector["inputs"]["X"][0][1] = "0.1"
    vector["printed"].insert(0, {"quantity": "h[0][0]", "digits": "1"})
    bias = vector["expected"]["float64"]["b1"]
    value, bound = bias["value"], bias["bound"]
    bias |= {"value": "2", "bound": "1"}
    gradients["vectors"].append(with_op("forward", id="new"))
    done = backproof("vectors", "diff", old, written(tmp_path, gradients))
    assert done.status == 1
    assert done.out.splitlines() == [
        "~ tutorial/row-1/gradients",
        "    inputs.X[0]: 0.03, 0.09 → 0.03, 0.1",
        f"    expected.float64.b1.value: {value} → 2",
        f"    expected.float64.b1.bound: {bound} → 1",
        "    printed.h[0][0].digits: new: 1",
        "+ new",
        "5 differences: according to the policy, a major version",
    ]


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        ({"description": "One."}, {"description": "Two."}, ChangeLevel.PATCH),
        ({}, {"flags": ["odd"]}, ChangeLevel.MINOR),
        ({"flags": ["odd"]}, {}, ChangeLevel.MINOR),
        ({"flags": ["odd"]}, {"flags": ["odd", "slow"]}, ChangeLevel.MAJOR),
        ({"flags": ["slow"]}, {"flags": []}, ChangeLevel.MINOR),
        ({"op": "train"}, {"op": "train", "anchors": [0]}, ChangeLevel.MINOR),
        ({"op": "train", "anchors": [0]}, {"op": "train", "anchors": [0, 1]}, ChangeLevel.MINOR),
        ({"op": "train", "anchors": [0, 1]}, {"op": "train", "anchors": [0]}, ChangeLevel.MAJOR),
        ({"op": "train", "anchors": [0]}, {"op": "train"}, ChangeLevel.MAJOR),
        ({"op": "train"}, {"op": "train", "inputs__train_biases": True}, ChangeLevel.MAJOR),
        ({"op": "train"}, {"op": "train", "inputs__epochs": 3}, ChangeLevel.MAJOR),
        ({}, {"printed": {"h[0][0]": "1"}}, ChangeLevel.MINOR),
        ({"printed": {"h[0][0]": "1"}}, {}, ChangeLevel.MAJOR),
        ({"printed": {"h[0][0]": "1"}}, {"printed": {"h[0][0]": "1.0"}}, ChangeLevel.MAJOR),
        ({"bound": "2"}, {"bound": "1"}, ChangeLevel.MINOR),
        ({"bound": "1"}, {"bound": "2"}, ChangeLevel.MAJOR),
        ({"inputs__params__b1": "1"}, {"inputs__params__b1": "2"}, ChangeLevel.MAJOR),
        ({"inputs__params__b1": "1"}, {"inputs__params__b1": "10e-1"}, ChangeLevel.PATCH),
        ({"inputs__X": [["1", "0"]]}, {"inputs__X": [["1", "-0"]]}, ChangeLevel.MAJOR),
        ({"inputs__X": [["NaN", "1"]]}, {"inputs__X": [["NaN", "1.0"]]}, ChangeLevel.PATCH),
        ({"bound": "0.0001"}, {"bound": "1E-4"}, ChangeLevel.PATCH),
        ({"id": "a"}, {"id": "b"}, ChangeLevel.MAJOR),
    ],
)
def test_the_policy_says_what_kind_of_version_a_change_calls_for(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any], level: ChangeLevel
) -> None:
    def document(changed: dict[str, Any], name: str) -> Any:
        changed = {"id": "x", "op": "forward", "bound": "1", "inputs__epochs": 2, **changed}
        number = {"value": "1", "bound": changed.pop("bound")}
        op = changed.pop("op")
        answer = {"float64": dict.fromkeys(output_quantities(op, 1), number)}
        vector = with_op(op, expected=answer, **changed)
        notes = {"odd": "…", "slow": "…"}
        opened = open_document(written(tmp_path, {"notes": notes, "vectors": [vector]}, name))
        assert not opened.problems
        return [opened]

    found = list(diff_documents(document(before, "old.json"), document(after, "new.json")))
    assert max(change.level for change in found) is level


def test_one_difference_is_one(backproof: Command, tmp_path: Path) -> None:
    old = written(tmp_path, with_op("forward", description="One."), "old.json")
    new = written(tmp_path, with_op("forward", description="Two.", id="old"), "new.json")
    said = backproof("vectors", "diff", old, new).out.splitlines()
    assert said[-1] == "1 difference: according to the policy, a patch version"


def test_diff_takes_no_folder_in_which_two_files_share_an_id(
    backproof: Command, tmp_path: Path
) -> None:
    """One would hide the other and its differences."""
    alone = written(tmp_path, with_op("forward", id="a"), "alone.json")
    folder = tmp_path / "folder"
    folder.mkdir()
    first, second = (
        written(folder, with_op("forward", id="a", inputs__params__b1=b1), f"{b1}.json")
        for b1 in "12"
    )
    for pair in ([alone, folder], [folder, alone]):
        done = backproof("vectors", "diff", *pair)
        assert done.status == 2
        assert done.err == f"Error: {second}: test vector 'a': {first} has this id, too\n"
