"""What may not be printed is escaped, and everything else is left as it is."""

import pytest

from backproof.text.unprintable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain, δ1, 日本語, 👩\u200d🔬", None, id="what can be printed"),
        pytest.param("\x1b]0;title\x07", r"\x1b]0;title\x07", id="an escape sequence"),
        pytest.param("\x9b31m\x85\x7f\0", r"\x9b31m\x85\x7f\x00", id="C1, DEL and NUL"),
        pytest.param("\u202eesrever\u202c", r"\u202eesrever\u202c", id="an override of direction"),
        pytest.param("\u2066\u2069\u200f\u061c", r"\u2066\u2069\u200f\u061c", id="other bidi"),
        pytest.param("numpy\u200b\ufeff", r"numpy\u200b\ufeff", id="no width"),
        pytest.param("a\u2028b\u2029c", r"a\u2028b\u2029c", id="separators of lines"),
        pytest.param("name-\udcff", r"name-\udcff", id="a byte that is no text"),
        pytest.param("a\r\nb\tc", r"a\r\nb\tc", id="line ends and tabs"),
    ],
)
def test_what_is_unprintable_is_escaped(text: str, shown: str | None) -> None:
    assert printable(text) == (text if shown is None else shown)


def test_what_is_to_be_kept_is_kept() -> None:
    assert printable("a\n\tb\r\x1b", keep="\n\t") == "a\n\tb\\r\\x1b"
