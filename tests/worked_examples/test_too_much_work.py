"""A diagnosis ends: what takes too long is refused, or stopped with what was found so far."""

from pathlib import Path

import pytest
from worked_example_files import GIVEN, example

from backproof.errors import ExampleError
from backproof.worked_examples import evaluation, evaluation_state
from backproof.worked_examples.evaluation import evaluate_example
from backproof.worked_examples.verdicts import VerdictKind

KIND = "A file"
BATCH = GIVEN.replace("X = [0.05, 0.10]", f"X = {[[0.05, 0.1]] * 64}").replace(
    "T = [0.01, 0.99]", f"T = {[[0.01, 0.99]] * 64}"
)
STOPPED = "The search was stopped because it would take too long"


@pytest.mark.hostile(
    KIND, "`[after.20000]` with 64 rows in each update", "refused, with the reason"
)
def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExampleError) as refused:
        example(tmp_path, {20_000: {"w1": "0.5"}}, f"{BATCH}batch_size = 64\n")
    assert str(refused.value).endswith(
        "after.20000: 20,000 updates with batch_size rows each pass 1,280,000 rows through the "
        "network; at most 40,000 are allowed"
    )


@pytest.mark.hostile(
    KIND, "a wrong number in `[after.20000]`", "most mistakes are not tried; says so"
)
def test_mistakes_are_not_tried_where_each_takes_long(tmp_path: Path) -> None:
    evaluated = evaluate_example(example(tmp_path, {20_000: {"out_y1": "0.51"}}))
    assert [verdict.kind for verdict in evaluated.verdicts] == [VerdictKind.UNEXPLAINED]
    assert sum(note.startswith(STOPPED) for note in evaluated.notes) == 1


@pytest.mark.hostile(KIND, "a worked example of 300 wrong numbers", "the search ends; says so")
def test_what_was_found_stays_when_the_search_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = {0: {"h1": "0.3775", "out_y1": "0.12345678", "out_y2": "0.87654321"}}
    whole = evaluate_example(example(tmp_path, published))
    assert not any(note.startswith(STOPPED) for note in whole.notes)
    monkeypatch.setattr(evaluation_state, "MAX_WORK", 300)
    stopped = evaluate_example(example(tmp_path, published))
    assert stopped.verdicts[0].kind is VerdictKind.RIGHT
    assert sum(note.startswith(STOPPED) for note in stopped.notes) == 1


@pytest.mark.hostile(KIND, "a training whose uncertainty grows without end", "status 2, a sentence")
def test_a_number_without_an_exact_value_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "PRECISION", 4)  # so that it has grown after few updates
    with pytest.raises(ExampleError, match="after 300 updates, w5 cannot be computed exactly"):
        evaluate_example(example(tmp_path, {300: {"w5": "0.5"}}))
