"""Check a response against the protocol's schema, and describe what is wrong and where."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from backproof.text.english import join_words
from backproof.text.json_words import abbreviate, format_path
from backproof.text.unprintable import printable

MAX_SHOWN = 500  # characters shown of a text from a backend
KINDS = {"array": "a list", "integer": "an integer", "object": "an object", "string": "a string"}
NO_OR_TWO = "must have an id and exactly one of ok, unsupported and error"
TEXTS = ("unsupported", "error", "unavailable")
LONGEST_LIST = 4096  # items that the schema allows
MAX_FORMS = 1000  # that are remembered; a backend has few
FIXED_SENTENCES = {  # sentences that do not depend on the value
    "uniqueItems": "has a duplicate",
    "minProperties": NO_OR_TWO,
    "maxProperties": NO_OR_TWO,
}

_valid_forms: set[tuple[str, object]] = set()


def sanitize(text: str) -> str:
    """Truncate and escape a backend's text, so that it can neither flood nor control a terminal."""
    said = printable(text[: MAX_SHOWN + 1])
    return said if len(said) <= MAX_SHOWN else f"{said[:MAX_SHOWN]}… ({len(text):,} characters)"


def schema_problem(op: str, response: Mapping[str, Any]) -> str:
    """Describe how a response to `op` violates the schema; return "" if it is valid.

    A form that was found valid is not looked up in the schema again, which takes long.
    """
    try:  # the schema limits a length before it looks into what is so long
        form = (op, _without_numbers(response))
        if form in _valid_forms:
            return ""
        error = next(_validator(op).iter_errors(response), None)
    except RecursionError:
        return f"its response to {op} is nested too deeply"
    if error is None:
        if len(_valid_forms) < MAX_FORMS:
            _valid_forms.add(form)
        return ""
    if error.validator is None:  # a forbidden key; not every jsonschema version gives its path
        return f'its response to {op} has "unavailable", which only hello may return'
    place = format_path(error.absolute_path)
    subject = f"in its response to {op}, {place}" if place else f"its response to {op}"
    return sanitize(f"{subject} {_sentence(error)}")


def _without_numbers(value: Any) -> object:
    """Return a value with its type for every number: the schema says no more of a number.

    Of a list that the schema refuses for its length, only that is returned.
    """
    if type(value) in {float, int}:  # no boolean
        return type(value)
    if isinstance(value, list):
        return len(value) if len(value) > LONGEST_LIST else tuple(map(_without_numbers, value))
    if isinstance(value, dict):
        return tuple((key, _without_numbers(item)) for key, item in value.items())
    return value


def quote_refusal(response: Mapping[str, Any]) -> str:
    """Quote the key and text of a response that is not `ok`."""
    return next(f'"{key}" ({sanitize(text)})' for key, text in response.items() if key in TEXTS)


def _sentence(error: ValidationError) -> str:
    """Phrase a schema violation as the predicate of a sentence about the value's place."""
    value: Any = error.instance
    wanted: Any = error.validator_value
    schema: Any = error.schema
    if "propertyNames" in error.schema_path:
        return f"has the unknown key {abbreviate(value)}"
    match error.validator:
        case "required":
            sentence = f"lacks {join_words([key for key in wanted if key not in value])}"
        case "additionalProperties":
            unknown = next(key for key in value if key not in schema["properties"])
            sentence = f"has the unexpected key {abbreviate(unknown)}"
        case "enum":
            sentence = f"is {abbreviate(value)}, but must be one of {', '.join(wanted)}"
        case "minItems" | "maxItems" if schema.get("minItems") == schema.get("maxItems"):
            sentence = f"has length {len(value):,}, not {wanted}"
        case "minItems" | "minLength":
            sentence = "is empty"
        case "maxItems" | "maxLength":
            unit = "characters" if isinstance(value, str) else "items"
            sentence = f"has {len(value):,} {unit}; at most {wanted:,} are allowed"
        case "not":
            sentence = f"is {abbreviate(value)}; control characters are not allowed"
        case plain if plain in FIXED_SENTENCES:
            sentence = FIXED_SENTENCES[plain]
        case _:  # the wrong type; for a number the validator is anyOf
            kind = KINDS[wanted] if error.validator == "type" else "a number"
            sentence = f"is {abbreviate(value)}, not {kind}{_hint(kind, value)}"
    return sentence


def _hint(kind: str, value: Any) -> str:
    """Say how to write what a value of the wrong type probably means."""
    if kind == "a number" and value is None:
        return '; write NaN as "NaN", in quotes'
    return "; write null without quotes" if value == "null" else ""


@cache
def _validator(op: str) -> Draft202012Validator:
    """Return the validator of responses to an op."""
    schema = json.loads(
        (files("backproof.ports") / "protocol.schema.json").read_text(encoding="utf-8")
    )
    return Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{op}-answer"})
