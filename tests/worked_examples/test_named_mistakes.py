"""Each mistake of the catalogue is named in an example that makes it, and no other is."""

from pathlib import Path

import pytest
from worked_example_files import (
    GIVEN,
    GRADIENTS,
    WEIGHTS,
    example,
    printed_by,
)

from backproof.network.mistakes import CATALOGUE
from backproof.worked_examples.evaluation import evaluate_example
from backproof.worked_examples.verdicts import VerdictKind

pytestmark = pytest.mark.proof


SHOWN = {
    0: ["out_h1", "out_h2", "out_y1", "out_y2", "E1", "E2", "E_total", *GRADIENTS, *WEIGHTS],
    2: ["E_total", "w1", "w4", "w5", "w8"],
    3: ["E_total", "w2", "w3", "w6", "w7"],
}
# These do not show in the first updates of a single row, or not in ten decimals.
HIDDEN = {
    "loss-is-mean-over-rows", "loss-adds-up-over-rows", "output-gradient-takes-row-1-activations",
    "gradients-averaged-over-rows", "gradients-of-first-row-only", "gradients-of-last-row-only",
    "gradients-clipped-at-1", "epoch-too-many", "epoch-too-few", "last-step-lost",
    "epochs-count-steps", "loops-swapped", "batch-size-ignored", "always-full-batch",
    "short-batch-dropped", "short-batch-filled-up", "batches-in-reverse", "rows-in-reverse",
    "first-row-skipped", "last-row-skipped", "only-first-row-trained",
    "learning-rate-drops-after-30-epochs", "learning-rate-halves-after-100-epochs",
    "batch-gradients-averaged", "forward-once-per-epoch",
    "biases-never-trained", "hidden-bias-never-trained", "output-bias-never-trained",
    "output-bias-gradient-of-first-unit", "output-bias-gradient-of-last-unit",
    "hidden-bias-gradient-of-first-unit", "hidden-bias-gradient-of-last-unit",
    "bias-gradients-are-means-over-units", "bias-gradients-zero",
    "sigmoid-argument-clipped-at-500", "sigmoid-argument-clipped-at-20",
    "outputs-kept-from-0-and-1", "sigmoid-by-tanh", "sigmoid-overflows-to-nan",
}  # fmt: skip
# These make fewer updates.
FEWER_STEPS = {"epoch-too-few", "last-step-lost", "first-row-skipped", "last-row-skipped"}
SAMPLE = (
    "hidden-weights-transposed",
    "loss-without-half",
    "output-slope-missing",
    "second-hidden-unit-moved-by-first-slope",
    "hidden-delta-uses-updated-weights",
    "momentum",
)
SEEN = [
    name for name, mistake in CATALOGUE.items() if name not in HIDDEN and mistake.precision is None
]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in SAMPLE else [pytest.mark.slow]) for name in SEEN],
)
def test_a_mistake_of_the_catalogue_is_named(tmp_path: Path, name: str) -> None:
    printed = printed_by(tmp_path, (CATALOGUE[name],), SHOWN)
    judgement = evaluate_example(example(tmp_path, printed))
    wrong = [v for v in judgement.wrong if v.kind is VerdictKind.MISTAKE]
    if not wrong:  # so little is wrong that it may be rounding
        assert {v.kind for v in judgement.wrong} <= {VerdictKind.ROUNDED, VerdictKind.TRUNCATED}
        assert "rounded" in name or "cut-off" in name or "float32" in name
        return
    cause = judgement.causes[0]
    assert (name,) in {cause.mistakes, *cause.alternatives}
    assert judgement.explained == judgement.wrong


@pytest.mark.parametrize("name", sorted(HIDDEN - FEWER_STEPS))
def test_what_is_called_hidden_does_not_show(tmp_path: Path, name: str) -> None:
    assert printed_by(tmp_path, (CATALOGUE[name],), SHOWN) == printed_by(tmp_path, (), SHOWN)


UNKNOWN = {0: {"dE_dw1": "0.000478912", "dE_dw5": "0.091234567", "new_w5": "0.312345678"},
           1: {"E_total": "0.287654321"}}  # fmt: skip


def test_an_unknown_mistake_gets_no_name(tmp_path: Path) -> None:
    judgement = evaluate_example(example(tmp_path, UNKNOWN))
    assert judgement.causes == []
    assert {v.kind for v in judgement.wrong} == {VerdictKind.UNEXPLAINED}
    assert len(judgement.wrong) == 4


def test_rounding_that_nothing_shows_explains_no_large_difference(tmp_path: Path) -> None:
    given = GIVEN.replace("learning_rate = 0.5", "learning_rate = 0.01")
    [found] = evaluate_example(
        example(tmp_path, {0: {"y1": "1.106", "dE_dw5": "0.100"}}, given)
    ).wrong
    assert found.kind is VerdictKind.UNEXPLAINED
