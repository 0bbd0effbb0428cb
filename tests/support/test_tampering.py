"""What breaks backends on purpose breaks just what it says."""

from pathlib import Path

import pytest
from tampering import answering, edited, with_every_number, with_number

from backproof import Backend, Loss, Params

LOSS = Loss([[1.0, 2.0], [3.0, 4.0]], [5.0, 6.0])


@pytest.mark.parametrize(
    ("quantity", "broken"),
    [
        ("per_output[1][0]", Loss([[1.0, 2.0], [9.0, 4.0]], [5.0, 6.0])),
        ("total[1]", Loss([[1.0, 2.0], [3.0, 4.0]], [5.0, 9.0])),
    ],
)
def test_one_number_is_replaced(quantity: str, broken: Loss) -> None:
    assert with_number(LOSS, quantity, 9.0) == broken
    assert LOSS.total == [5.0, 6.0]


def test_a_number_without_indices_is_replaced() -> None:
    params = Params([[1.0, 2.0], [3.0, 4.0]], 5.0, [[6.0, 7.0], [8.0, 9.0]], 10.0)
    assert with_number(params, "b2", 0.0) == params._replace(b2=0.0)


def test_every_number_is_changed() -> None:
    assert with_every_number(LOSS, lambda x: -x) == Loss([[-1.0, -2.0], [-3.0, -4.0]], [-5.0, -6.0])


def test_other_answers_stay_as_they_are(reference: type[Backend]) -> None:
    params = Params([[1.0, 2.0], [3.0, 4.0]], 5.0, [[6.0, 7.0], [8.0, 9.0]], 10.0)
    broken = answering(reference, "loss", lambda _: LOSS)()
    assert broken.loss(params, [[1.0, 2.0]], [[1.0, 2.0]]) == LOSS
    assert broken.forward(params, [[1.0, 2.0]]) == reference().forward(params, [[1.0, 2.0]])


def test_an_edit_replaces_its_text(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("one two three", encoding="utf-8")
    target = edited(source, tmp_path / "target", [("one", "two"), ("three", "four")])
    assert target.read_text(encoding="utf-8") == "two two four"


@pytest.mark.parametrize("text", ["three", "two"])
def test_an_edit_that_does_not_fit_once_is_refused(text: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("one two two", encoding="utf-8")
    with pytest.raises(LookupError, match="times, not once"):
        edited(source, tmp_path / "target", [(text, "")])
