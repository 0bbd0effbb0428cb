"""docs/evidence/libraries.md: what it says of each library is what a check of it says today."""

import importlib.util
import re
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from checkout import ROOT
from frameworks import BREAK_W7

from backproof.diagnosis.search import add_diagnosis
from backproof.errors import Unavailable
from backproof.judging.checking import check
from backproof.judging.results import Run
from backproof.vectors.vectors import built_in_files, select

FOLDER = ROOT / "examples" / "libraries"
PAGE = (ROOT / "docs" / "evidence" / "libraries.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
SECTIONS = dict(zip(HEADINGS, re.split(r"^## .+$", PAGE, flags=re.MULTILINE)[1:], strict=True))
REFERENCE = ROOT / "implementations" / "plain_python.py"


def load_verdicts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verdicts", FOLDER / "verdicts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERDICTS = load_verdicts()


def check_file(path: Path, *names: str) -> Sequence[Run]:
    """Check a backend on some of the test vectors; the runs are diagnosed."""
    chosen = select(built_in_files(), names)
    return check([str(path)], chosen, on_run_done=add_diagnosis).runs


@pytest.fixture(scope="module")
def right() -> Sequence[Run]:
    return check_file(REFERENCE, "tutorial")


@pytest.mark.parametrize("heading", VERDICTS.PORTS)
def test_a_library_is_told_what_the_page_says(heading: str) -> None:
    try:
        runs = VERDICTS.run_port(heading)
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert VERDICTS.rows(heading, runs) == [
        line for line in PAGE.splitlines() if line.startswith(f"| [{heading}](")
    ]
    assert VERDICTS.block(runs) in SECTIONS[heading]


@pytest.mark.parametrize(
    ("heading", "what"),
    [
        ("HIPS autograd", "float64: no response is wrong"),
        (
            "HIPS autograd, the sigmoid written out",
            "slope-by-reciprocal: The derivative of the sigmoid",
        ),
        ("micrograd", "float64: no response is wrong\n  varies: some responses"),
        ("scikit-learn", "Solver produced non-finite parameter weights."),
        ("tinygrad", "h1 and h2 are always correct."),
        ("Keras", "Every wrong number among E1 and E2 is a float32 number"),
        ("brain.js", "float32: no response is wrong"),
        ("synaptic", "output-slope-missing: "),
        ("synaptic", "hidden-delta-uses-updated-weights: "),
    ],
)
def test_the_reader_finds_what_is_wrong_with_each(heading: str, what: str) -> None:
    _, shown, *_ = SECTIONS[heading].split("```")
    assert what in shown


def test_every_port_in_the_folder_is_on_the_page() -> None:
    specs = {path.name for suffix in ("*_port.py", "*.toml") for path in FOLDER.glob(suffix)}
    assert specs == set(VERDICTS.PORTS.values())
    assert list(VERDICTS.PORTS) == HEADINGS


def test_the_environment_of_the_libraries_requires_every_port() -> None:
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    _, _, settings = tox.partition("[testenv:libraries]")
    [required] = re.findall(r"BACKPROOF_REQUIRE = plain-python,(.+)", settings)
    assert required.split(",") == [f"examples/libraries/{s}" for s in VERDICTS.PORTS.values()]


def test_versions_on_the_page_are_those_installed() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").replace("==", " ")
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8").replace("@", " ")
    names = {"HIPS autograd": "autograd", "HIPS autograd, the sigmoid written out": "autograd"}
    for heading in HEADINGS:
        row = rf"^\| \[{re.escape(heading)}\]\(\S+\) \| (\S+?),? "
        [version, *_] = re.findall(row, PAGE, re.MULTILINE)
        assert f"{names.get(heading, heading).lower()} {version}" in f"{pins} {tox}"


def test_a_backend_without_mistakes_has_no_wrong_response(right: Sequence[Run]) -> None:
    assert VERDICTS.block(right) == "```text\nfloat64: no response is wrong\n```"
    [row] = VERDICTS.rows("A.js, twice", right)
    assert row.startswith("| [A.js, twice](#ajs-twice) | ")
    assert row.endswith(" | float64 | 26 | 0 | 0 | pass |")


def test_a_backend_with_a_mistake_is_told_its_name(tmp_path: Path) -> None:
    written, broken = BREAK_W7[REFERENCE.name]
    path = tmp_path / REFERENCE.name
    source = REFERENCE.read_text(encoding="utf-8")
    path.write_text(source.replace(written, broken), encoding="utf-8")
    told = VERDICTS.block(check_file(path, "tutorial"))
    assert "First wrong value: ∂E/∂w7" in told
    assert "no response is wrong" not in told


def test_a_text_is_put_between_its_marks_and_nowhere_else() -> None:
    page = "a\n<!-- b -->\nold\n<!-- end -->\nc\n<!-- d -->\n<!-- end -->\n"
    put = VERDICTS.between("b", "new", page)
    assert put == "a\n<!-- b -->\n\nnew\n\n<!-- end -->\nc\n<!-- d -->\n<!-- end -->\n"
    with pytest.raises(AssertionError, match="0 places marked <!-- e -->"):
        VERDICTS.between("e", "new", page)
