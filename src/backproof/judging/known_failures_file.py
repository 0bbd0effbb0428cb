"""A file of known failures to begin with, from the report of a run."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from datetime import date
from posixpath import commonpath, dirname
from typing import Any, NamedTuple

from backproof.errors import BackproofError
from backproof.judging.known_failures import EXCUSABLE, TODO
from backproof.text.unprintable import UNPRINTABLE
from backproof.vectors.names import compile_name, escape_id

HEADER = """\
# Pass this file to `backproof check --known-failures`. Replace each {todo} with a reason; the file
# is rejected until then.
"""
ENTRY = """
[[failure]]
{scope}
backend = {backend}
dtype = {dtypes}
outcome = {outcomes}
reason = "{todo}: say why"
expires = {expires}
"""
NUMBERED = re.compile("(?<=-)[0-9].*")  # the end of a name's part, from its first number on


class _Case(NamedTuple):
    """A test vector of a report."""

    id: str
    op: str  # empty if the report does not say


class _Scope(NamedTuple):
    """What an entry is about: test vectors by name, and by op unless there are none."""

    vectors: str
    ops: tuple[str, ...] = ()

    def select(self, cases: Collection[_Case]) -> list[_Case]:
        """Return the test vectors that it is about."""
        matches = compile_name(self.vectors).match
        return [case for case in cases if case.op in (self.ops or [case.op]) and matches(case.id)]

    def lines(self) -> str:
        """Return the keys of an entry that say it."""
        op = [f"op = {_quoted_list(self.ops)}"] if self.ops else []
        vectors = [] if op and self.vectors == "*" else [f"vectors = {_quoted(self.vectors)}"]
        return "\n".join([*vectors, *op])


Outcomes = Mapping[_Case, Set[str]]  # what each test vector came to
Excuse = tuple[_Scope, tuple[str, ...]]  # a scope, and the outcomes to excuse in it


def draft_known_failures(report: Mapping[str, Any], expires: date) -> str:
    """Return a file of known failures for a report that is valid under its schema.

    An entry covers no vector of the report that passes, that failed otherwise, or whose failure was
    known already. But which responses vary is a matter of chance: an entry for them is about an op.
    """
    dtypes: dict[tuple[str, Excuse], list[str]] = {}
    for backend, dtype, seen in _by_backend_and_dtype(report):
        for excuse in _join_ops([*_varying(seen), *_minimal_scopes(seen)]):
            dtypes.setdefault((backend, excuse), []).append(dtype)
    entries = [
        ENTRY.format(
            scope=scope.lines(),
            backend=_quoted(backend),
            dtypes=_quoted_list(found),
            outcomes=_quoted_list(outcomes),
            todo=TODO,
            expires=expires,
        )
        for (backend, (scope, outcomes)), found in dtypes.items()
    ]
    return HEADER.format(todo=TODO) + "".join(entries)


def _by_backend_and_dtype(report: Mapping[str, Any]) -> Iterator[tuple[str, str, Outcomes]]:
    """Yield what every vector came to; two ports may bear one name, so it may be several things."""
    found: dict[tuple[str, str], dict[_Case, set[str]]] = {}
    for run in report["runs"]:
        seen = found.setdefault((run["backend"], run["dtype"]), {})
        for result in run["results"]:
            outcome = "known" if result.get("known") else result["outcome"]
            seen.setdefault(_Case(result["vector"], result.get("op", "")), set()).add(outcome)
    for (backend, dtype), seen in found.items():
        yield backend, dtype, seen


def _varying(seen: Outcomes) -> Iterator[Excuse]:
    """Yield, for each op of which some responses vary, the narrowest folder that has them all."""
    varying = [case for case, outcomes in seen.items() if "varies" in outcomes]
    if len(varying) == len(seen) > 1:
        yield _Scope("*"), ("varies",)
        return
    by_op: dict[str, list[_Case]] = {}
    for case in varying:
        by_op.setdefault(case.op, []).append(case)
    for op, cases in by_op.items():
        if len(cases) == 1:
            yield _only(cases[0], seen), ("varies",)
        else:
            folder = commonpath([dirname(case.id) for case in cases])
            yield _Scope(f"{folder}/*" if folder else "*", (op,) if op else ()), ("varies",)


def _minimal_scopes(seen: Outcomes) -> Iterator[Excuse]:
    """Yield scopes that cover the failures and nothing else, with the outcomes they excuse.

    The widest come first, so that they are few.
    """
    failures = {
        case
        for case, outcomes in seen.items()
        if outcomes <= set(EXCUSABLE) and outcomes != {"varies"}
    }
    candidates = dict.fromkeys(scope for case in failures for scope in _candidates(case))
    covered = {scope: scope.select(seen) for scope in candidates}
    for scope in sorted(candidates, key=lambda scope: (-len(covered[scope]), *_length(scope))):
        cases = covered[scope]
        outcomes = seen[cases[0]]
        alike = all(seen[case] == outcomes for case in cases)
        if alike and not failures.isdisjoint(cases):
            failures.difference_update(cases)
            only = _only(cases[0], seen) if len(cases) == 1 else scope
            yield only, tuple(sorted(outcomes))


def _length(scope: _Scope) -> tuple[object, ...]:
    """Return a sort key: an op alone says least, then a pattern alone, the shorter the better."""
    return scope.vectors != "*", len(scope.ops), len(scope.vectors), scope


def _only(case: _Case, seen: Collection[_Case]) -> _Scope:
    """Return the scope of one test vector alone."""
    begins_others = any(other.id.startswith(f"{case.id}/") for other in seen)
    return _Scope(escape_id(case.id) if begins_others else case.id)


def _candidates(case: _Case) -> Iterator[_Scope]:
    """Yield scopes about a test vector: each of its patterns, for any op and for its own."""
    for vectors in _patterns(case.id):
        yield _Scope(vectors)
        if case.op:
            yield _Scope(vectors, (case.op,))


def _patterns(id_: str) -> Iterator[str]:
    """Yield patterns about an id: `*`, `a/*`, `*/c`, `a/*/c`; its numbers may be `*`, too.

    The last is the id alone, in a form that stands for no other.
    """
    for name in dict.fromkeys([id_, "/".join(NUMBERED.sub("*", part) for part in id_.split("/"))]):
        parts = name.split("/")
        for first in range(len(parts)):
            for last in range(first + 1, len(parts) + 1):
                yield "/".join([*parts[:first], "*", *parts[last:]])
        yield name
    yield escape_id(id_)


def _join_ops(excuses: Sequence[Excuse]) -> list[Excuse]:
    """Join excuses that differ only in their op."""
    ops: dict[tuple[str, bool, tuple[str, ...]], list[str]] = {}
    for scope, outcomes in excuses:
        ops.setdefault((scope.vectors, bool(scope.ops), outcomes), []).extend(scope.ops)
    return [
        (_Scope(name, tuple(sorted(found))), outcomes) for (name, _, outcomes), found in ops.items()
    ]


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
