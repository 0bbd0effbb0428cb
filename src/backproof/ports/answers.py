"""What is wrong with an answer that came over the wire, in a sentence that names the place."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from backproof.text.json_words import dotted, short
from backproof.text.reading import UNPRINTABLE

MOST = 500  # characters of a port's text that are shown
KINDS = {"array": "list", "integer": "whole number", "object": "object", "string": "text"}
NO_OR_TWO = "must have one of ok, unsupported and error, besides its id"
PLAIN = {  # sentences that need nothing of the value
    "uniqueItems": "names one of them twice",
    "minProperties": NO_OR_TWO,
    "maxProperties": NO_OR_TWO,
}


def shown(text: str) -> str:
    """Return what a port says, so that it can neither flood a terminal nor command it."""
    said = escaped(text[: MOST + 1])
    return said if len(said) <= MOST else f"{said[:MOST]}… ({len(text):,} characters)"


def escaped(text: str, but: str = "") -> str:
    """Write control characters as Python does, except those of `but`."""
    return UNPRINTABLE.sub(lambda c: c[0] if c[0] in but else ascii(c[0])[1:-1], text)


def misfit(op: str, answer: Mapping[str, Any]) -> str:
    """Say what the schema finds wrong with an answer to `op`, if anything is."""
    error = next(_validator(op).iter_errors(answer), None)
    if error is None:
        return ""
    if error.validator is None:  # the one key that is forbidden; not every version has its place
        return f'its answer to {op} has "unavailable", which only hello may be answered with'
    place = dotted(error.absolute_path)
    subject = f"in its answer to {op}, {place}" if place else f"its answer to {op}"
    return shown(f"{subject} {_sentence(error)}")


def refusal(answer: Mapping[str, Any]) -> str:
    """Repeat what an answer says that is not `ok`."""
    return next(f'"{key}" ({shown(text)})' for key, text in answer.items() if key != "id")


def _sentence(error: ValidationError) -> str:
    """Put what the schema finds into a sentence whose subject is the place of the value."""
    value: Any = error.instance
    wanted: Any = error.validator_value
    schema: Any = error.schema
    if "propertyNames" in error.schema_path:
        return f"has {short(value)}, which means nothing"
    match error.validator:
        case "required":
            sentence = f"lacks {' and '.join(key for key in wanted if key not in value)}"
        case "additionalProperties":
            unknown = next(key for key in value if key not in schema["properties"])
            sentence = f"has {short(unknown)}, which nobody asked for"
        case "enum":
            sentence = f"is {short(value)}, but must be one of {', '.join(wanted)}"
        case "minItems" | "maxItems" if wanted > 1:
            sentence = f"is of length {len(value):,}, not {wanted}"
        case "minItems" | "minLength":
            sentence = "is empty"
        case "maxLength":
            sentence = f"has {len(value):,} characters, and may have {wanted:,} at most"
        case "not":
            sentence = f"is {short(value)}, and may have no control characters"
        case plain if plain in PLAIN:
            sentence = PLAIN[plain]
        case _:  # another type; of a number, anyOf says what it may be
            kind = KINDS[wanted] if error.validator == "type" else "number"
            nan = '; NaN is written "NaN", in quotes' if kind == "number" and value is None else ""
            sentence = f"is {short(value)}, which is no {kind}{nan}"
    return sentence


@cache
def _validator(op: str) -> Draft202012Validator:
    """Return the validator of the answers to an op."""
    schema = json.loads(
        (files("backproof.ports") / "protocol.schema.json").read_text(encoding="utf-8")
    )
    return Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{op}-answer"})
