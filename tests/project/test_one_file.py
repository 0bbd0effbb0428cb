"""One file for one exercise: `explain`, `check --vectors` and `diagnose` take the same."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import Command
from frameworks import REFERENCE

from backproof.errors import ExampleError, VectorFileError
from backproof.vectors.vectors import load_file
from backproof.worked_examples.example import TEMPLATE, load_example

WEIGHTS = "W1 = [[0.15, 0.20], [0.25, 0.30]]\nW2 = [[0.40, 0.45], [0.50, 0.55]]\n"
INPUTS = WEIGHTS + "b1 = 0.35\nb2 = 0.60\nX = [0.05, 0.10]\nT = [0.01, 0.99]\nlearning_rate = 0.5\n"
FLAT = "[inputs]\n" + INPUTS
NESTED = (
    '[inputs]\nX = [["0.05", "0.10"]]\nT = [["0.01", "0.99"]]\nlearning_rate = "0.5"\n'
    "[inputs.params]\n" + WEIGHTS + "b1 = 0.35\nb2 = 0.60\n"
)
ONE_BY_ONE = (
    "[inputs]\nw1 = 0.15\nw2 = 0.20\nw3 = 0.25\nw4 = 0.30\nw5 = 0.40\nw6 = 0.45\nw7 = 0.50\n"
    "w8 = 0.55\nb1 = [0.35, 0.35]\nb2 = 0.60\nX = [0.05, 0.10]\nT = [0.01, 0.99]\n"
    "learning_rate = 0.5\n"
)
LETTERS = "[printed]\nout_h1 = 0.593269992\ndE_dw5 = 0.082167041\nnew_w5 = 0.35891648\n"
PATHS = (
    '[printed]\n"out_h[0][0]" = 0.593269992\n"gradients.W2[0][0]" = 0.082167041\n'
    '"params.W2[0][0]" = 0.35891648\n'
)
THREE_ROWS = FLAT.replace("[0.05, 0.10]", "[[0.05, 0.10], [0.7, -0.3], [0.2, 0.9]]").replace(
    "[0.01, 0.99]", "[[0.01, 0.99], [0.6, 0.3], [0.9, 0.2]]"
)


def written(folder: Path, text: str, kind: str = "toml") -> Path:
    """Write an exercise as TOML, or the same as JSON."""
    path = folder / f"mine.{kind}"
    plain = tomllib.loads(text, parse_float=str)
    path.write_text(text if kind == "toml" else json.dumps(plain), encoding="utf-8")
    return path


@pytest.mark.hostile(
    "A file",
    "One exercise, as TOML or JSON, in the letters of the tutorial or as paths",
    "`explain`, `check --vectors` and `diagnose` all take it, and find the same numbers in it",
)
@pytest.mark.parametrize("kind", ["toml", "json"])
@pytest.mark.parametrize("printed", [LETTERS, PATHS], ids=["letters", "paths"])
@pytest.mark.parametrize(
    "inputs", [FLAT, NESTED, ONE_BY_ONE], ids=["beside X", "in params", "one by one"]
)
def test_one_file_is_taken_by_all_commands(
    backproof: Command, tmp_path: Path, inputs: str, printed: str, kind: str
) -> None:
    path = written(tmp_path, inputs + printed, kind)
    diagnosed = backproof("diagnose", path)
    assert diagnosed.status == 0
    assert "3 of 3 published numbers are right to every digit." in diagnosed.out
    checked = backproof("check", REFERENCE, "--vectors", path)
    assert checked.status == 0
    assert "Published numbers in the vector file 'mine': all 3 are correct." in checked.out
    assert "4 of 4 checks ran" in checked.out
    explained = backproof("explain", "--vectors", path)
    assert explained.status == 0
    assert "0.358916479718" in explained.out


def test_the_template_is_taken_by_all_commands(backproof: Command, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    checked = backproof("check", REFERENCE, "--vectors", path)
    assert checked.status == 0
    assert "  mine/after-1: total[0] is published as 0.291027924, but its ref" in checked.out
    assert backproof("explain", "mine/after-1", "--vectors", path).status == 0


@pytest.mark.parametrize("fixed", [True, False], ids=["fixed", "trained"])
def test_a_number_after_updates_is_the_same_in_both_forms(tmp_path: Path, *, fixed: bool) -> None:
    biases = "" if fixed else '[conventions]\nbiases = "shared"\n'
    example = written(tmp_path, f"{FLAT}{biases}[after.7]\nw5 = 0.1\nnew_w5 = 0.1\n")
    after_7, after_8 = [v for v in load_file(example, dtypes=()).vectors if "after" in v.id]
    assert [v.inputs.schedule.epochs for v in (after_7, after_8) if v.inputs.schedule] == [7, 8]
    assert after_7.inputs.schedule
    assert after_7.inputs.schedule.train_biases is not fixed
    entry = (
        f"[[vectors]]\nop = 'train'\n[vectors.inputs]\nepochs = 7\n{INPUTS}"
        f"train_biases = {str(not fixed).lower()}\n[vectors.printed]\n'W2[0][0]' = 0.1\n"
    )
    read = load_example(written(tmp_path, entry))
    assert read.lines[0].place == (7, "params.W2[0][0]")
    assert read.conventions.train_biases is not fixed


def test_with_several_rows_an_epoch_is_several_updates(tmp_path: Path) -> None:
    """The first update is in the middle of the epoch; parameters after it are those of an epoch."""
    path = written(tmp_path, THREE_ROWS + "[after.6]\nout_y1_row2 = 0.1\nw5 = 0.1\n")
    (after,) = [v for v in load_file(path, dtypes=()).vectors if "after" in v.id]
    assert after.inputs.schedule
    assert after.inputs.schedule.epochs == 2
    assert [number.quantity for number in after.published] == ["out_y[1][0]", "params.W2[0][0]"]
    path = written(tmp_path, THREE_ROWS + '[printed]\n"params.W2[0][0]" = 0.1\n')
    assert load_example(path).lines[0].place == (3, "params.W2[0][0]")
    (number,) = [n for v in load_file(path, dtypes=()).vectors for n in v.published]
    assert number.quantity == "params.W2[0][0]"


ONLY_DIAGNOSED = {
    "a bias for each unit": (
        FLAT.replace("b1 = 0.35", "b1 = [0.35, 0.36]"),
        "b1 has a bias for each",
    ),
    "biases trained for each unit": (
        f'{FLAT}[conventions]\nbiases = "per-unit"\n',
        "biases is 'per-unit', but for backends it is 'fixed' or 'shared'",
    ),
    "another loss": (f'{FLAT}[conventions]\nloss = "MSE"\n', "loss is 'MSE', but backends compute"),
    "other updates": (
        f'{FLAT}[conventions]\nupdates = "sequential"\n',
        "updates is 'sequential', but for backends it is 'simultaneous'",
    ),
    "one output": (
        FLAT.replace(", [0.50, 0.55]]", "]").replace("[0.01, 0.99]", "[0.01]"),
        "W2 has one row, but backends have two outputs",
    ),
    "the middle of an epoch": (
        f"{THREE_ROWS}[after.4]\nw5 = 0.1\n",
        "params.W2[0][0] after 4 updates is in the middle of an epoch of 3 updates",
    ),
}


@pytest.mark.parametrize(("text", "problem"), ONLY_DIAGNOSED.values(), ids=ONLY_DIAGNOSED)
def test_what_no_backend_can_run_is_refused_with_the_command_that_takes_it(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = written(tmp_path, text if "printed" in text or "after" in text else text + "[printed]\n")
    with pytest.raises(VectorFileError) as refused:
        load_file(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert problem in str(refused.value)
    assert str(refused.value).endswith(
        "`check` and `explain` cannot take this file; `backproof diagnose` can"
    )
    if "h1" not in text:
        path.write_text(path.read_text("utf-8").replace("[printed]\n", "[printed]\nh1 = 0.3775\n"))
    load_example(path)


def test_the_bias_of_a_unit_is_named_as_what_no_backend_has(tmp_path: Path) -> None:
    path = written(tmp_path, FLAT + "[printed]\nnew_b1_h2 = 0.35\n")
    with pytest.raises(
        VectorFileError,
        match=r"new_b1_h2 belongs to the bias of a single unit, but .*declares biases = 'per-unit'",
    ):
        load_file(path)


def test_several_examples_in_one_file_are_refused_with_the_command_that_takes_them(
    tmp_path: Path, fixtures: Path
) -> None:
    with pytest.raises(ExampleError) as refused:
        load_example(fixtures / "tutorial.json")
    assert str(refused.value).endswith(
        "holds examples with different inputs. `backproof diagnose` takes one example in a file; "
        "`backproof check --vectors` takes them all"
    )
    assert tmp_path


BROKEN: dict[str, Any] = {
    "a weight that is missing": (ONE_BY_ONE.replace("w3 = 0.25\n", ""), "has w1, but lacks w3"),
    "a weight given twice": (FLAT + "w1 = 0.15\n", "has both W1 and w1"),
}


@pytest.mark.parametrize(("text", "problem"), BROKEN.values(), ids=BROKEN)
def test_a_weight_too_few_or_too_many_is_told_by_both(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = written(tmp_path, text + LETTERS)
    with pytest.raises(VectorFileError, match=f"^{path}: inputs: {problem}"):
        load_file(path)
    with pytest.raises(ExampleError, match=f"^{path}: inputs: {problem}"):
        load_example(path)


ODD = {
    "deep lists": "x = " + "[" * 450 + "]" * 450 + "\n" + FLAT,
    "inputs that are a list": "inputs = [1]\n",
    "params that are a number": "[inputs]\nparams = 1\n",
    "an X that is a number": FLAT.replace("X = [0.05, 0.10]", "X = 3"),
    "an X that is empty": FLAT.replace("X = [0.05, 0.10]", "X = []"),
    "a table in place of a number": FLAT + "[printed.out_h1]\nx = 1\n",
    "printed that is a number": "printed = 1\n" + FLAT,
    "conventions that are a list": "conventions = [1]\n" + FLAT,
    "a convention that is a list": FLAT + "[conventions]\nloss = [1]\n",
    "after that is a number": "after = 1\n" + FLAT,
    "after a word": FLAT + "[after.soon]\nw5 = 1\n",
    "after a date": FLAT + "[after]\n1979-05-27 = 1\n",
    "a date": FLAT.replace("0.5\n", "1979-05-27\n"),
    "an infinity": FLAT.replace("b1 = 0.35", "b1 = inf") + LETTERS,
    "epochs that are a word": FLAT + 'epochs = "1"\n' + LETTERS,
    "vectors that are a number": "vectors = 1\n",
    "vectors that are numbers": "vectors = [1]\n",
    "an unknown key": "wat = 1\n" + FLAT + LETTERS,
    "an unknown name": FLAT + "[printed]\nout_h9 = 0.1\n",
}


@pytest.mark.hostile(
    "A file",
    "An exercise whose tables and numbers are something else",
    "One sentence each; status 2",
)
@pytest.mark.parametrize("kind", ["toml", "json"])
@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_whatever_is_in_a_file_it_is_refused_in_a_sentence(
    tmp_path: Path, text: str, kind: str
) -> None:
    path = tmp_path / f"mine.{kind}"
    plain = json.dumps(tomllib.loads(text), default=str)
    path.write_text(text if kind == "toml" else plain, encoding="utf-8")
    with pytest.raises(VectorFileError, match=f"^{path}: "):
        load_file(path)
    with pytest.raises(ExampleError, match=f"^{path}: "):
        load_example(path)


def test_a_key_that_is_there_twice_is_told_by_both(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text('{"inputs": {"b1": 1, "b1": 2}}', encoding="utf-8")
    with pytest.raises(VectorFileError, match="has the key 'b1' twice"):
        load_file(path)
    with pytest.raises(ExampleError, match="has the key 'b1' twice"):
        load_example(path)


def test_a_single_test_vector_is_diagnosed(backproof: Command, tmp_path: Path) -> None:
    """With an id, an op and what else a worked example lacks."""
    entry = "id = 'a/b'\nop = 'gradients'\ndescription = 'As given.'\nflags = []\n"
    given = NESTED.replace('learning_rate = "0.5"\n', "")
    path = written(tmp_path, entry + given + "[printed]\ndE_dw5 = 0.082167041\n")
    assert backproof("check", REFERENCE, "--vectors", path).status == 0
    done = backproof("diagnose", path)
    assert (done.status, done.err) == (0, "")
    assert "1 of 1 published numbers are right" in done.out
