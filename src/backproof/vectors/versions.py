"""Compare two versions of vector files and classify every change."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any

from backproof.vectors.documents import Document
from backproof.vectors.entries import Entry
from backproof.vectors.vectors import SLOW

SEPARATOR = ", "  # between the items of a list, as shown


class ChangeLevel(IntEnum):
    """The version number that a change raises, by the policy in `docs/reference/vectors.md`."""

    PATCH = 1  # wording, or the spelling of a number: no outcome changes
    MINOR = 2  # new or stricter checks: what conforms by the model still does
    MAJOR = 3  # a check is removed, changed, or runs only on request


@dataclass(frozen=True)
class Change:
    """One difference between two versions of vector files."""

    subject: str  # the id of the test vector, or the name of the file
    json_path: str  # the path in it; empty if all of it was added or removed
    old: str | None
    new: str | None
    level: ChangeLevel


def diff_documents(old: Sequence[Document], new: Sequence[Document]) -> Iterator[Change]:
    """Yield every difference: first in the headers of the files, then by test vector."""
    yield from _compared(_headers(old, new), _headers(new, old))
    yield from _compared(_vectors(old), _vectors(new))


Leaves = Mapping[str, Mapping[str, str]]  # subject → path → value


def _compared(old: Leaves, new: Leaves) -> Iterator[Change]:
    for subject in [*old, *(subject for subject in new if subject not in old)]:
        if subject not in new:
            yield Change(subject, "", "", None, ChangeLevel.MAJOR)
        elif subject not in old:
            yield Change(subject, "", None, "", ChangeLevel.MINOR)
        else:
            before, after = old[subject], new[subject]
            for place in [*before, *(place for place in after if place not in before)]:
                was, is_now = before.get(place), after.get(place)
                if was != is_now:
                    yield Change(subject, place, was, is_now, _level(place, was, is_now))


def _level(place: str, old: str | None, new: str | None) -> ChangeLevel:
    part, _, rest = place.partition(".")
    words = part in ("title", "source", "notes", "version", "description") or rest.endswith(
        (".where", ".equation")
    )
    if part in ("flags", "anchors"):
        return _level_of_list(part, _items(old), _items(new))
    if words or (not rest.endswith(".digits") and _same_numbers(old, new)):
        return ChangeLevel.PATCH
    if part == "inputs":  # an input added replaces a default value
        return ChangeLevel.MAJOR
    if old is None:
        return ChangeLevel.MINOR
    if rest.endswith(".bound") and new is not None and Decimal(new) < Decimal(old):
        return ChangeLevel.MINOR
    return ChangeLevel.MAJOR


def _same_numbers(old: str | None, new: str | None) -> bool:
    """Whether two texts spell the same numbers; the sign of 0 counts."""
    if old is None or new is None:
        return False
    try:
        was, is_now = (
            [(str(x) if x.is_nan() else x, x.is_signed()) for x in map(Decimal, items)]
            for items in (old.split(SEPARATOR), new.split(SEPARATOR))
        )
    except InvalidOperation:
        return False
    return was == is_now


def _level_of_list(part: str, old: Set[str], new: Set[str]) -> ChangeLevel:
    """Return the level of a change of flags or checkpoints; slow ones run only on request."""
    if part == "flags":
        return ChangeLevel.MAJOR if SLOW in new - old else ChangeLevel.MINOR
    return ChangeLevel.MAJOR if old - new else ChangeLevel.MINOR


def _items(listed: str | None) -> Set[str]:
    return frozenset(listed.split(SEPARATOR)) if listed else frozenset()


def _headers(documents: Sequence[Document], others: Sequence[Document]) -> Leaves:
    """Return the header of each file; single files are compared whatever their names."""
    alone = len(documents) == len(others) == 1
    return {
        "the file" if alone else document.path.name: dict(
            _leaves({key: value for key, value in document.header.items() if key != "sha256"})
        )
        for document in documents
    }


def _vectors(documents: Iterable[Document]) -> Leaves:
    return {
        entry["id"]: dict(_leaves(_by_quantity(entry)))
        for document in documents
        for entry in document.entries
    }


def _by_quantity(entry: Entry) -> dict[str, Any]:
    """Key published numbers by quantity, so that a new one does not shift those after it."""
    times: Counter[str] = Counter()
    printed = {}
    for number in entry.get("printed", []):
        name = number["quantity"]
        times[name] += 1
        again = f" ({times[name]})" if times[name] > 1 else ""
        printed[name + again] = {key: text for key, text in number.items() if key != "quantity"}
    rest = {key: value for key, value in entry.items() if key not in ("id", "printed")}
    return {**rest, "printed": printed}


def _leaves(data: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield every value of nested data with its path."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, f"{place}.{key}" if place else key)
    elif isinstance(data, list) and any(isinstance(item, list) for item in data):
        for i, item in enumerate(data):
            yield from _leaves(item, f"{place}[{i}]")
    elif isinstance(data, list):
        yield place, SEPARATOR.join(map(str, data))
    else:
        yield place, str(data)
