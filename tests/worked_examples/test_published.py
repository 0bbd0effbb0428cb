"""The published worked examples: each is evaluated, and the page shows the verdicts."""

from functools import cache
from pathlib import Path

import pytest
from checkout import ROOT

from backproof.reports.published_examples import INTRODUCTION, example_section, overview
from backproof.text.resources import resource_folder
from backproof.worked_examples.evaluation import evaluate_example
from backproof.worked_examples.example import load_example
from backproof.worked_examples.verdicts import EvaluatedExample, VerdictKind

pytestmark = pytest.mark.proof

SOURCES = sorted(resource_folder("fixtures").joinpath("published").glob("*.toml"))
PAGE = ROOT / "docs" / "evidence" / "published.md"
every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


@cache
def judged(source: Path) -> EvaluatedExample:
    return evaluate_example(load_example(source))


def named(stem: str) -> EvaluatedExample:
    return judged(next(source for source in SOURCES if source.stem == stem))


@every_source
def test_the_page_says_how_a_source_is_judged(source: Path) -> None:
    """If it does not, regenerate it with `backproof diagnose --markdown`, as the page says."""
    assert example_section(judged(source)) in PAGE.read_text(encoding="utf-8")


def test_the_page_counts_them_all() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text.startswith(f"{INTRODUCTION}\n{overview([judged(source) for source in SOURCES])}\n")
    assert text.count("\n## ") == len(SOURCES) >= 21


@every_source
def test_nothing_is_said_of_a_number_that_is_right(source: Path) -> None:
    right = [v for v in judged(source).verdicts if v.kind is VerdictKind.RIGHT]
    assert {v.why for v in right} <= {"", "to the precision of float64"}
    assert [v for v in right if v.mistakes] == []


def test_the_most_read_example_mixes_two_update_rules() -> None:
    """Its loss after 10,000 updates is the one after 9,999 updates by the rule in its text."""
    judgement = named("mazur-2015")
    assert len(judgement.verdicts) - len(judgement.wrong) == 25
    [cause] = judgement.causes
    assert cause.mistakes == ("hidden-delta-uses-updated-weights",)
    assert [line.digits.text for line in cause.explains] == [
        "0.291027924",
        "0.015912196",
        "0.984065734",
    ]
    [other] = [v for v in judgement.wrong if v.kind is VerdictKind.OTHER_UPDATE]
    assert (other.line.digits.text, other.why) == (
        "0.0000351085",
        "this is the number after 9,999 updates",
    )


@pytest.mark.parametrize(
    ("stem", "mistake", "explains"),
    [
        ("backprop-trace", "hidden-delta-uses-updated-weights", 1),
        ("chinese-blog-family", "hidden-delta-uses-updated-weights", 4),
        ("ann-hand-calculation", "hidden-delta-uses-updated-weights", 4),
        ("course-sheet-1", "second-hidden-unit-moved-by-first-slope", 8),
        ("course-sheet-2", "second-hidden-unit-moved-by-first-error", 8),
        ("course-sheet-4", "second-inputs-weight-moved-by-other-slope", 7),
        ("solved-numerical-2x2", "output-bias-missing", 2),
        ("perturbation-py", "gradients-by-wide-forward-differences", 1),
        ("genomic-neuralnet-test-2", "hidden-delta-uses-updated-weights", 4),
        ("sigmoid-test-java-1", "hidden-delta-uses-updated-weights", 4),
    ],
)
def test_a_mistake_is_named_alone(stem: str, mistake: str, explains: int) -> None:
    [cause] = named(stem).causes
    assert (cause.mistakes, len(cause.explains)) == ((mistake,), explains)


@pytest.mark.parametrize(
    "stem",
    [
        *["wikidocs-37406", "readme-parallel", "readme-sequential", "java-test"],
        *["notebook-x10-x20", "university-exercise", "course-sheet-5", "course-sheet-6"],
        *["rpubs-xor-es", "sigmoid-test-java-2", "tutorial-solution-221", "quadratic-test-java"],
    ],
)
def test_a_right_source_is_right_throughout(stem: str) -> None:
    assert named(stem).wrong == []


def test_weights_of_another_learning_rate_are_said_to_be_that() -> None:
    judgement = named("blog-sum-of-squares-2")
    assert {v.kind for v in judgement.wrong} == {VerdictKind.OTHER_RATE}
    [note] = judgement.notes
    assert note.startswith("The learning rate 0.65, not 0.5 as declared, reproduces all 4 new")


def test_most_sources_of_one_output_are_checked_as_such() -> None:
    of_one = [source for source in SOURCES if judged(source).example.conventions.one_output]
    assert len(of_one) >= 13
