"""`parametrize_with_vectors` in the test suites of backends, each run by a separate pytest."""

import importlib
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_suite import (
    DOUBLES_W7,
    KNOWN,
    LACKS_LOSS,
    LACKS_TOTAL,
    RAISES,
    SUITE,
    VARIES,
    Suite,
    outcomes,
)

import backproof.testing
from backproof import Backend
from backproof.errors import BackproofError, SpecError
from backproof.testing import parametrize_with_vectors
from backproof.vectors.vectors import VectorFile, built_in_files

GRADIENTS = "test_conforms[float64-tutorial/row-1/gradients]"


@pytest.fixture
def suite(tmp_path: Path, one_row: Path) -> Suite:
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return Suite(tmp_path, one_row)


class Both(Backend):
    """Never called."""

    name, dtypes = "both", ("float64", "float16")


def ids_of(backend: type[Backend] | str, **options: Any) -> list[str]:
    """Return the ids of the tests that the decorator generates."""
    _, params = parametrize_with_vectors(backend, **options).args
    return [param.id for param in params]


def misspelt(known: Path) -> Path:
    """Change the entry so that it matches no test vector."""
    known.write_text(KNOWN.replace("gradients", "gradient"), encoding="utf-8")
    return known


@pytest.fixture
def known(tmp_path: Path) -> Path:
    path = tmp_path / "known.toml"
    path.write_text(KNOWN, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def files() -> list[VectorFile]:
    return built_in_files()


OPS = [f"float64-tutorial/row-1/{op}" for op in ("forward", "loss", "gradients", "step")]


def test_a_conforming_backend_passes_a_test_for_each_vector(suite: Suite) -> None:
    text = suite.run(vectors=[str(suite.vectors)])
    assert outcomes(text) == {"PASSED": OPS}


def test_without_options_all_vectors_but_the_slow_are_put(suite: Suite) -> None:
    text = suite.run()
    assert outcomes(text).keys() == {"PASSED"}
    assert len(outcomes(text)["PASSED"]) > 500
    assert "long/100-epochs" in text
    assert "long/10000-epochs" not in text


def test_a_wrong_number_is_told_in_the_tutorials_letters_without_a_traceback(
    suite: Suite,
) -> None:
    text = suite.run(breaks=DOUBLES_W7, vectors=str(suite.vectors))
    assert outcomes(text) == {"PASSED": OPS[:2], "FAILED": OPS[2:]}
    failure = text.partition(f"_ {GRADIENTS} _")[2].partition("\n___")[0]
    lines = [line for line in failure.splitlines()[1:] if line]
    assert lines[:4] == [
        "check = float64-tutorial/row-1/gradients",
        "    @parametrize_with_vectors(MyBackend, vectors=" + repr(str(suite.vectors)) + ")",
        "    def test_conforms(check):",
        ">       check()",
    ]
    assert re.fullmatch(
        r"E       AssertionError: W2\[1\]\[0\] \(∂E/∂w7\) exceeds its error bound: "
        r"expected -0\.041\d+, got -0\.0829\d+, error \S+ ulp, bound \S+ ulp",
        lines[4],
    )
    assert lines[5:] == ["test_mine.py:6: AssertionError"]


@pytest.mark.parametrize(
    ("breaks", "told"),
    [
        (LACKS_LOSS, "unsupported: loss"),
        (LACKS_TOTAL, "unsupported: total of loss"),
        (RAISES, "error: loss raised ZeroDivisionError: division by zero ("),
    ],
    ids=["unsupported", "a field is unsupported", "error"],
)
def test_what_is_not_a_pass_fails(suite: Suite, breaks: str, told: str) -> None:
    text = suite.run(breaks=breaks, vectors=str(suite.vectors))
    assert outcomes(text) == {"PASSED": [OPS[0], *OPS[2:]], "FAILED": [OPS[1]]}
    assert f"\nE       AssertionError: {told}" in text


def test_a_known_failure_is_expected_with_its_reason(suite: Suite, known: Path) -> None:
    text = suite.run(breaks=DOUBLES_W7, vectors=str(suite.vectors), known_failures=str(known))
    assert outcomes(text) == {"PASSED": OPS[:2], "XFAIL": OPS[2:3], "FAILED": OPS[3:]}
    assert "w7 is not written yet." in text


def test_a_known_failure_that_passes_fails(suite: Suite, known: Path) -> None:
    text = suite.run(vectors=str(suite.vectors), known_failures=str(known))
    assert outcomes(text) == {"PASSED": [*OPS[:2], OPS[3]], "FAILED": [OPS[2]]}
    assert (
        "E       AssertionError: known failure 1 (tutorial/row-1/gradients) covers a passing "
        "test vector: narrow or remove it\n"
    ) in text


def test_a_wrong_number_that_is_known_excuses_no_error(suite: Suite, known: Path) -> None:
    known.write_text(KNOWN.replace("gradients", "loss"), encoding="utf-8")
    text = suite.run(breaks=RAISES, vectors=str(suite.vectors), known_failures=str(known))
    assert outcomes(text)["FAILED"] == [OPS[1]]


def test_a_response_that_varies_fails_and_says_how(suite: Suite) -> None:
    text = suite.run(breaks=VARIES, vectors=str(suite.vectors))
    assert outcomes(text) == {"PASSED": [*OPS[:2], OPS[3]], "FAILED": [OPS[2]]}
    said = r"E       AssertionError: varies: for the same request, b1 was (\S+), then (\S+)\n"
    first, second = re.findall(said, text)[0]
    assert first != second


def test_a_known_response_that_varies_is_expected_and_may_pass(suite: Suite, known: Path) -> None:
    known.write_text(KNOWN + 'outcome = "varies"\n', encoding="utf-8")
    options = {"vectors": str(suite.vectors), "known_failures": str(known)}
    varying = suite.run(breaks=VARIES, **options)
    assert outcomes(varying) == {"PASSED": [*OPS[:2], OPS[3]], "XFAIL": [OPS[2]]}
    assert outcomes(suite.run(**options)) == {"PASSED": OPS}
    assert outcomes(suite.run(breaks=DOUBLES_W7, **options))["FAILED"] == OPS[2:]


def test_a_pass_that_one_of_two_entries_does_not_expect_fails(suite: Suite, known: Path) -> None:
    known.write_text(KNOWN + 'outcome = "varies"\n' + KNOWN, encoding="utf-8")
    text = suite.run(vectors=str(suite.vectors), known_failures=str(known))
    assert outcomes(text)["FAILED"] == [OPS[2]]
    assert "AssertionError: known failure 2 (tutorial/row-1/gradients) covers a passing" in text


def test_pytests_own_option_shows_known_failures_as_they_are(suite: Suite, known: Path) -> None:
    options = {"vectors": str(suite.vectors), "known_failures": str(known)}
    text = suite.run("--runxfail", breaks=DOUBLES_W7, **options)
    assert outcomes(text)["FAILED"] == OPS[2:]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("9999-12-31", "2000-01-01", "(tutorial/row-1/gradients) expired on 2000-01-01: renew or"),
        ("row-1", "row-9", "(tutorial/row-9/gradients) matches nothing that was checked: correct"),
    ],
    ids=["expired", "matches-nothing"],
)
def test_a_stale_entry_fails_a_test_of_its_own_and_excuses_nothing(
    suite: Suite, known: Path, old: str, new: str, told: str
) -> None:
    known.write_text(KNOWN.replace(old, new), encoding="utf-8")
    text = suite.run(breaks=DOUBLES_W7, vectors=str(suite.vectors), known_failures=str(known))
    assert outcomes(text) == {"PASSED": OPS[:2], "FAILED": [*OPS[2:], "known-failures/1"]}
    assert f"E       AssertionError: known failure 1 {told}" in text


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ('backend = "another"', {}),
        ('dtype = "float16"', {"dtypes": "float64"}),
        ('vectors = "tutorial/row-1/slow"', {}),
    ],
    ids=["of-another-backend", "of-a-dtype-left-out", "of-a-slow-vector"],
)
def test_an_entry_is_not_held_to_what_is_left_out(
    known: Path, one_row: Path, tmp_path: Path, line: str, options: dict[str, Any]
) -> None:
    vectors = json.loads(one_row.read_text(encoding="utf-8"))
    vectors["notes"]["slow"] = "Takes long."
    slow = vectors["vectors"][0] | {"id": "tutorial/row-1/slow", "flags": ["slow"]}
    vectors["vectors"] = [vectors["vectors"][1], slow]
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps(vectors), encoding="utf-8")
    entry = KNOWN.replace('vectors = "tutorial/row-1/gradients"', line)
    if "vectors" not in entry:
        entry += 'vectors = "tutorial/row-1/loss"\n'
    known.write_text(entry, encoding="utf-8")
    ids = ids_of(Both, vectors=[path], known_failures=known, **options)
    assert [name for name in ids if "known" in name] == []
    assert "known-failures/1" in ids_of(
        Both, vectors=[one_row], known_failures=misspelt(known), **options
    )


