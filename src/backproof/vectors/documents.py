"""A vector file before anything is computed: header, calculations, what is wrong with them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unicodedata import normalize

from backproof.errors import VectorFileError
from backproof.text.canonical_json import content_hash
from backproof.vectors.entries import Entry, calculations
from backproof.vectors.json_file import read
from backproof.vectors.problems import SCHEMA, contradictions, misfits


@dataclass(frozen=True)
class Document:
    """What a vector file says."""

    path: Path
    header: Mapping[str, Any]  # title, source, version, notes, sha256
    entries: tuple[Entry, ...]  # one calculation each, with `id` and `op`
    sha256: str  # of all that it says, itself excepted
    problems: tuple[str, ...]  # with its form or its sense; where there are any, do not use it

    @property
    def altered(self) -> str | None:
        """A sentence, if the file is not what its own content hash says."""
        claimed = self.header.get("sha256", self.sha256)
        if claimed == self.sha256:
            return None
        return (
            f"its content hash is {self.sha256}, but it says {claimed}: it was changed after it "
            "was made. Make it again, or remove the line `sha256`."
        )


def open_document(path: Path, *, trusted: bool = False) -> Document:
    """Read a vector file, and look for problems in it.

    In one that is `trusted` and unaltered there are none, and to look would take far longer than
    all the rest. Raises `VectorFileError` if the file cannot be read as JSON.
    """
    data = read(path)
    if "vectors" not in data:  # a vector alone
        data = {"vectors": [data]}
    header = {key: value for key, value in data.items() if key != "vectors"}
    try:
        sha256 = content_hash({key: value for key, value in data.items() if key != "sha256"})
        sound = trusted and header.get("sha256") == sha256
        problems = () if sound else tuple(misfits(data))
    except RecursionError as error:
        raise VectorFileError(f"{path}: is nested too deeply") from error
    if problems:
        return Document(path, header, (), sha256, problems)
    entries = tuple(calculations(data["vectors"], _id(path.stem)))
    if not sound:
        problems = tuple(contradictions(data, entries))
    return Document(path, header, entries, sha256, problems)


def require_own_ids(ids: Iterable[tuple[Path, str]]) -> None:
    """Raise `VectorFileError` if two vectors share an id; each comes with the path of its file."""
    owner: dict[str, Path] = {}
    for path, name in ids:
        if name in owner:
            raise VectorFileError(f"{path}: vector {name!r}: {owner[name]} has this id, too")
        owner[name] = path


def vector_files(path: Path) -> list[Path]:
    """Return the file, or every vector file in the folder, that a path names."""
    if not path.is_dir():
        return [path]
    found = [file for file in path.rglob("*.json") if file.name != SCHEMA and not file.is_dir()]
    if not found:
        raise VectorFileError(f"{path}: this folder holds no vector file (*.json)")
    return sorted(found)


def found_files(paths: Iterable[Path]) -> list[Path]:
    """Return the files, and every vector file in the folders, that paths name."""
    return [file for path in paths for file in vector_files(path)]


def valid_documents(paths: Iterable[Path]) -> list[Document]:
    """Read the vector files that paths name. Raises `VectorFileError` if one has a problem."""
    documents = [open_document(file) for file in found_files(paths)]
    for document in documents:
        if document.problems:
            raise VectorFileError(f"{document.path}: {document.problems[0]}")
    return documents


def with_own_ids(documents: Sequence[Document]) -> Sequence[Document]:
    """Return the documents. Raises `VectorFileError` if two vectors share an id."""
    require_own_ids(
        (document.path, entry["id"]) for document in documents for entry in document.entries
    )
    return documents


def _id(name: str) -> str:
    letters = normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "-", letters).strip("-") or "vector"
