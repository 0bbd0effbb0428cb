"""Shortening: what is kept of a long text."""

from backproof.text.shortening import shorten


def test_a_text_that_fits_stays() -> None:
    assert shorten("x" * 30, 30) == "x" * 30


def test_of_a_longer_text_beginning_and_end_stay() -> None:
    text = "first " + "x" * 2000 + " last"
    assert shorten(text, 40) == "first xx … (2,011 characters) … xxx last"
    assert all(len(shorten(text, most)) == most for most in (30, 31, 500))
