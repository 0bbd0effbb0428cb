"""Verify vector files: compute every value and bound again and compare them with the file."""

from collections.abc import Iterator
from decimal import Decimal

from backproof.errors import BackproofError
from backproof.truth.certified import publishable_values
from backproof.vectors.entries import Entry
from backproof.vectors.vectors import expected_for_entry, parse_inputs


def find_discrepancies(entry: Entry) -> Iterator[str]:
    """Compute every number of an entry again; yield a sentence for each that differs."""
    printed = [p for p in entry.get("printed", []) if "value" in p]
    if printed:
        true_values = publishable_values(entry["op"], parse_inputs(entry["inputs"]))
        for number in printed:
            name = number["quantity"]
            yield from _discrepancy(f"printed {name}", "value", number["value"], true_values[name])
    for dtype, held in entry.get("expected", {}).items():
        try:
            fresh = expected_for_entry(entry, dtype)
        except BackproofError as reason:
            yield f"expected.{dtype}: {reason}"
            continue
        for name, number in held.items():
            place = f"expected.{dtype}.{name}"
            yield from _discrepancy(place, "value", number["value"], fresh[name].value)
            yield from _discrepancy(place, "bound", number["bound"], fresh[name].bound)


def count_stored_numbers(entry: Entry) -> int:
    """Return how many numbers `find_discrepancies` compares."""
    printed = sum("value" in number for number in entry.get("printed", []))
    return printed + sum(2 * len(held) for held in entry.get("expected", {}).values())


def _discrepancy(place: str, what: str, held: str, fresh: Decimal) -> Iterator[str]:
    if Decimal(held) != fresh and not (Decimal(held).is_nan() and fresh.is_nan()):
        yield f"{place}: the {what} is {fresh}, but the file says {held}"