def test_a_spec_is_loaded(reference: type[Backend], one_row: Path) -> None:
    assert ids_of(reference.name, vectors=[one_row]) == ids_of(reference, vectors=[one_row]) == OPS


def test_the_dtypes_named_are_those_tested(one_row: Path) -> None:
    """A single dtype can be given as a string."""
    ops = [name.removeprefix("float64-") for name in OPS]
    assert ids_of(Both, vectors=[one_row]) == [f"{d}-{op}" for d in Both.dtypes for op in ops]
    for wanted in ("float16", ["float16"]):
        assert ids_of(Both, vectors=[one_row], dtypes=wanted) == [f"float16-{op}" for op in ops]


@pytest.mark.parametrize(
    ("options", "ops"),
    [
        ({"only": "tutorial/row-1/loss"}, [OPS[1]]),
        ({"only": ["*/loss", "*/step"]}, [OPS[1], OPS[3]]),
        ({"ops": "train"}, [OPS[3]]),
        ({"ops": ["train", "loss"], "only": "tutorial/row-1"}, [OPS[1], OPS[3]]),
    ],
    ids=["an id", "patterns", "an op", "ops of those named"],
)
def test_the_vectors_and_ops_named_are_those_tested(
    one_row: Path, options: dict[str, Any], ops: list[str]
) -> None:
    """One can be given as a string."""
    assert ids_of(Both, vectors=[one_row], dtypes="float64", **options) == ops


