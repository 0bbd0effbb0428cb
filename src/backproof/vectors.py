"""Vector files: what is asked, what a publication prints, and what a backend must answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from backproof.canonical import content_hash
from backproof.errors import BoundUnavailable, VectorFileError
from backproof.formats import FORMATS
from backproof.inputs import Inputs, Op, Schedule, each, matrix, number
from backproof.network import Parameters
from backproof.resources import resource
from backproof.truth import Expected, expected, printable

MAX_BYTES = 32 * 2**20
SCHEMA = "schema.json"
SLOW = "slow"  # the flag of vectors that run only when asked for


@dataclass(frozen=True)
class Printed:
    """A number as a publication prints it."""

    quantity: str  # `out_h[0][1]`, `gradients.W1[0][0]`, `params.W2[0][0]` …
    digits: str
    value: Decimal  # the true value, for the inputs as written
    where: str  # the place in the publication
    equation: str  # the equation that it belongs to, in the publication's symbols

    @property
    def right(self) -> bool:
        """Whether the true value rounds to the digits printed."""
        return self.agrees_with(self.value)

    def agrees_with(self, x: Decimal | float) -> bool:
        """Whether `x` rounds to these digits: it is at most half a unit of the last one away."""
        printed = Decimal(self.digits)
        last_place = Fraction(10) ** int(printed.as_tuple().exponent)
        return abs(Fraction(x) - Fraction(printed)) <= last_place / 2


@dataclass(frozen=True)
class Vector:
    """One calculation: its inputs, and the answer in every dtype in which it can be judged."""

    id: str
    description: str
    op: Op
    flags: tuple[str, ...]
    inputs: Inputs
    printed: tuple[Printed, ...]
    expected: Mapping[str, Mapping[str, Expected]]  # dtype → quantity → number
    unjudged: Mapping[str, str]  # dtype → why no bound exists there
    anchors: tuple[int, ...]  # epochs from which the next one is judged by itself


@dataclass(frozen=True)
class VectorFile:
    """The vectors of one file, and the hash of its content."""

    path: Path
    title: str
    source: str
    notes: Mapping[str, str]  # flag → what a failure of a vector that bears it means
    vectors: tuple[Vector, ...]
    sha256: str

    def without(self, flag: str) -> "VectorFile":
        """Return the file without the vectors that bear `flag`."""
        return replace(self, vectors=tuple(v for v in self.vectors if flag not in v.flags))


def built_in_files() -> list[VectorFile]:
    """Load the vector files that come with backproof."""
    return load_vectors([resource("fixtures")])


def load_vectors(paths: list[Path]) -> list[VectorFile]:
    """Load vector files, and every vector file in the folders given.

    Raises `VectorFileError` if a file is invalid, a folder holds none, or two vectors share an id.
    """
    files = [load_file(file) for path in paths for file in _files(path)]
    owner: dict[str, Path] = {}
    for file in files:
        for vector in file.vectors:
            if vector.id in owner:
                raise VectorFileError(
                    f"{file.path}: vector {vector.id}: this id is taken, in {owner[vector.id]}"
                )
            owner[vector.id] = file.path
    return files


def load_file(path: Path) -> VectorFile:
    """Load one vector file; truth and bounds that it does not carry are computed.

    Raises `VectorFileError`, which names the file, the vector and the place, if it cannot be read,
    is not valid under `fixtures/schema.json`, or is not what its content hash says.
    """
    data = _parse(path)
    _validate(path, data)
    content = {key: value for key, value in data.items() if key != "sha256"}
    sha256 = content_hash(content)
    if data.get("sha256", sha256) != sha256:
        raise VectorFileError(
            f"{path}: its content hash is {sha256}, but it says {data['sha256']}: it was changed "
            "after it was made. Make it again, or remove the line `sha256`."
        )
    notes = data.get("notes", {})
    vectors = []
    for entry in data["vectors"]:
        try:
            _consistent(entry, notes)
            vectors.append(_vector(entry))
        except VectorFileError as error:
            raise VectorFileError(f"{path}: vector {entry['id']}: {error}") from error
    return VectorFile(
        path=path,
        title=data.get("title", path.stem),
        source=data.get("source", ""),
        notes=notes,
        vectors=tuple(vectors),
        sha256=sha256,
    )


def parse_inputs(written: Mapping[str, Any]) -> Inputs:
    """Read the `inputs` of a vector, exactly as written."""
    params = written["params"]
    parameters = Parameters(params["W1"], params["b1"], params["W2"], params["b2"])
    schedule = None
    if "learning_rate" in written:
        schedule = Schedule(
            learning_rate=number(written["learning_rate"]),
            epochs=written["epochs"],
            batch_size=written.get("batch_size", 1),
            train_biases=written.get("train_biases", False),
        )
    return Inputs(
        each(number, parameters),
        matrix(number, written["X"]),
        matrix(number, written.get("T", [])),
        schedule,
    )


def _consistent(entry: Mapping[str, Any], notes: Mapping[str, str]) -> None:
    """Check what the schema cannot say."""
    for flag in entry.get("flags", []):
        if flag not in notes:
            raise VectorFileError(f"the flag {flag!r} has no entry in `notes`")
    rows, targets = len(entry["inputs"]["X"]), len(entry["inputs"].get("T", entry["inputs"]["X"]))
    if rows != targets:
        raise VectorFileError(f"inputs: X has {rows} rows, but T has {targets}")


def _vector(data: Mapping[str, Any]) -> Vector:
    inputs = parse_inputs(data["inputs"])
    unjudged: dict[str, str] = {}
    answers: dict[str, Mapping[str, Expected]] = {}
    if "expected" in data:
        for dtype, answer in data["expected"].items():
            answers[dtype] = {
                path: Expected(Decimal(entry["value"]), Decimal(entry["bound"]))
                for path, entry in answer.items()
            }
    else:
        for dtype, fmt in FORMATS.items():
            try:
                answers[dtype] = expected(data["op"], inputs, fmt)
            except BoundUnavailable as reason:
                unjudged[dtype] = str(reason)
    return Vector(
        id=data["id"],
        description=data.get("description", ""),
        op=data["op"],
        flags=tuple(data.get("flags", [])),
        inputs=inputs,
        printed=_printed(data, inputs),
        expected=answers,
        unjudged=unjudged,
        anchors=tuple(data.get("anchors", [])),
    )


def _printed(data: Mapping[str, Any], inputs: Inputs) -> tuple[Printed, ...]:
    entries = data.get("printed", [])
    if all("value" in entry for entry in entries):
        true_values = {entry["quantity"]: Decimal(entry["value"]) for entry in entries}
    else:
        true_values = printable(data["op"], inputs)
    for entry in entries:
        if entry["quantity"] not in true_values:
            raise VectorFileError(
                f"the op {data['op']!r} has no quantity {entry['quantity']!r}; "
                f"it has {', '.join(true_values)}"
            )
    return tuple(
        Printed(
            quantity=entry["quantity"],
            digits=entry["digits"],
            value=true_values[entry["quantity"]],
            where=entry.get("where", ""),
            equation=entry.get("equation", ""),
        )
        for entry in entries
    )


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.rglob("*.json") if file.name != SCHEMA)
    if not found:
        raise VectorFileError(f"{path}: this folder holds no vector file (*.json)")
    return found


def _parse(path: Path) -> dict[str, Any]:
    """Read JSON strictly: UTF-8, no repeated keys, no NaN, an object at the top."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            keys = [key for key, _ in pairs]
            repeated = next(key for key in keys if keys.count(key) > 1)
            raise VectorFileError(f"{path}: the key {repeated!r} stands twice in one object")
        return members

    def no_constant(name: str) -> None:
        raise VectorFileError(f"{path}: {name} is not JSON")

    try:
        if path.stat().st_size > MAX_BYTES:
            raise VectorFileError(f"{path}: larger than {MAX_BYTES // 2**20} MiB")
        data = json.loads(
            path.read_text(encoding="utf-8"),
            object_pairs_hook=unique,
            parse_constant=no_constant,
        )
    except OSError as error:
        raise VectorFileError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise VectorFileError(f"{path}: is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise VectorFileError(f"{path}: must hold a JSON object with the key `vectors`")
    return data


def _validate(path: Path, data: dict[str, Any]) -> None:
    error = best_match(_validator().iter_errors(data))
    if error is None:
        return
    place = list(error.absolute_path)
    vector = ""
    if len(place) > 1 and place[0] == "vectors":
        entry = data["vectors"][place[1]]
        named = entry.get("id") if isinstance(entry, dict) else None
        vector = f"vector {named or f'number {int(place[1]) + 1}'}: "
        place = place[2:]
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place).lstrip(".")
    message = error.schema.get("$comment", error.message) if isinstance(error.schema, dict) else ""
    raise VectorFileError(f"{path}: {vector}{where + ': ' if where else ''}{message}")


@cache
def _validator() -> Draft202012Validator:
    text = (resource("fixtures") / SCHEMA).read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))
