"""Check a response against the protocol's schema, and describe what is wrong and where."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from backproof.text.english import listed
from backproof.text.json_words import dotted, short
from backproof.text.reading import UNPRINTABLE

MOST = 500  # characters shown of a text from a backend
KINDS = {"array": "a list", "integer": "an integer", "object": "an object", "string": "a string"}
NO_OR_TWO = "must have an id and exactly one of ok, unsupported and error"
PLAIN = {  # sentences that do not depend on the value
    "uniqueItems": "has a duplicate",
    "minProperties": NO_OR_TWO,
    "maxProperties": NO_OR_TWO,
}


def shown(text: str) -> str:
    """Truncate and escape a backend's text, so that it can neither flood nor control a terminal."""
    said = escaped(text[: MOST + 1])
    return said if len(said) <= MOST else f"{said[:MOST]}… ({len(text):,} characters)"


def escaped(text: str, but: str = "") -> str:
    """Escape control characters as Python does, except those in `but`."""
    return UNPRINTABLE.sub(lambda c: c[0] if c[0] in but else ascii(c[0])[1:-1], text)


def misfit(op: str, answer: Mapping[str, Any]) -> str:
    """Describe how a response to `op` violates the schema; return "" if it is valid."""
    error = next(_validator(op).iter_errors(answer), None)
    if error is None:
        return ""
    if error.validator is None:  # a forbidden key; not every jsonschema version gives its path
        return f'its response to {op} has "unavailable", which only hello may return'
    place = dotted(error.absolute_path)
    subject = f"in its response to {op}, {place}" if place else f"its response to {op}"
    return shown(f"{subject} {_sentence(error)}")


def refusal(answer: Mapping[str, Any]) -> str:
    """Quote the key and text of a response that is not `ok`."""
    return next(f'"{key}" ({shown(text)})' for key, text in answer.items() if key != "id")


def _sentence(error: ValidationError) -> str:
    """Phrase a schema violation as the predicate of a sentence about the value's place."""
    value: Any = error.instance
    wanted: Any = error.validator_value
    schema: Any = error.schema
    if "propertyNames" in error.schema_path:
        return f"has the unknown key {short(value)}"
    match error.validator:
        case "required":
            sentence = f"lacks {listed([key for key in wanted if key not in value])}"
        case "additionalProperties":
            unknown = next(key for key in value if key not in schema["properties"])
            sentence = f"has the unexpected key {short(unknown)}"
        case "enum":
            sentence = f"is {short(value)}, but must be one of {', '.join(wanted)}"
        case "minItems" | "maxItems" if wanted > 1:
            sentence = f"has length {len(value):,}, not {wanted}"
        case "minItems" | "minLength":
            sentence = "is empty"
        case "maxLength":
            sentence = f"has {len(value):,} characters; at most {wanted:,} are allowed"
        case "not":
            sentence = f"is {short(value)}; control characters are not allowed"
        case plain if plain in PLAIN:
            sentence = PLAIN[plain]
        case _:  # the wrong type; for a number the validator is anyOf
            kind = KINDS[wanted] if error.validator == "type" else "a number"
            nan = '; write NaN as "NaN", in quotes' if kind == "a number" and value is None else ""
            sentence = f"is {short(value)}, not {kind}{nan}"
    return sentence


@cache
def _validator(op: str) -> Draft202012Validator:
    """Return the validator of responses to an op."""
    schema = json.loads(
        (files("backproof.ports") / "protocol.schema.json").read_text(encoding="utf-8")
    )
    return Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{op}-answer"})