def test_an_entry_is_not_held_to_what_is_not_selected(known: Path, one_row: Path) -> None:
    assert ids_of(Both, vectors=[one_row], dtypes="float64", ops="loss", known_failures=known) == [
        OPS[1]
    ]


def test_slow_vectors_are_tested_when_asked_for(reference: type[Backend]) -> None:
    slow = set(ids_of(reference, slow=True)) - set(ids_of(reference))
    assert slow == {"float64-long/10000-epochs"}


def test_drawn_vectors_are_tested_only_with_a_seed(
    reference: type[Backend], one_row: Path, tmp_path: Path
) -> None:
    """Whether there are any or not, and though they pass, an entry for them is not stale."""
    known = tmp_path / "known.toml"
    known.write_text(KNOWN.replace("tutorial/row-1/gradients", "drawn/*"), encoding="utf-8")
    options: dict[str, Any] = {"vectors": [one_row], "known_failures": known}
    assert len(ids_of(reference, **options)) == 4
    _, cases = parametrize_with_vectors(reference, seed=5, **options).args
    drawn = {case.id: case.values[0] for case in cases if "drawn/" in case.id}
    assert len(cases) == 4 + len(drawn) == 84
    drawn["float64-drawn/signed-1/gradients"]()


def test_every_vector_is_tested_in_every_dtype(files: list[VectorFile]) -> None:
    judged = [
        (vector, dtype) for file in files for vector in file.vectors for dtype in vector.expected
    ]
    wanted = {f"{dtype}-{vector.id}" for vector, dtype in judged if dtype in Both.dtypes}
    assert set(ids_of(Both, slow=True)) == wanted


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"dtypes": ["bfloat16"]}, "both: supports float64, float16; requested: bfloat16"),
        ({"dtypes": []}, "both: supports float64, float16; requested: none"),
        ({"vectors": []}, "both: no test vector covers float64: nothing to check"),
        ({"vectors": ["nowhere.json"]}, "nowhere.json: cannot be read"),
        ({"known_failures": "nowhere.toml"}, "nowhere.toml: cannot be read"),
        ({"only": "nowhere"}, "nowhere: no test vector has this id"),
        ({"ops": "training"}, "there is no op 'training': did you mean train?"),
    ],
    ids=[
        "a-dtype-not-claimed",
        "no-dtype",
        "no-vector",
        "no-vector-file",
        "no-known-failures",
        "an-unknown-id",
        "an-unknown-op",
    ],
)
def test_what_would_test_nothing_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(BackproofError, match=f"^{problem}"):
        parametrize_with_vectors(Both, **options)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (dict, "<class 'dict'> is not a backend:\n  `name` is missing"),
        ("nowhere", "nowhere: no backend has this name"),
    ],
    ids=["class", "spec"],
)
def test_what_is_no_backend_is_refused(given: Any, problem: str) -> None:
    with pytest.raises(SpecError, match=f"^{problem}"):
        parametrize_with_vectors(given)


def test_without_pytest_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytest", None)
    monkeypatch.delitem(sys.modules, "backproof.testing")
    with pytest.raises(ImportError, match="needs pytest: pip install 'backproof\\[testing\\]'"):
        importlib.import_module("backproof.testing")


def test_the_docstring_shows_the_suite_that_runs_here() -> None:
    """Except for the names."""
    shown = inspect.cleandoc(backproof.testing.__doc__ or "").replace("my_package", "my_backend")
    assert inspect.cleandoc(SUITE.format(options="")) in re.sub(r"(?m)^ {4}", "", shown)
