"""Messages about invalid responses: what is wrong, and where in the JSON."""

from typing import Any

import pytest

from backproof.ports.response_problems import (
    MAX_SHOWN,
    quote_refusal,
    sanitize,
    schema_problem,
)

PARAMS = {"W1": [[1, 2], [3, 4]], "b1": 0.5, "W2": [[1, 2], [3, 4]], "b2": 0.5}
LOSS = {"per_output": [[1, 2]], "total": [3]}
HELLO = {"protocol": 1, "name": "mine", "dtypes": ["float64"], "ops": ["train"]}
NO_NUMBER = "not a number"
NO_OR_TWO = "its response to loss must have an id and exactly one of ok, unsupported and error"


def ok(fields: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {"id": 1, "ok": {**fields, **changed}}


@pytest.mark.parametrize(
    ("op", "answer"),
    [
        ("loss", ok(LOSS)),
        ("loss", ok(LOSS, total=["NaN", "-Infinity"])),
        ("train", ok(PARAMS)),
        ("loss", ok(LOSS, per_output=None)),
        ("loss", ok(LOSS, per_output=None, total=None)),
        ("gradients", ok(PARAMS, W1=None, b2=None)),
        ("train", {"id": 1.0, "error": "out of abacuses"}),
        ("hello", ok(HELLO, more="more")),
        ("train", {"id": 1, "error": "out of abacuses", "frames": ["port.c:3", "port.c:1"]}),
        ("hello", {"id": 1, "unavailable": "buy an abacus"}),
    ],
)
def test_an_answer_is_one(op: str, answer: Any) -> None:
    assert schema_problem(op, answer) == ""


WRONG = {
    "null": (
        ok(LOSS, per_output=[[1, None]]),
        f'ok.per_output[0][1] is null, {NO_NUMBER}; write NaN as "NaN", in quotes',
    ),
    "a text": (ok(LOSS, total=["0.41"]), f'ok.total[0] is "0.41", {NO_NUMBER}'),
    "true": (ok(LOSS, total=[True]), f"ok.total[0] is true, {NO_NUMBER}"),
    "a list too deep": (ok(LOSS, total=[[3]]), f"ok.total[0] is a list, {NO_NUMBER}"),
    "null in quotes": (
        ok(LOSS, total="null"),
        'ok.total is "null", not a list; write null without quotes',
    ),
    "a row of null": (ok(LOSS, per_output=[None]), "ok.per_output[0] is null, not a list"),
    "a list of null": (ok(LOSS, total=[None]), f"ok.total[0] is null, {NO_NUMBER}"),
    "a key that is missing": ({"id": 1, "ok": {"total": None}}, "ok lacks per_output"),
    "null for a key that is misspelt": (
        {"id": 1, "ok": {"per_outputs": None, "total": [3]}},
        "ok lacks per_output",
    ),
    "no list": (ok(LOSS, total=3), "ok.total is 3, not a list"),
    "a short row": (ok(LOSS, per_output=[[1]]), "ok.per_output[0] has length 1, not 2"),
    "a long row": (ok(LOSS, per_output=[[1, 2, 3]]), "ok.per_output[0] has length 3, not 2"),
    "no object": ({"id": 1, "ok": None}, "ok is null, not an object"),
    "nothing in it": ({"id": 1, "ok": {}}, "ok lacks per_output and total"),
    "too much": (ok(LOSS, mean=1), 'ok has the unexpected key "mean"'),
    "frames that are no texts": (
        {"id": 1, "error": "", "frames": [1]},
        "frames[0] is 1, not a string",
    ),
    "no text": ({"id": 1, "error": 3}, "error is 3, not a string"),
    "an id that is no number": ({**ok(LOSS), "id": True}, "id is true, not an integer"),
}


@pytest.mark.parametrize(("answer", "sentence"), WRONG.values(), ids=WRONG)
def test_the_place_is_named(answer: Any, sentence: str) -> None:
    assert schema_problem("loss", answer).startswith(f"in its response to loss, {sentence}")


WRONG_AS_A_WHOLE = {
    "only an id": ({"id": 1}, NO_OR_TWO),
    "two in one": ({**ok(LOSS), "error": "none"}, NO_OR_TWO),
    "two in one, with frames": ({**ok(LOSS), "error": "none", "frames": []}, NO_OR_TWO),
    "frames of no error": ({**ok(LOSS), "frames": []}, "its response to loss lacks error"),
    "an unknown key": (
        {"id": 1, "result": 3},
        'its response to loss has the unknown key "result"',
    ),
    "unavailable": (
        {"id": 1, "unavailable": "abacus"},
        'its response to loss has "unavailable", which only hello may return',
    ),
}


@pytest.mark.parametrize(("answer", "sentence"), WRONG_AS_A_WHOLE.values(), ids=WRONG_AS_A_WHOLE)
def test_an_answer_may_be_wrong_as_a_whole(answer: Any, sentence: str) -> None:
    assert schema_problem("loss", answer) == sentence


INTRODUCTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": ""}, "ok.name is empty"),
    "a long name": ({"name": "x" * 61}, "ok.name has 61 characters; at most 60 are allowed"),
    "a long version": (
        {"version": "x" * 201},
        "ok.version has 201 characters; at most 200 are allowed",
    ),
    "a name of two lines": (
        {"name": "a\nb"},
        'ok.name is "a\\nb"; control characters are not allowed',
    ),
    "a line's end": ({"name": "a\n"}, 'ok.name is "a\\n"; control characters are not allowed'),
    "a coloured version": (
        {"version": "1\x9b31m"},
        'ok.version is "1\\x9b31m"; control characters are not allowed',
    ),
    "no text for a name": ({"name": 3}, "ok.name is 3, not a string"),
    "no dtype": ({"dtypes": []}, "ok.dtypes is empty"),
    "a dtype twice": ({"dtypes": ["float64"] * 2}, "ok.dtypes has a duplicate"),
    "an unknown op": (
        {"ops": ["dance"]},
        'ok.ops[0] is "dance", but must be one of forward, loss, gradients, train',
    ),
    "a version of the protocol in quotes": (
        {"protocol": "1"},
        'ok.protocol is "1", not an integer',
    ),
}


@pytest.mark.parametrize(("changed", "sentence"), INTRODUCTIONS.values(), ids=INTRODUCTIONS)
def test_an_introduction_may_be_wrong(changed: dict[str, Any], sentence: str) -> None:
    assert schema_problem("hello", ok(HELLO, **changed)) == f"in its response to hello, {sentence}"


def test_what_is_said_instead_of_an_answer_is_repeated() -> None:
    assert quote_refusal({"id": 1, "unsupported": "echo"}) == '"unsupported" (echo)'
    assert quote_refusal({"id": 1, "error": "\x1b[2J" * 10**6}).startswith(
        r'"error" (\x1b[2J\x1b[2J'
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("out of abacuses", "out of abacuses"),
        ("δ1, 日本語", "δ1, 日本語"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x9b31m\x7f\0\ud800", r"\x9b31m\x7f\x00\ud800"),
    ],
)
def test_control_characters_are_escaped(text: str, written: str) -> None:
    assert sanitize(text) == written


def test_a_long_text_is_cut() -> None:
    assert sanitize("x" * MAX_SHOWN) == "x" * MAX_SHOWN
    assert sanitize("x" * 5_000_000) == "x" * MAX_SHOWN + "… (5,000,000 characters)"
    assert sanitize("\n" * MAX_SHOWN) == r"\n" * (MAX_SHOWN // 2) + "… (500 characters)"
