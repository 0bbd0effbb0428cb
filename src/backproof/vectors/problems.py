"""Find problems in a vector file; each is a sentence that names the test vector and the place."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from itertools import chain, islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from backproof.network.float_formats import FORMATS
from backproof.network.inputs import NON_FINITE, Op
from backproof.network.quantities import (
    flatten,
    output_quantities,
    publishable_quantities,
    quantities_of,
    split_quantity,
)
from backproof.text.english import suggest
from backproof.text.json_words import abbreviate, format_path
from backproof.text.resources import resource_folder
from backproof.vectors.entries import DECIDING_KEYS, INPUT_KEYS, Entry
from backproof.vectors.json_file import JsonPath, find_problems

SCHEMA = "schema.json"
MAX_PROBLEMS = 100  # problems reported for one file
MAX_NAME = 200  # characters of a name that are repeated in a sentence
MAX_TRAINING = 100_000  # rows × epochs of one test vector
MAX_CHECKPOINT_EPOCHS = 500_000  # rows × epochs that reach the checkpoints of one test vector
MAX_WORK = 41_000  # for the test vectors of a file without expected values; takes about a minute
TRAINING_COST = 4  # the cost of a row in a training step; 1 in any other op


def schema_problems(data: Mapping[str, Any]) -> list[str]:
    """Return the violations of the schema in a file, in the order of the file."""
    found = list(islice(find_problems(data), MAX_PROBLEMS))
    if not found:
        errors = islice(_validator().iter_errors(data), MAX_PROBLEMS)
        found = [(tuple(error.absolute_path), _sentence(error, data)) for error in errors]
        found.sort(key=lambda fault: _position(data, fault[0]))
    return list(dict.fromkeys(_located(data, place, sentence) for place, sentence in found))


def consistency_problems(data: Mapping[str, Any], entries: Sequence[Entry]) -> list[str]:
    """Return the contradictions in a file that follows the schema and has these calculations."""
    return list(islice(_contradictions(data, entries), MAX_PROBLEMS))


@cache
def _validator() -> Draft202012Validator:
    """Return a validator for vector files; resolving the references makes it twice as fast."""
    schema = json.loads((resource_folder("fixtures") / SCHEMA).read_text(encoding="utf-8"))

    def resolved(node: Any) -> Any:
        if isinstance(node, list):
            return [resolved(item) for item in node]
        if not isinstance(node, dict):
            return node
        rest = {key: resolved(value) for key, value in node.items() if key != "$ref"}
        target = schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else {}
        return resolved(target) | rest if target else rest

    return Draft202012Validator(resolved({"$ref": "#/$defs/file"}))


def _sentence(error: ValidationError, data: Mapping[str, Any]) -> str:
    """Describe a violation of the schema in a sentence whose subject is the place of the value."""
    value: Any = error.instance
    wanted: Any = error.validator_value
    schema: Any = error.schema
    if "propertyNames" in error.absolute_schema_path:
        return f"has the key {abbreviate(value)}, which {schema['$comment']}"
    match error.validator:
        case "required":
            sentence = f"lacks {' and '.join(key for key in wanted if key not in value)}"
        case "dependentRequired":
            pairs = [(key, n) for key, needed in wanted.items() if key in value for n in needed]
            sentence = "; ".join(f"has {key}, but lacks {n}" for key, n in pairs if n not in value)
        case "not":
            op = data["vectors"][error.absolute_path[1]]["op"]
            sentence = f"does not apply to the op {op!r}"
        case "additionalProperties":
            known = list(schema["properties"])
            unknown = next(key for key in value if key not in known)
            sentence = f"has the unknown key {abbreviate(unknown)}: {suggest(unknown, known)}"
        case "enum":
            sentence = f"is {abbreviate(value)}, but must be one of {', '.join(wanted)}"
        case "minItems" | "maxItems" if value:
            items = f"{len(value):,} items" if len(value) > 1 else "1 item"
            sentence = f"has {items}, but {schema['$comment']}"
        case "maxLength":
            sentence = f"has {len(value):,} characters; at most {wanted:,} are allowed"
        case _:
            sentence = f"is {abbreviate(value)}, but {schema['$comment']}"
    return sentence


def _position(data: Any, place: JsonPath) -> list[int]:
    """Return a sort key: the position of a place in the file."""
    position = []
    for key in place:
        position.append(key if isinstance(key, int) else list(data).index(key))
        data = data[key]
    return position


def _located(data: Mapping[str, Any], place: JsonPath, sentence: str) -> str:
    """Prefix a sentence with the test vector and the place that it is about."""
    vector = ""
    if len(place) > 1 and place[0] == "vectors":
        vector = _label(data["vectors"], int(place[1]))
        place = place[2:]
    where = format_path(place)[:MAX_NAME]
    return f"{vector}{where}{' ' if where else ''}{sentence}"


def _label(entries: Sequence[Any], i: int) -> str:
    """Return a prefix that names a test vector by id or number; empty if it needs no name."""
    named = entries[i].get("id") if isinstance(entries[i], dict) else None
    if isinstance(named, str) and len(named) <= MAX_NAME:
        return f"test vector {named!r}: "
    return f"test vector number {i + 1}: " if len(entries) > 1 else ""


def _contradictions(data: Mapping[str, Any], entries: Sequence[Entry]) -> Iterator[str]:
    for i, written in enumerate(data["vectors"]):
        for sentence in chain(_about_flags(written, data.get("notes", {})), _about_inputs(written)):
            yield f"{_label(data['vectors'], i)}{sentence}"
    for entry in entries:
        for sentence in chain(_about_printed(entry), _about_expected(entry)):
            yield f"test vector {entry['id']!r}: {sentence}"
    for name, times in Counter(entry["id"] for entry in entries).items():
        if times > 1:
            yield f"test vector {name!r}: its id occurs {times} times"
    computed = [entry for entry in entries if "expected" not in entry]
    if (work := sum(map(_work, computed))) > MAX_WORK:
        yield (
            f"computing the expected values of {len(computed):,} calculations on "
            f"{sum(map(_passes, computed)):,} rows (× epochs) takes too long: {work:,} units of "
            f"work, of {MAX_WORK:,} at most for one file: split it, or train for fewer epochs"
        )


def _about_flags(entry: Entry, notes: Mapping[str, str]) -> Iterator[str]:
    flags: Sequence[str] = entry.get("flags", [])
    for flag, times in Counter(flags).items():
        if flag not in notes:
            yield f"the flag {flag!r} has no entry in `notes` that says what a failure means"
        if times > 1:
            yield f"flags: {flag!r} occurs {times} times"


def _about_inputs(entry: Entry) -> Iterator[str]:
    written = entry["inputs"]
    for path, text in _written_numbers(written):
        if _exceeds(text, "float64"):
            yield f"inputs: {path} is {abbreviate(text)}, which is too large for every dtype"
    rows, targets = len(written["X"]), len(written.get("T", written["X"]))
    if rows != targets:
        yield f"inputs: X and T have different numbers of rows, {rows} and {targets}"
    if (passes := _passes(entry)) > MAX_TRAINING:
        yield f"inputs: rows × epochs is {passes:,}; at most {MAX_TRAINING:,} is allowed"
    anchors = entry.get("anchors", [])
    if (reached := rows * sum(anchors)) > MAX_CHECKPOINT_EPOCHS:
        yield (
            f"anchors: reaching them takes {reached:,} rows × epochs; at most "
            f"{MAX_CHECKPOINT_EPOCHS:,} are allowed"
        )
    if anchors and any(text in NON_FINITE for _, text in _written_numbers(written)):
        yield "anchors: from NaN or an infinity, no epoch can be evaluated by itself"
    for anchor in anchors:
        if anchor >= written.get("epochs", 1):
            yield f"anchors: {anchor} is not less than `epochs`, so no epoch follows"


def _about_printed(entry: Entry) -> Iterator[str]:
    if not entry.get("printed"):
        return
    for path, text in _written_numbers(entry["inputs"]):
        if text in NON_FINITE:
            yield f"inputs: {path} must be finite where `printed` is given"
    op, rows = entry["op"], len(entry["inputs"]["X"])
    known = frozenset(publishable_quantities(op, rows))
    for printed in entry["printed"]:
        if printed["quantity"] not in known:
            yield f"printed: {_no_quantity(printed['quantity'], op, rows)}"


def _no_quantity(name: str, op: Op, rows: int) -> str:
    """Describe why a published quantity is not allowed here, and which quantities are."""
    for other, takes in INPUT_KEYS.items():
        if name in quantities_of(other, rows):
            return f"{name} belongs to the op {other!r}, which takes " + " and ".join(
                needed for needed in DECIDING_KEYS if needed in takes
            )
    indices: dict[str, list[str]] = {}
    for path in publishable_quantities(
        op, rows
    ):  # the last quantity of a name has the highest indices
        stem, found = split_quantity(path)
        indices[stem] = found
    spans = {
        stem: stem + "".join(f"[0…{i}]" if i != "0" else "[0]" for i in highest)
        for stem, highest in indices.items()
    }
    stem = name.partition("[")[0]
    if stem in spans:
        return f"unknown quantity {name}; expected {spans[stem]}"
    nearest = get_close_matches(stem, spans, n=1)
    hint = f"did you mean {spans[nearest[0]]}? " if nearest else ""
    return f"unknown quantity {name}; {hint}(known: {', '.join(spans.values())})"


def _about_expected(entry: Entry) -> Iterator[str]:
    op, written = entry["op"], entry["inputs"]
    for dtype, answer in entry.get("expected", {}).items():
        wanted = output_quantities(op, len(written["X"]))
        if lacking := [name for name in wanted if name not in answer]:
            yield f"expected.{dtype} lacks {lacking[0]}"
        if extra := [name for name in answer if name not in frozenset(wanted)]:
            yield f"expected.{dtype} has {extra[0]}, which is not in the output of {op!r}"
        if not entry.get("anchors") and any(n["bound"] == "Infinity" for n in answer.values()):
            yield f"expected.{dtype}: a bound is Infinity, which is allowed only with `anchors`"
        for path, text in _written_numbers(written):
            if _exceeds(text, dtype):
                yield f"expected.{dtype}: {path} is {abbreviate(text)}, too large for this dtype"
        for name, number in answer.items():
            for part in ("value", "bound") if number["bound"] not in NON_FINITE else ():
                if _exceeds(number[part], dtype):
                    yield (
                        f"expected.{dtype}.{name}: {part} is {abbreviate(number[part])}, too large "
                        "for this dtype"
                    )


def _written_numbers(written: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the name and the text of every number in the inputs."""
    yield from chain.from_iterable(flatten(*item) for item in written["params"].items())
    for name in ("X", "T", "learning_rate"):
        yield from flatten(name, written.get(name, []))


def _exceeds(text: Any, dtype: str) -> bool:
    return text not in NON_FINITE and abs(Fraction(text)) > FORMATS[dtype].max_finite


def _passes(entry: Entry) -> int:
    """Return how many rows pass through the network, counting a row in every epoch."""
    rows, epochs = len(entry["inputs"]["X"]), int(entry["inputs"].get("epochs", 1))
    return rows * max(epochs, 1)


def _work(entry: Entry) -> int:
    """Estimate the cost of computing the expected values: one unit, plus one or more per row."""
    return 1 + _passes(entry) * (TRAINING_COST if entry["op"] == "train" else 1)
