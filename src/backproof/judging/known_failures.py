"""Known failures: a TOML file that says which, why, and until when.

Each entry excuses exactly what it describes. An entry that no longer describes what happens is
*stale*: a test vector that it covers passes, it matches nothing, or it has expired. Responses that
vary may agree by chance, so an entry for them may cover test vectors that pass; and drawn test
vectors may pass with the numbers of one run.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from backproof.errors import KnownFailuresError
from backproof.judging.results import OUTCOMES, Outcome, Result, Run
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import OPS, Op
from backproof.text.english import suggest
from backproof.text.reading import read_toml
from backproof.text.unprintable import UNPRINTABLE
from backproof.vectors.names import compile_name
from backproof.vectors.vectors import Vector

MAX_BYTES = 2**18
MAX_TEXT = 500  # characters
PROBLEMS_SHOWN = 10
CASES_SHOWN = 3

EXCUSABLE = tuple(outcome for outcome in OUTCOMES if outcome not in {"pass", "not-run"})
TODO = "TODO"  # how a reason begins that is still to be written
KEYS = ("vectors", "op", "dtype", "backend", "outcome", "reason", "link", "expires")
SCOPE = (
    "vectors, the id of a test vector or a pattern such as 'hard/saturation/*', or op, such as "
    "'train'"
)
REQUIRED = {
    "reason": "a sentence that says why this fails",
    "expires": "the last day on which this may fail, such as 2027-03-31",
}

Case = tuple[str, str, Vector]  # backend, dtype, test vector


@dataclass(frozen=True)
class KnownFailure:
    """One entry of a file of known failures."""

    number: int  # its place in the file, from 1
    vectors: str  # an id, the beginning of ids, or a pattern: see `compile_name`
    reason: str
    expires: date  # the last day on which it excuses anything
    dtypes: tuple[str, ...] = tuple(FORMATS)
    backend: str | None = None  # None: every backend
    outcomes: tuple[Outcome, ...] = ("fail",)
    link: str = ""
    ops: tuple[Op, ...] = OPS

    @property
    def reason_with_link(self) -> str:
        """The reason, with its link."""
        return f"{self.reason} ({self.link})" if self.link else self.reason

    @property
    def expected_outcomes(self) -> Set[Outcome]:
        """What it excuses, and a pass if responses may vary: by chance, their bits may agree."""
        return {*self.outcomes, "pass"} if "varies" in self.outcomes else {*self.outcomes}

    @property
    def scope(self) -> str:
        """The test vectors that it is about, in a few words."""
        ops = f"op {' or '.join(self.ops)}" if self.ops != OPS else ""
        return ", ".join(filter(None, ["" if ops and self.vectors == "*" else self.vectors, ops]))

    def covers(self, backend: str, dtype: str, vector: Vector) -> bool:
        """Whether the entry covers a test vector, on a backend in a dtype."""
        return (
            self.backend in {None, backend}
            and dtype in self.dtypes
            and self.matches(vector.id, vector.op)
        )

    def matches(self, vector_id: str, op: Op) -> bool:
        """Whether it is about a test vector, by id and op."""
        return op in self.ops and self._pattern.match(vector_id) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return compile_name(self.vectors)


@dataclass(frozen=True)
class Excluded:
    """What exists but was not run, so that an entry for it is not stale."""

    backends: Collection[str] = ()
    dtypes: Collection[str] = ()
    vectors: Collection[tuple[str, Op]] = ()  # id and op

    def may_cover(self, entry: KnownFailure) -> bool:
        """Whether what an entry covers may have been left out."""
        return (
            entry.backend in self.backends
            or set(entry.dtypes).issubset(self.dtypes)
            or any(entry.matches(*name) for name in self.vectors)
        )


@dataclass(frozen=True)
class Stale:
    """An entry that does not describe what happens, and why."""

    entry: KnownFailure
    problem: str

    @property
    def sentence(self) -> str:
        """The problem, with the entry as its subject."""
        return f"failure {self.entry.number} ({self.entry.scope}) {self.problem}"


@dataclass(frozen=True)
class AppliedKnownFailures:
    """Runs whose excused results have the reason of their entry; the stale entries."""

    runs: Sequence[Run]
    stale: Sequence[Stale]


@dataclass(frozen=True)
class KnownFailures:
    """The entries of a file of known failures."""

    entries: tuple[KnownFailure, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "KnownFailures":
        """Read a file of known failures.

        Raises `KnownFailuresError`, which names the file, the entry and the key, if the file cannot
        be read, is not TOML, or has an entry that is incomplete or invalid or still has the
        placeholder reason of `backproof known-failures`.
        """
        entries = _parsed(path)
        problems = [
            f"failure {number}: {problem}"
            for number, written in enumerate(entries, start=1)
            for problem in islice(_problems(written), PROBLEMS_SHOWN)
        ]
        if len(problems) == 1:
            raise KnownFailuresError(f"{path}: {problems[0]}")
        if problems:
            shown = problems[:PROBLEMS_SHOWN]
            if more := len(problems) - len(shown):
                shown.append(f"and {more} more")
            raise KnownFailuresError("\n  ".join([f"{path}:", *shown]))
        return cls(tuple(_entry(n, written) for n, written in enumerate(entries, start=1)))

    def valid(self, today: date) -> list[KnownFailure]:
        """Return the entries that have not expired."""
        return [entry for entry in self.entries if today <= entry.expires]

    def find_stale(
        self, cases: Iterable[Case], today: date, excluded: Excluded = Excluded()
    ) -> list[Stale]:
        """Find the entries that have expired, and those that cover none of the `cases`."""
        cases = list(cases)
        return [
            Stale(entry, problem)
            for entry in self.entries
            if (problem := _scope_problem(entry, cases, today, excluded))
        ]

    def apply(
        self, runs: Sequence[Run], today: date, excluded: Excluded = Excluded()
    ) -> AppliedKnownFailures:
        """Excuse known failures, and find stale entries.

        A backend that is unavailable counts as excluded.
        """
        unavailable = {run.backend for run in runs if run.dtype is None}
        excluded = replace(excluded, backends={*excluded.backends, *unavailable})
        results = [found for run in runs for found in _cases(run)]
        outcomes = [
            (case, result.outcome)
            for case, result in results
            if not (result.vector.is_drawn and result.outcome == "pass")
        ]
        valid = self.valid(today)
        stale = self.find_stale((case for case, _ in results), today, excluded)
        stale += [
            Stale(entry, problem)
            for entry in valid
            if (
                problem := _outcome_problem(
                    [(case, outcome) for case, outcome in outcomes if entry.covers(*case)], entry
                )
            )
        ]
        excused = [
            replace(run, results=[_excused(case, result, valid) for case, result in _cases(run)])
            if run.results
            else run
            for run in runs
        ]
        return AppliedKnownFailures(excused, sorted(stale, key=lambda found: found.entry.number))


def today() -> date:
    """Return the day on which entries are evaluated: in UTC, so that it is the same everywhere."""
    return datetime.now(UTC).date()


def _cases(run: Run) -> list[tuple[Case, Result]]:
    if run.dtype is None:
        return []
    return [((run.backend, run.dtype, result.vector), result) for result in run.results]


def _excused(case: Case, result: Result, entries: Iterable[KnownFailure]) -> Result:
    for entry in entries:
        if result.outcome in entry.outcomes and entry.covers(*case):
            return replace(result, known_reason=entry.reason_with_link)
    return result


def _scope_problem(
    entry: KnownFailure, cases: Iterable[Case], today: date, excluded: Excluded
) -> str | None:
    if entry.expires < today:
        return f"expired on {entry.expires}: renew or remove it"
    if any(entry.covers(*case) for case in cases) or excluded.may_cover(entry):
        return None
    return "matches nothing that was checked: correct or remove it"


def _outcome_problem(covered: Sequence[tuple[Case, Outcome]], entry: KnownFailure) -> str | None:
    """Say how the outcomes that an entry covers differ from those that it excuses."""
    expected = entry.expected_outcomes
    passed = [case for case, outcome in covered if outcome == "pass"]
    if passed and "pass" not in expected:
        listed = ", ".join(
            f"{backend} {dtype} {vector.id}" for backend, dtype, vector in passed[:CASES_SHOWN]
        )
        more = f" and {len(passed) - CASES_SHOWN} more" if len(passed) > CASES_SHOWN else ""
        return f"covers test vectors that pass: {listed}{more}: narrow or remove it"
    outcomes = {outcome: None for _, outcome in covered if outcome != "not-run"}
    if outcomes and not outcomes.keys() & expected:
        excused, actual = " or ".join(entry.outcomes), " and ".join(outcomes)
        return f"excuses {excused}, but the outcome is {actual}: correct or remove it"
    return None


def _parsed(path: Path) -> list[Any]:
    """Return the entries as they are written."""
    data = read_toml(path, MAX_BYTES, KnownFailuresError)
    for key in data:
        if key != "failure":
            raise KnownFailuresError(
                f"{path}: has the unknown key {key[:60]!r}: every entry begins with [[failure]]"
            )
    entries = data.get("failure", [])
    if not isinstance(entries, list):
        raise KnownFailuresError(f"{path}: every entry begins with [[failure]], in two brackets")
    return entries


def _problems(written: Any) -> Iterator[str]:
    """Say what is wrong with an entry."""
    if not isinstance(written, dict):
        yield "is not a table: every entry begins with [[failure]]"
        return
    yield from _about_keys(written)
    for key in ("vectors", "backend", "reason", "link"):
        if key in written and (problem := _about_text(key, written[key])):
            yield f"{key} {problem}"
    for key, known in (("op", OPS), ("dtype", tuple(FORMATS)), ("outcome", EXCUSABLE)):
        if key in written and (problem := _about_names(written[key], known)):
            yield f"{key} {problem}"
    if (
        "expires" in written and type(written["expires"]) is not date
    ):  # a time of day is a date, too
        yield "expires must be a date, without quotes: expires = 2027-03-31"


def _about_keys(written: Mapping[str, Any]) -> Iterator[str]:
    for key in written:
        if key not in KEYS:
            yield f"has the unknown key {key[:60]!r}: {suggest(key, KEYS)}"
    if "vectors" not in written and "op" not in written:
        yield f"lacks {SCOPE}"
    for key, wanted in REQUIRED.items():
        if key not in written:
            yield f"lacks {key}: {wanted}"


def _about_text(key: str, value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "must be a string that is not empty"
    if len(value) > MAX_TEXT:
        return f"has {len(value):,} characters; the limit is {MAX_TEXT}"
    if found := UNPRINTABLE.search(value):
        return f"contains the character {found[0]!r}, which cannot be printed on one line"
    if key == "reason" and value.strip().upper().startswith(TODO):
        return f"begins with {TODO}: say why this fails"
    if key == "link" and not value.startswith(("https://", "http://")):
        return "must begin with https:// or http://"
    return None


def _about_names(value: Any, known: Collection[str]) -> str | None:
    if not value or any(name not in known for name in _listed(value)):
        return f"must be one of {', '.join(known)}, or a list of them"
    return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _entry(number: int, written: Mapping[str, Any]) -> KnownFailure:
    plain = {key: written[key] for key in ("backend", "link") if key in written}
    return KnownFailure(
        number=number,
        vectors=written.get("vectors", "*"),
        reason=written["reason"],
        expires=written["expires"],
        dtypes=tuple(_listed(written.get("dtype", list(FORMATS)))),
        outcomes=tuple(_listed(written.get("outcome", "fail"))),
        ops=tuple(_listed(written.get("op", list(OPS)))),
        **plain,
    )
