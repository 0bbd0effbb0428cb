"""A file of known failures to begin with, from the report of a run."""

import fnmatch
import json
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date
from typing import Any

from backproof.errors import BackproofError
from backproof.judging.known_failures import EXCUSABLE, TODO
from backproof.text.reading import UNPRINTABLE

HEADER = """\
# Pass this file to `backproof check --known-failures`. Replace each {todo} with a reason; the file
# is rejected until then.
"""
ENTRY = """
[[failure]]
vectors = {vectors}
backend = {backend}
dtype = {dtypes}
outcome = {outcomes}
reason = "{todo}: say why"
expires = {expires}
"""
Outcomes = Mapping[str, Set[str]]  # id of a vector → what it came to


def draft_known_failures(report: Mapping[str, Any], expires: date) -> str:
    """Return a file of known failures for a report that is valid under its schema.

    An entry covers no vector of the report that passes, that failed otherwise, or whose failure was
    known already. But which responses vary is a matter of chance: one entry excuses them all.
    """
    dtypes: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for backend, dtype, seen in _by_backend_and_dtype(report):
        for vectors, outcomes in _minimal_patterns(seen):
            dtypes.setdefault((backend, vectors, outcomes), []).append(dtype)
    entries = [
        ENTRY.format(
            vectors=_quoted(vectors),
            backend=_quoted(backend),
            dtypes=_quoted_list(found),
            outcomes=_quoted_list(outcomes),
            todo=TODO,
            expires=expires,
        )
        for (backend, vectors, outcomes), found in dtypes.items()
    ]
    return HEADER.format(todo=TODO) + "".join(entries)


def _by_backend_and_dtype(report: Mapping[str, Any]) -> Iterator[tuple[str, str, Outcomes]]:
    """Yield what every vector came to; two ports may bear one name, so it may be several things."""
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for run in report["runs"]:
        seen = found.setdefault((run["backend"], run["dtype"]), {})
        for result in run["results"]:
            outcome = "known" if result.get("known") else result["outcome"]
            seen.setdefault(result["vector"], set()).add(outcome)
    for (backend, dtype), seen in found.items():
        yield backend, dtype, seen


def _minimal_patterns(outcomes_by_vector: Outcomes) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield patterns that cover the failures and nothing else, with the outcomes they excuse.

    The widest come first, so that they are few.
    """
    if any("varies" in outcomes for outcomes in outcomes_by_vector.values()):
        yield "*", ("varies",)
    failures = {
        vector
        for vector, outcomes in outcomes_by_vector.items()
        if outcomes <= set(EXCUSABLE) and outcomes != {"varies"}
    }
    covered = {
        pattern: fnmatch.filter(outcomes_by_vector, pattern)
        for v in failures
        for pattern in _candidate_patterns(v)
    }
    for pattern, vectors in sorted(covered.items(), key=lambda item: (-len(item[1]), item[0])):
        outcomes = outcomes_by_vector[vectors[0]]
        alike = all(outcomes_by_vector[vector] == outcomes for vector in vectors)
        if alike and not failures.isdisjoint(vectors):
            failures.difference_update(vectors)
            yield pattern, tuple(sorted(outcomes))


def _candidate_patterns(vector: str) -> Iterator[str]:
    """Yield an id, and the patterns about it: `a/b/c`, `*/c`, `a/*`, `a/*/c`, `a/b/*`."""
    yield vector
    *parts, last = vector.split("/")
    if parts:
        yield f"*/{last}"
    for n in range(1, len(parts) + 1):
        prefix = "/".join(parts[:n])
        yield f"{prefix}/*"
        if n < len(parts):
            yield f"{prefix}/*/{last}"


def _quoted(text: str) -> str:
    """Write a text as TOML does, which escapes as JSON does.

    Raises `BackproofError` if it contains an unprintable character, which would not be read again.
    """
    if found := UNPRINTABLE.search(text):
        raise BackproofError(
            f"{text!r} contains {found[0]!r}, which cannot be printed on one line: "
            "a file of known failures may not contain it"
        )
    return json.dumps(text, ensure_ascii=False)


def _quoted_list(texts: Sequence[str]) -> str:
    return _quoted(texts[0]) if len(texts) == 1 else f"[{', '.join(map(_quoted, texts))}]"
