"""Lists and counts read as a person writes them."""

from backproof.text.english import are, every, listed, several


def test_things_are_listed() -> None:
    lists = [["a"], ["a", "b"], ["a", "b", "c"]]
    assert [listed(things) for things in lists] == ["a", "a and b", "a, b and c"]
    assert [are(things) for things in lists] == ["is", "are", "are"]


def test_things_are_counted() -> None:
    assert [several(n, "row") for n in (1, 2, 1024)] == ["1 row", "2 rows", "1,024 rows"]
    assert [every(n, "row") for n in (1, 2, 3)] == ["the row", "both rows", "all 3 rows"]
