"""Load vector files: the inputs, published numbers and expected values of test vectors."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from backproof.errors import BackproofError, BoundUnavailable, VectorFileError
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import (
    OPS,
    Inputs,
    Op,
    Schedule,
    map_matrix,
    map_parameters,
    parse_number,
)
from backproof.network.network import Parameters
from backproof.text.resources import resource_folder
from backproof.truth.certified import (
    Expected,
    compute_expected,
    expected_without_bound,
    publishable_values,
)
from backproof.vectors.documents import open_document, require_unique_ids, vector_files
from backproof.vectors.entries import Entry
from backproof.vectors.names import resolve_ids

# Yields the calculations and may show progress, as computing their reference values takes time.
Track = Callable[[Sequence[Entry]], Iterable[Entry]]

# The tutorial comes first: a failure is easiest to understand in numbers that one can follow.
BUILT_IN_FILES = ("tutorial.json", "random.json", "hard.json", "long.json")
SLOW = "slow"  # the flag of test vectors that run only on request
DRAWN = "drawn"  # the flag of test vectors whose numbers are drawn for one run


@dataclass(frozen=True)
class PublishedNumber:
    """A number with the digits that a source publishes."""

    quantity: str  # `out_h[0][1]`, `gradients.W1[0][0]`, `params.W2[0][0]` …
    digits: str
    value: Decimal  # the reference value, for the inputs as written
    where: str  # the place in the source
    equation: str  # the equation that it belongs to, in the source's symbols

    @property
    def is_correct(self) -> bool:
        """Whether the reference value rounds to the published digits."""
        return self.agrees_with(self.value)

    def agrees_with(self, x: Decimal | float) -> bool:
        """Whether `x` rounds to the published digits: it is within half a unit of the last one."""
        printed = Decimal(self.digits)
        last_place = Fraction(10) ** int(printed.as_tuple().exponent)
        return abs(Fraction(x) - Fraction(printed)) <= last_place / 2


@dataclass(frozen=True)
class Vector:
    """One calculation: its inputs, and the expected values in every dtype that it covers."""

    id: str
    description: str
    op: Op
    flags: tuple[str, ...]
    inputs: Inputs
    published: tuple[PublishedNumber, ...]
    expected: Mapping[str, Mapping[str, Expected]]  # dtype → quantity → number
    skip_reasons: Mapping[str, str]  # dtype → why the test vector is not evaluated in it
    checkpoints: tuple[int, ...]  # epochs from which the next one is evaluated by itself

    @property
    def is_drawn(self) -> bool:
        """Whether its numbers were drawn for one run."""
        return DRAWN in self.flags


@dataclass(frozen=True)
class VectorFile:
    """The test vectors of one file, its header, and the hash of its content."""

    path: Path
    title: str
    source: str
    version: str  # of the test vectors, not of the program; empty if not given
    notes: Mapping[str, str]  # flag → what a failure of test vectors with this flag means
    vectors: tuple[Vector, ...]
    sha256: str
    seed: int | None = None  # that the test vectors were drawn with; None if they are in a file

    def exclude_flag(self, flag: str) -> "VectorFile":
        """Return the file without the test vectors that have `flag`."""
        return replace(self, vectors=tuple(v for v in self.vectors if flag not in v.flags))

    def select(self, ids: Collection[str]) -> "VectorFile":
        """Return the file with only the test vectors that have one of these ids."""
        return replace(self, vectors=tuple(v for v in self.vectors if v.id in ids))


def built_in_files() -> list[VectorFile]:
    """Load the vector files that come with backproof, in the order of `BUILT_IN_FILES`."""
    folder = resource_folder("fixtures")
    return load_vectors([folder / name for name in BUILT_IN_FILES], trusted=True)


def load_vectors(
    paths: list[Path],
    *,
    dtypes: Collection[str] = tuple(FORMATS),
    track: Track = tuple,
    trusted: bool = False,
) -> list[VectorFile]:
    """Load vector files, given by path or by folder, as `load_file` does.

    Raises `VectorFileError` if a file is invalid, a folder contains none, or two test vectors share
    an id.
    """
    files = [
        load_file(file, dtypes=dtypes, track=track, trusted=trusted)
        for path in paths
        for file in vector_files(path)
    ]
    require_unique_ids((file.path, vector.id) for file in files for vector in file.vectors)
    return files


def find_vector(name: str, files: Sequence[VectorFile]) -> tuple[VectorFile, Vector]:
    """Return the test vector that a name stands for, and its file.

    If it stands for several, the first test vector of the last op in `OPS` is returned; the empty
    name stands for all. Raises `BackproofError` if there is none.
    """
    known = {vector.id: (file, vector) for file in files for vector in file.vectors}
    if name in known:
        return known[name]
    candidates = [known[id_] for id_ in (resolve_ids(name, known) if name else known)]
    return max(candidates, key=lambda candidate: OPS.index(candidate[1].op))


class Selection(NamedTuple):
    """A selection of test vectors."""

    files: list[VectorFile]  # with the selected test vectors only
    unnamed_count: int  # test vectors left out because others are selected
    left_out: list[Vector]  # all test vectors left out, including slow ones

    @property
    def vectors(self) -> list[Vector]:
        return [vector for file in self.files for vector in file.vectors]


def select(
    files: Sequence[VectorFile],
    names: Iterable[str] = (),
    *,
    ops: Collection[Op] = (),
    slow: bool = False,
) -> Selection:
    """Select the test vectors that `names` stand for, or all; slow ones only if `slow`.

    If `ops` is not empty, only those with one of these ops are selected. Raises `BackproofError` if
    a name stands for no test vector, or nothing remains of those that it stands for.
    """
    every = [vector for file in files for vector in file.vectors]
    running = [vector for vector in every if slow or SLOW not in vector.flags]
    named = {id_ for name in names for id_ in _resolve_running(name, every, running)}
    chosen = [
        vector
        for vector in running
        if (not named or vector.id in named) and (not ops or vector.op in ops)
    ]
    if ops and not chosen:
        raise BackproofError(f"none of these test vectors has the op {' or '.join(ops)}")
    ids = {vector.id for vector in chosen}
    narrowed = [file.select(ids) for file in files]
    return Selection(
        [file for file in narrowed if file.vectors] if named or ops else narrowed,
        len(running) - len(chosen),
        [vector for vector in every if vector.id not in ids],
    )


def _resolve_running(name: str, every: Iterable[Vector], running: Iterable[Vector]) -> list[str]:
    there = {vector.id for vector in running}
    found = [id_ for id_ in resolve_ids(name, (v.id for v in every)) if id_ in there]
    if not found:
        raise BackproofError(f"{name}: takes minutes and runs only with --slow")
    return found


def load_file(
    path: Path,
    *,
    dtypes: Collection[str] = tuple(FORMATS),
    track: Track = tuple,
    trusted: bool = False,
) -> VectorFile:
    """Load one vector file, and compute the expected values that it does not have.

    They are computed for `dtypes` only, through the function that tracks progress. A `trusted` file
    is checked against its content hash, but not against the schema. Raises `VectorFileError`, which
    names the file, the test vector and the place, if a file cannot be read, is invalid, or does not
    match its content hash.
    """
    document = open_document(path, trusted=trusted)
    if document.problems:
        first, *others = document.problems
        more = f" (and {len(others)} more: `backproof vectors validate` lists them)"
        raise VectorFileError(f"{path}: {first}{more if others else ''}")
    if document.hash_problem:
        raise VectorFileError(f"{path}: {document.hash_problem}")
    vectors = []
    known = all("expected" in entry for entry in document.entries)
    for entry in document.entries if known else track(document.entries):
        try:
            vectors.append(parse_vector(entry, dtypes))
        except BackproofError as error:
            raise VectorFileError(f"{path}: test vector {entry['id']!r}: {error}") from error
    return VectorFile(
        path=path,
        title=document.header.get("title", path.stem),
        source=document.header.get("source", ""),
        version=document.header.get("version", ""),
        notes=document.header.get("notes", {}),
        vectors=tuple(vectors),
        sha256=document.sha256,
    )


def parse_inputs(written: Mapping[str, Any]) -> Inputs:
    """Parse the `inputs` of an entry, exactly as written."""
    params = written["params"]
    parameters = Parameters(params["W1"], params["b1"], params["W2"], params["b2"])
    schedule = None
    if "learning_rate" in written:
        schedule = Schedule(
            learning_rate=parse_number(written["learning_rate"]),
            epochs=written.get("epochs", 1),
            batch_size=written.get("batch_size", 1),
            train_biases=written.get("train_biases", False),
        )
    return Inputs(
        map_parameters(parse_number, parameters),
        map_matrix(parse_number, written["X"]),
        map_matrix(parse_number, written.get("T", [])),
        schedule,
    )


def expected_for_entry(entry: Entry, dtype: str) -> dict[str, Expected]:
    """Compute the expected values of an entry in `dtype`.

    Raises `BoundUnavailable` if there is no error bound and the entry has no checkpoints.
    """
    inputs = parse_inputs(entry["inputs"])
    try:
        return compute_expected(entry["op"], inputs, FORMATS[dtype])
    except BoundUnavailable:
        if not entry.get("anchors"):
            raise
        return expected_without_bound(inputs, FORMATS[dtype])  # the checkpoints are still evaluated


def parse_vector(entry: Entry, dtypes: Collection[str]) -> Vector:
    """Return the test vector of an entry.

    Its expected values are computed for `dtypes`, unless the entry has them. Raises
    `BackproofError` if a published value cannot be certified.
    """
    answers: dict[str, Mapping[str, Expected]] = {}
    unjudged: dict[str, str] = {}
    if "expected" in entry:
        for dtype, numbers in entry["expected"].items():
            answers[dtype] = {
                path: Expected(Decimal(number["value"]), Decimal(number["bound"]))
                for path, number in numbers.items()
            }
        only = " and ".join(answers)
        unjudged |= {dtype: f"for {only} only" for dtype in FORMATS if dtype not in answers}
    else:
        for dtype in (dtype for dtype in FORMATS if dtype in dtypes):
            try:
                answers[dtype] = expected_for_entry(entry, dtype)
            except BackproofError as reason:
                unjudged[dtype] = str(reason)
    inputs = parse_inputs(entry["inputs"])
    return Vector(
        id=entry["id"],
        description=entry.get("description", ""),
        op=entry["op"],
        flags=tuple(entry.get("flags", [])),
        inputs=inputs,
        published=_parse_published(entry, inputs),
        expected=answers,
        skip_reasons=unjudged,
        checkpoints=tuple(entry.get("anchors", [])),
    )


def _parse_published(entry: Entry, inputs: Inputs) -> tuple[PublishedNumber, ...]:
    entries = entry.get("printed", [])
    if all("value" in printed for printed in entries):
        true_values = {printed["quantity"]: Decimal(printed["value"]) for printed in entries}
    else:
        true_values = publishable_values(entry["op"], inputs)
    return tuple(
        PublishedNumber(
            quantity=printed["quantity"],
            digits=printed["digits"],
            value=true_values[printed["quantity"]],
            where=printed.get("where", ""),
            equation=printed.get("equation", ""),
        )
        for printed in entries
    )
