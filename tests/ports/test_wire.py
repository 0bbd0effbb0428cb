"""The wire protocol: messages are read back bit for bit, and anything else is rejected."""

import json
import math
from fractions import Fraction
from typing import Any

import pytest

from backproof.network.float_formats import FORMATS
from backproof.ports.wire import Malformed, decode_line, echo_numbers, encode_line, to_float

EVERY_DTYPE = pytest.mark.parametrize("dtype", FORMATS)


def finite(numbers: list[float]) -> list[float]:
    return [x for x in numbers if math.isfinite(x)]


@EVERY_DTYPE
def test_hard_numbers_survive_the_way(dtype: str) -> None:
    sent = echo_numbers(dtype)
    back = [to_float(x) for x in decode_line(encode_line({"values": sent}))["values"]]
    assert list(map(repr, back)) == list(map(repr, sent))


@EVERY_DTYPE
def test_hard_numbers_are_of_their_dtype_and_reach_its_ends(dtype: str) -> None:
    fmt, numbers = FORMATS[dtype], finite(echo_numbers(dtype))
    assert all(fmt.represents(x) for x in numbers)
    assert max(numbers) == fmt.max_finite
    smallest = min(x for x in numbers if x > 0)
    assert fmt.round(Fraction(smallest) / 2) == 0
    assert repr(numbers[-1]) == "-0.0"


@EVERY_DTYPE
def test_nan_and_both_infinities_are_hard_numbers(dtype: str) -> None:
    others = [x for x in echo_numbers(dtype) if not math.isfinite(x)]
    assert list(map(repr, others)) == ["nan", "inf", "-inf"]


@EVERY_DTYPE
@pytest.mark.parametrize("lost", ["9g", "4g"])
def test_a_text_of_too_few_digits_loses_one(dtype: str, lost: str) -> None:
    """float32 needs nine digits; of the half-precision formats, bfloat16 needs four."""
    digits = int(lost[0])
    enough = digits >= {"float64": 17, "float32": 9, "float16": 5, "bfloat16": 4}[dtype]
    fmt, numbers = FORMATS[dtype], finite(echo_numbers(dtype))
    back = [fmt.round(Fraction(f"{x:.{lost}}")) for x in numbers]
    assert (back == numbers) == enough


def test_a_message_is_one_line_of_json() -> None:
    line = encode_line({"a": (math.nan, [math.inf]), "b": {"c": -math.inf, "d": -0.0}, "e": "\n"})
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line == b'{"a": ["NaN", ["Infinity"]], "b": {"c": "-Infinity", "d": -0.0}, "e": "\\n"}\n'


@pytest.mark.parametrize(
    ("number", "read_as"),
    [(1, 1.0), (-0.0, -0.0), ("NaN", math.nan), ("Infinity", math.inf), ("-Infinity", -math.inf)],
)
def test_whole_numbers_and_words_are_numbers(number: Any, read_as: float) -> None:
    assert repr(to_float(number)) == repr(read_as)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (True, "true is not a number"),
        (None, "null is not a number"),
        ("1", '"1" is not a number'),
        ("nan", '"nan" is not a number'),
        ([1], "a list is not a number"),
        (10**400, "an integer of 401 digits is too large for float64"),
    ],
)
def test_all_else_is_none(number: Any, sentence: str) -> None:
    with pytest.raises(Malformed, match=sentence):
        to_float(number)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (b"", "not JSON: ''"),
        (b"debug: 1", "not JSON: 'debug: 1'"),
        (b'{"a" 1}', "not JSON, Expecting ':' delimiter at character 6: '{\"a\" 1}'"),
        (b"[]", "not a JSON object: '[]'"),
        (b'{"a": NaN}', 'NaN must be quoted: "NaN"'),
        (b'{"a": -Infinity}', '-Infinity must be quoted: "-Infinity"'),
        (b'{"a": {"b": 1, "b": 1}}', 'ambiguous, it has the key "b" more than once'),
        (
            b'{"a": -1e999}',
            'out of range, -1e999 is too large for float64; write infinity as "Infinity"',
        ),
        (
            b'{"a": ' + b"9" * 5000 + b"}",
            "out of range, an integer of 5,000 digits is too large for float64",
        ),
        (b'"\xff"', "not UTF-8, byte 2 is invalid: '\"\\xff\"'"),
        ('{"a": 1}'.encode("utf-16-le"), r"not JSON, Expecting property name enclosed in double"),
        (b"\xef\xbb\xbf{}", "not JSON: '\\xef\\xbb\\xbf{}"),
        (b"[" * 100_000, "not JSON, nested too deeply: '[["),
        (b"x" * 1000, "… (1,000 bytes)"),
    ],
    ids=[
        *("nothing", "words", "half", "list", "NaN", "infinity", "a-key-twice", "too-large"),
        *("too-many-digits", "latin-1", "utf-16", "a-mark-first", "too-deep", "too-long"),
    ],
)
def test_a_line_that_is_no_json_object_is_refused(line: bytes, wrong: str) -> None:
    with pytest.raises(Malformed) as refused:
        decode_line(line)
    assert wrong in str(refused.value)
    assert len(str(refused.value)) < 400


def test_what_is_read_is_what_json_says() -> None:
    data = {"id": 3, "ok": {"h": [[0.1, 2.0]]}}
    assert decode_line(json.dumps(data).encode()) == data
