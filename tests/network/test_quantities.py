"""Names of numbers: paths, and what the tutorial calls them."""

import pytest

from backproof import Forward, Loss, Params
from backproof.network.quantities import (
    flatten_fields,
    row_of,
    tutorial_name,
    tutorial_name_any_row,
)

PARAMS = Params([[1.0, 2.0], [3.0, 4.0]], 9.0, [[5.0, 6.0], [7.0, 8.0]], 10.0)


def test_every_number_has_a_path_in_the_order_of_the_fields() -> None:
    assert flatten_fields(PARAMS) == {
        "W1[0][0]": 1.0,
        "W1[0][1]": 2.0,
        "W1[1][0]": 3.0,
        "W1[1][1]": 4.0,
        "b1": 9.0,
        "W2[0][0]": 5.0,
        "W2[0][1]": 6.0,
        "W2[1][0]": 7.0,
        "W2[1][1]": 8.0,
        "b2": 10.0,
    }
    assert list(flatten_fields(PARAMS))[4] == "b1"


def test_a_prefix_stands_before_every_path() -> None:
    assert list(flatten_fields(PARAMS, "gradients."))[:1] == ["gradients.W1[0][0]"]


def test_rows_come_first_in_an_index() -> None:
    two_rows = [[1.0, 2.0], [3.0, 4.0]]
    assert flatten_fields(Forward(two_rows, two_rows, two_rows, two_rows))["y[1][0]"] == 3.0
    assert flatten_fields(Loss(two_rows, [5.0, 6.0]))["total[1]"] == 6.0


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("W1[0][0]", "w1"),
        ("W1[0][1]", "w2"),
        ("W1[1][0]", "w3"),
        ("W1[1][1]", "w4"),
        ("W2[0][0]", "w5"),
        ("W2[0][1]", "w6"),
        ("W2[1][0]", "w7"),
        ("W2[1][1]", "w8"),
        ("b1", "b1"),
        ("b2", "b2"),
        ("h[0][0]", "h1, row 1"),
        ("out_h[0][1]", "Out h2, row 1"),
        ("y[3][1]", "y2, row 4"),
        ("out_y[2][0]", "Out y1, row 3"),
        ("per_output[0][1]", "E2, row 1"),
        ("total[1]", "E_Total, row 2"),
    ],
)
def test_the_tutorial_has_its_own_name_for_each(path: str, name: str) -> None:
    assert tutorial_name(path, "train") == name


@pytest.mark.parametrize(("path", "name"), [("W2[1][0]", "∂E/∂w7"), ("b1", "∂E/∂b1")])
def test_a_gradient_is_not_called_by_the_name_of_the_weight(path: str, name: str) -> None:
    assert tutorial_name(path, "gradients") == name


@pytest.mark.parametrize(
    ("path", "name", "row"),
    [
        ("out_h[4][1]", "Out h2", 4),
        ("total[0]", "E_Total", 0),
        ("W2[1][0]", "w7", None),
        ("b1", "b1", None),
    ],
)
def test_a_name_and_a_row_are_told_apart(path: str, name: str, row: int | None) -> None:
    assert tutorial_name_any_row(path, "train") == name
    assert row_of(path) == row
