"""What pytest says at the end of a suite with `parametrize_with_vectors`, and where it looks."""

from pathlib import Path

import pytest
from pytest_suite import DOUBLES_W7, FIRST_DELTA, KNOWN, LACKS_LOSS, SUITE, Suite, outcomes

OPS = [f"float64-tutorial/row-1/{op}" for op in ("forward", "loss", "gradients", "step")]

SECOND_BY_FIRST = "The gradients of w7 and w8 use the delta of output 1 instead of output 2."
W7 = "∂E/∂w7 = ∂E2/∂Out y2 · ∂Out y2/∂y2 · ∂y2/∂w7"
BEFORE = "∂E/∂w5 and ∂E/∂w6; the forward pass and the loss of the same inputs; both test vectors"


@pytest.fixture
def suite(tmp_path: Path, one_row: Path) -> Suite:
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    return Suite(tmp_path, one_row)


@pytest.fixture
def known(tmp_path: Path) -> Path:
    path = tmp_path / "known.toml"
    path.write_text(KNOWN, encoding="utf-8")
    return path


def test_a_run_with_wrong_numbers_ends_with_one_diagnosis(suite: Suite) -> None:
    """It is made of all tests, whatever the order or the outcome of each."""
    text = suite.run(breaks=FIRST_DELTA, vectors=str(suite.vectors))
    assert len(outcomes(text)["FAILED"]) == 2
    end = text[text.index("= backproof: mine float64 =") :].splitlines()
    assert end[1:4] == [
        "Diagnosis: this mistake reproduces 2 of 2 wrong responses, number by number:",
        f"  second-output-moved-by-first-delta: {SECOND_BY_FIRST}",
        f"First wrong value: {W7}, in tutorial/row-1/gradients. Correct before it: {BEFORE}.",
    ]
    assert text.count("Diagnosis: ") == 1


@pytest.mark.parametrize("breaks", ["", LACKS_LOSS], ids=["passes", "nothing-is-wrong"])
def test_a_run_without_wrong_numbers_has_no_diagnosis(suite: Suite, breaks: str) -> None:
    text = suite.run(breaks=breaks, vectors=str(suite.vectors))
    assert "= backproof:" not in text


def test_what_is_known_alone_is_not_diagnosed(suite: Suite, known: Path) -> None:
    options = {"vectors": str(suite.vectors), "known_failures": str(known), "ops": "gradients"}
    text = suite.run(breaks=DOUBLES_W7, **options)
    assert outcomes(text) == {"XFAIL": [OPS[2]]}
    assert "= backproof:" not in text


@pytest.mark.hostile(
    "A pytest suite", "a test that does not call its check", "the test fails, and says so"
)
@pytest.mark.parametrize("body", ["check", "assert check", "pass"])
def test_a_test_that_does_not_call_its_check_fails(suite: Suite, body: str) -> None:
    module = SUITE.format(options=f", vectors={str(suite.vectors)!r}").replace("check()", body)
    suite.run()
    (suite.folder / "test_conform.py").write_text(module, encoding="utf-8")
    text = suite.run("test_conform.py")
    assert f"{len(OPS)} failed" in text
    assert "passed" not in text
    assert "the test did not call its check: write `check()`, in parentheses" in text


def test_a_suite_without_test_vectors_is_left_alone(suite: Suite) -> None:
    (suite.folder / "test_other.py").write_text("def test_other():\n    assert 0\n", "utf-8")
    text = suite.run("test_other.py")
    assert "1 failed" in text
    assert "= backproof:" not in text


def test_files_are_found_beside_the_test_module(suite: Suite) -> None:
    """Wherever pytest is started."""
    inner = Suite(suite.folder / "tests", suite.vectors)
    inner.folder.mkdir()
    (inner.folder / "known.toml").write_text(KNOWN, encoding="utf-8")
    (inner.folder / "vectors.json").write_bytes(suite.vectors.read_bytes())
    options = {"vectors": "vectors.json", "known_failures": "known.toml"}
    inner.run("--collect-only", breaks=DOUBLES_W7, **options)
    (suite.folder / "known.toml").write_text("not this one", encoding="utf-8")
    text = suite.run("tests")
    assert "1 xfailed" in text
