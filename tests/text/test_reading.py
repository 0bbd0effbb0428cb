"""Reading: what a file may be, and how it is said that it is not."""

from decimal import Decimal
from pathlib import Path

import pytest

from backproof.errors import BackproofError, SpecError
from backproof.text.reading import MAX_LINE, first_duplicate_key, read_text, read_toml


def written(folder: Path, content: bytes) -> Path:
    path = folder / "a file"
    path.write_bytes(content)
    return path


def refusal(path: Path, max_bytes: int = 100) -> str:
    """Return why a file is not read as TOML, without its path."""
    with pytest.raises(SpecError) as refused:
        read_toml(path, max_bytes, SpecError)
    begin = f"{path}: "
    assert str(refused.value).startswith(begin)
    return str(refused.value).removeprefix(begin)


def test_a_text_is_read_whole_without_its_byte_order_mark(tmp_path: Path) -> None:
    assert read_text(written(tmp_path, b"\xef\xbb\xbfa\r\n\xce\xb4"), 8, SpecError) == "a\r\nδ"


@pytest.mark.parametrize(
    ("most", "words"),
    [
        (3, "3 bytes"),
        (2**10, "1 KiB"),
        (2**18, "256 KiB"),
        (2**20, "1 MiB"),
        (3 * 2**20, "3 MiB"),
    ],
)
def test_a_file_may_have_so_many_bytes_and_not_one_more(
    tmp_path: Path, most: int, words: str
) -> None:
    assert read_text(written(tmp_path, b"#" * most), most, SpecError) == "#" * most
    assert refusal(written(tmp_path, b"#" * (most + 1)), most) == f"is larger than {words}"


def test_bytes_that_are_not_utf_8_are_counted_from_one(tmp_path: Path) -> None:
    assert refusal(written(tmp_path, b"ab\xff")) == (
        "is not UTF-8 (byte 3 is invalid): save it as UTF-8"
    )


def test_only_a_regular_file_is_read(tmp_path: Path) -> None:
    assert refusal(tmp_path) == "is a folder, not a regular file"
    assert refusal(tmp_path / "nowhere") == "cannot be read: No such file or directory"


def test_a_line_of_toml_may_be_so_long_and_not_longer(tmp_path: Path) -> None:
    longest = b"#" + b" " * (MAX_LINE - 1)
    assert read_toml(written(tmp_path, longest + b"\na = 1\n"), 2000, SpecError) == {"a": 1}
    assert refusal(written(tmp_path, b"a = 1\n" + longest + b" "), 2000) == (
        "line 2 is longer than 1,000 characters"
    )


def test_what_is_not_toml_is_said_with_its_place(tmp_path: Path) -> None:
    told = refusal(written(tmp_path, b"a = 1\nb = \n"))
    assert told.startswith("is not TOML: ")
    assert "line 2" in told


def test_decimals_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, b"a = 0.10")
    assert read_toml(path, 100, BackproofError, Decimal) == {"a": Decimal("0.10")}


@pytest.mark.parametrize(("pairs", "key"), [("aba", "a"), ("abb", "b"), ("bacca", "a")])
def test_the_first_key_that_comes_again_is_named(pairs: str, key: str) -> None:
    assert first_duplicate_key((letter, None) for letter in pairs) == key


STRINGS = (
    "'0x1'", '"0x1"', '"\\"0x1"', '"""0x1"""', "'''\n'0x1'''", '"""\\""" 0x1"""',
    '"""0x1"""""', "1 # 0x1",
)  # fmt: skip


@pytest.mark.hostile("A file", "a number in TOML that is not decimal, as 0xff", "refused")
@pytest.mark.parametrize("number", ["0xff", "0o17", "0b11", "[1, 0xff]", "{y = 0xff}"])
def test_a_number_of_toml_is_decimal(tmp_path: Path, number: str) -> None:
    """Strings and comments before it may hold anything."""
    lines = [f"x{i} = {text}" for i, text in enumerate(STRINGS)]
    path = written(tmp_path, "\n".join(lines).encode())
    read_toml(path, 1000, BackproofError)
    path = written(tmp_path, "\n".join([*lines, f"x = {number}"]).encode())
    line = 1 + sum(text.count("\n") + 1 for text in STRINGS)
    with pytest.raises(BackproofError, match=f": line {line}: 0[xob][f17]+ is not decimal: write"):
        read_toml(path, 1000, BackproofError)
