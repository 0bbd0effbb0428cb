"""Vector files compared: with what is computed anew, and with another version of themselves."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from typing import Any

from backproof.vectors.documents import Document
from backproof.vectors.entries import Entry
from backproof.vectors.vectors import SLOW

SEPARATOR = ", "  # of the items of a list, as it is shown


class Level(IntEnum):
    """How far a change goes, by the policy in `docs/reference/vectors.md`."""

    PATCH = 1  # words, or how a number is spelled: no outcome changes
    MINOR = 2  # more is asked, or the same more strictly: what conforms by the model still does
    MAJOR = 3  # something asked before is asked no more, or only on request, or otherwise


@dataclass(frozen=True)
class Change:
    """One difference between two versions of vector files."""

    subject: str  # the id of the vector, or the name of the file
    place: str  # in it; empty where it was added or removed as a whole
    old: str | None
    new: str | None
    level: Level


def changes(old: Sequence[Document], new: Sequence[Document]) -> Iterator[Change]:
    """Yield every difference: in the words of the files, then vector by vector."""
    yield from _compared(_headers(old, new), _headers(new, old))
    yield from _compared(_vectors(old), _vectors(new))


Facts = Mapping[str, Mapping[str, str]]  # subject → place → what stands there


def _compared(old: Facts, new: Facts) -> Iterator[Change]:
    for subject in [*old, *(subject for subject in new if subject not in old)]:
        if subject not in new:
            yield Change(subject, "", "", None, Level.MAJOR)
        elif subject not in old:
            yield Change(subject, "", None, "", Level.MINOR)
        else:
            before, after = old[subject], new[subject]
            for place in [*before, *(place for place in after if place not in before)]:
                was, is_now = before.get(place), after.get(place)
                if was != is_now:
                    yield Change(subject, place, was, is_now, _level(place, was, is_now))


def _level(place: str, old: str | None, new: str | None) -> Level:
    part, _, rest = place.partition(".")
    words = part in ("title", "source", "notes", "version", "description") or rest.endswith(
        (".where", ".equation")
    )
    if part in ("flags", "anchors"):
        return _level_of_list(part, _items(old), _items(new))
    if words or (not rest.endswith(".digits") and _same_numbers(old, new)):
        return Level.PATCH
    if part == "inputs":  # one that is added was another by default
        return Level.MAJOR
    if old is None:
        return Level.MINOR
    if rest.endswith(".bound") and new is not None and Decimal(new) < Decimal(old):
        return Level.MINOR
    return Level.MAJOR


def _same_numbers(old: str | None, new: str | None) -> bool:
    """Whether the same numbers are spelled in another way; of 0, the sign counts."""
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


def _level_of_list(part: str, old: Set[str], new: Set[str]) -> Level:
    """Say how far a change of flags or anchors goes; a vector that becomes slow is left out."""
    if part == "flags":
        return Level.MAJOR if SLOW in new - old else Level.MINOR
    return Level.MAJOR if old - new else Level.MINOR


def _items(listed: str | None) -> Set[str]:
    return frozenset(listed.split(SEPARATOR)) if listed else frozenset()


def _headers(documents: Sequence[Document], others: Sequence[Document]) -> Facts:
    """Return the words of each file; a file alone is compared whatever its name."""
    alone = len(documents) == len(others) == 1
    return {
        "the file" if alone else document.path.name: dict(
            _leaves({key: value for key, value in document.header.items() if key != "sha256"})
        )
        for document in documents
    }


def _vectors(documents: Iterable[Document]) -> Facts:
    return {
        entry["id"]: dict(_leaves(_by_quantity(entry)))
        for document in documents
        for entry in document.entries
    }


def _by_quantity(entry: Entry) -> dict[str, Any]:
    """Name printed numbers, so that one more does not shift those behind it."""
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
    """Yield everything that stands in nested data, with its place."""
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
