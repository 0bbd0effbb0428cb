"""Generate the fixture files from the modules in `vectors.fixtures`.

Every expected value comes from `backproof.truth.certified`, none from an implementation.
"""

from itertools import zip_longest
from pathlib import Path
from typing import Any

from backproof.network.float_formats import FORMATS
from backproof.network.inputs import Op
from backproof.text.canonical_json import content_hash, dump_canonical
from backproof.truth.certified import publishable_values
from backproof.vectors.fixtures import hard, long, random, tutorial
from backproof.vectors.vectors import expected_for_entry, parse_inputs

VERSION = "1.0.0"  # of the test vectors, by the policy in docs/reference/vectors.md

FIXTURE_MODULES: dict[str, tuple[str, Any]] = {
    "tutorial.json": ("The tutorial", tutorial),
    "hard.json": ("Hard vectors", hard),
    "random.json": ("Random nets", random),
    "long.json": ("Long training", long),
}


def generate_fixture(name: str) -> str:
    """Generate the text of the fixture file with this name."""
    title, chapter = FIXTURE_MODULES[name]
    content = {
        "version": VERSION,
        "title": title,
        "source": chapter.SOURCE,
        "notes": chapter.NOTES,
        "vectors": [_with_answers(vector) for vector in chapter.vectors()],
    }
    return dump_canonical({"sha256": content_hash(content)} | content) + "\n"


def _with_answers(vector: dict[str, Any]) -> dict[str, Any]:
    """Add the reference value of each published number and the expected values in each dtype."""
    inputs = parse_inputs(vector["inputs"])
    op: Op = vector["op"]
    complete = {key: value for key, value in vector.items() if key != "dtypes"}
    if "printed" in vector:
        true_values = publishable_values(op, inputs)
        complete["printed"] = [
            entry | {"value": str(true_values[entry["quantity"]])} for entry in vector["printed"]
        ]
    complete["expected"] = {
        dtype: {
            path: {"value": str(number.value), "bound": str(number.bound)}
            for path, number in expected_for_entry(vector, dtype).items()
        }
        for dtype in vector.get("dtypes", FORMATS)
    }
    return complete


def first_difference(path: Path, text: str) -> str | None:
    """Return a sentence about the first line where a fixture differs from the generated text."""
    if not path.is_file():
        return f"{path}: missing"
    held = path.read_bytes().decode(errors="replace").splitlines(keepends=True)
    made = text.splitlines(keepends=True)
    for line, (old, new) in enumerate(zip_longest(held, made, fillvalue=""), start=1):
        if old != new:
            return f"{path}:{line}: contains {old.strip()!r}, generated {new.strip()!r}"
    return None
