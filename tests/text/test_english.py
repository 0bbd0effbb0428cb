"""Lists and counts read as a person writes them."""

from backproof.text.english import count_all, count_noun, is_or_are, join_words


def test_things_are_listed() -> None:
    lists = [["a"], ["a", "b"], ["a", "b", "c"]]
    assert [join_words(things) for things in lists] == ["a", "a and b", "a, b and c"]
    assert [is_or_are(things) for things in lists] == ["is", "are", "are"]


def test_things_are_counted() -> None:
    assert [count_noun(n, "row") for n in (1, 2, 1024)] == ["1 row", "2 rows", "1,024 rows"]
    assert [count_all(n, "row") for n in (1, 2, 3)] == ["the row", "both rows", "all 3 rows"]
