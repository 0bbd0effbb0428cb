"""Read and validate vector files, without computing anything."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from backproof.errors import VectorFileError
from backproof.text.canonical_json import content_hash
from backproof.text.reading import sort_files
from backproof.vectors.entries import Entry, expand_entries
from backproof.vectors.exercise_forms import NotRunnable, as_vector_file
from backproof.vectors.json_file import read_vector_data
from backproof.vectors.problems import SCHEMA, consistency_problems, schema_problems


@dataclass(frozen=True)
class Document:
    """The content of a vector file."""

    path: Path
    header: Mapping[str, Any]  # title, source, version, notes, sha256
    entries: tuple[Entry, ...]  # one calculation each, all with `id` and `op`
    sha256: str  # of the whole content but itself
    problems: tuple[str, ...]  # sentences; a file that has any must not be used

    @property
    def hash_problem(self) -> str | None:
        """A sentence, if the content hash in the file does not match its content; else `None`."""
        claimed = self.header.get("sha256", self.sha256)
        if claimed == self.sha256:
            return None
        return (
            f"its content hash is {self.sha256}, but its `sha256` is {claimed}: the file was "
            "changed after it was generated. Generate it again, or remove the line `sha256`."
        )


def open_document(path: Path, *, trusted: bool = False) -> Document:
    """Read a vector file and find its problems.

    A `trusted` file whose content hash matches is not validated, since that takes far longer than
    reading it. Raises `VectorFileError` if the file cannot be read, or no backend can run it.
    """
    try:
        data = dict(as_vector_file(read_vector_data(path), _id(path.stem)))
    except NotRunnable as error:
        raise VectorFileError(f"{path}: {error}") from error
    except RecursionError as error:
        raise VectorFileError(f"{path}: is nested too deeply") from error
    if "vectors" not in data:  # the file holds a single test vector
        data = {"vectors": [data]}
    header = {key: value for key, value in data.items() if key != "vectors"}
    try:
        sha256 = content_hash({key: value for key, value in data.items() if key != "sha256"})
        sound = trusted and header.get("sha256") == sha256
        problems = () if sound else tuple(schema_problems(data))
    except RecursionError as error:
        raise VectorFileError(f"{path}: is nested too deeply") from error
    if problems:
        return Document(path, header, (), sha256, problems)
    entries = tuple(expand_entries(data["vectors"], _id(path.stem)))
    if not sound:
        problems = tuple(consistency_problems(data, entries))
    return Document(path, header, entries, sha256, problems)


def require_unique_ids(ids: Iterable[tuple[Path, str]]) -> None:
    """Raise `VectorFileError` if two test vectors, given as (path of the file, id), share an id."""
    owner: dict[str, Path] = {}
    for path, name in ids:
        if name in owner:
            raise VectorFileError(f"{path}: test vector {name!r}: {owner[name]} has this id, too")
        owner[name] = path


def vector_files(path: Path) -> list[Path]:
    """Return the vector files at a path: the file itself, or all in the folder.

    Raises `VectorFileError` if a folder contains none, or one with a line break in its name.
    """
    if not path.is_dir():
        return [path]
    found = [file for file in path.rglob("*.json") if file.name != SCHEMA and not file.is_dir()]
    if not found:
        raise VectorFileError(f"{path}: the folder contains no vector file (*.json)")
    return sort_files(found, VectorFileError)


def expand_paths(paths: Iterable[Path]) -> list[Path]:
    """Return the vector files at all paths, each a file or a folder."""
    return [file for path in paths for file in vector_files(path)]


def open_valid(paths: Iterable[Path]) -> list[Document]:
    """Read the vector files at all paths. Raises `VectorFileError` if one has a problem."""
    documents = [open_document(file) for file in expand_paths(paths)]
    for document in documents:
        if document.problems:
            raise VectorFileError(f"{document.path}: {document.problems[0]}")
    return documents


def with_unique_ids(documents: Sequence[Document]) -> Sequence[Document]:
    """Return the documents. Raises `VectorFileError` if two test vectors share an id."""
    require_unique_ids(
        (document.path, entry["id"]) for document in documents for entry in document.entries
    )
    return documents


def _id(name: str) -> str:
    letters = normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", letters).strip("-") or "vector"
