"""`backproof new`: new ports speak the protocol, fail for their values, and need nothing else."""

import json
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import Command
from shell import Said, Shell
from tampering import Edit, edited

from backproof.errors import Unavailable
from backproof.ports.launching import find_launch
from backproof.ports.scaffold import TEMPLATES
from backproof.ports.specs import BUILT_IN
from backproof.text.resources import resource_folder
from backproof.vectors.vectors import Vector, VectorFile

NAME = "my-2nd-port"

posix = pytest.mark.skipif(os.name == "nt", reason="types commands into a POSIX shell")


@dataclass(frozen=True)
class Written:
    """A new port, and the output of `backproof new`."""

    language: str
    folder: Path
    said: str
    shell: Shell

    def run(self, kind: str, *options: str) -> Said:
        """Run the suggested command that matches `kind`."""
        after = self.said.partition("Next:\n")[2].splitlines()
        (command,) = (line.strip() for line in after if re.match(rf"  {kind}", line))
        return self.shell.run(" ".join([command, *options]))

    @property
    def to_fill_in(self) -> Path:
        """The file to complete."""
        main_file = TEMPLATES[self.language].main_file
        return self.folder / main_file.replace("port_name", "my_2nd_port")

    def fill_in(self) -> None:
        """Complete the port with the network of a reference implementation."""
        template, to_fill_in = TEMPLATES[self.language], self.to_fill_in
        if to_fill_in.suffix == ".py":
            (simplest,) = (b.file for b in BUILT_IN.values() if b.is_python and not b.framework)
            text = (resource_folder("implementations") / simplest).read_text(encoding="utf-8")
            text = re.sub(r"^class \w+\(", "class Port(", text, flags=re.MULTILINE)
        else:
            network = resource_folder("implementations") / self.language / template.main_file
            text = network.read_text(encoding="utf-8")
        to_fill_in.write_text(text, encoding="utf-8")


# Templates in other languages depend on their own tools, not on the version of Python.
EVERY_TEMPLATE = [
    pytest.param(name, marks=() if name.startswith("python") else pytest.mark.proof)
    for name in TEMPLATES
]


@pytest.fixture(params=EVERY_TEMPLATE)
def port(request: pytest.FixtureRequest, backproof: Command, tmp_path: Path) -> Written:
    """A new port in each language whose tools are installed."""
    shell = Shell(tmp_path, tmp_path / "installed")
    folder = tmp_path / "a port"
    done = backproof("new", request.param, folder, "--name", NAME)
    assert (done.status, done.err) == (0, "")
    if (folder / "port.toml").is_file():
        try:
            find_launch(str(folder / "port.toml"), "cpu")
        except Unavailable as reason:
            pytest.skip(str(reason))
    return Written(request.param, folder, done.out, shell)


@posix
def test_what_is_written_runs_at_once_fails_by_its_numbers_and_conforms_when_filled_in(
    port: Written,
) -> None:
    if "Next:\n  pip" in port.said:
        assert port.run("pip install -e ").status == 0
    else:
        assert "0.4176 " in port.run("backproof vectors show ").text

    smoke = port.run("backproof check --smoke ")
    assert smoke.status == 0, smoke
    assert f"ok: hello and echo: {NAME}, " in smoke.text
    assert "not ok" not in smoke.text

    fails = port.run("backproof check [^-]", "--json report.json")
    report = json.loads((port.shell.folder / "report.json").read_text(encoding="utf-8"))
    assert fails.status == 1
    assert {(run["backend"], run["outcome"]) for run in report["runs"]} == {(NAME, "fail")}
    for run in report["runs"]:
        first = run["first_wrong"]
        assert (first["vector"], first["quantity"]) == ("tutorial/row-1/forward", "h[0][0]")

    port.fill_in()
    conforms = port.run("backproof check [^-]")
    assert conforms.status == 0, conforms


@posix
@pytest.mark.parametrize("port", [name for name in TEMPLATES if name != "python"], indirect=True)
def test_its_readme_says_what_happens(port: Written, one_row: Path) -> None:
    readme = (port.folder / "README.md").read_text(encoding="utf-8")
    for line in "".join(re.findall(r"(?ms)^```sh\n(.*?)^```$", readme)).splitlines():
        fails = "not until you fill it in" in line or line.startswith("pytest")
        quickly = f" --vectors {one_row} #" if re.match("backproof check [^-]", line) else " #"
        done = port.shell.run(line.replace(" #", quickly), port.folder)
        assert (line, done.status) == (line, int(fails)), done.text
        if line.startswith("echo"):
            zeros = {name: [[0, 0]] for name in ("h", "out_h", "y", "out_y")}
            assert json.loads(done.text) == {"id": 1, "ok": zeros}


@dataclass(frozen=True)
class Lack:
    """How the template of a language says that something is unsupported, done in its network."""

    field: str  # what the template tells its reader to write for h of the forward pass, …
    field_edits: tuple[Edit, ...]  # … and where it goes
    request: str  # what it tells them for a training run in batches of several rows, …
    before: str  # … what it goes before, …
    inserted: str  # … and what goes there
    misspelt: Edit  # a field that does not exist, instead of h
    complaint: str

    @property
    def edits(self) -> list[Edit]:
        return [*self.field_edits, (self.before, self.inserted + self.before)]


PYTHON = Lack(
    field="`h=UNSUPPORTED`",
    field_edits=(
        ("from backproof import Backend", "from backproof import UNSUPPORTED, Backend"),
        ("Forward(h, out_h, y, out_y)", "Forward(h=UNSUPPORTED, out_h=out_h, y=y, out_y=out_y)"),
    ),
    request="raise\n`NotImplementedError`",
    before="        W1, W2 = [[*row] for",
    inserted="        if min(batch_size, len(X)) > 1: raise NotImplementedError('train')\n",
    misspelt=("h=UNSUPPORTED", "hh=UNSUPPORTED"),
    complaint="forward raised TypeError",
)
LACKS = {
    "python": PYTHON,
    "python-package": PYTHON,
    "javascript": Lack(
        field="`h: null`",
        field_edits=(("return { h, out_h,", "return { h: null, out_h,"),),
        request="return null instead of the\n * result",
        before="  let { W1, b1, W2, b2 } = params;",
        inserted="  if (Math.min(batch_size, X.length) > 1) return null;\n",
        misspelt=("{ h: null, out_h,", "{ hh: null, out_h,"),
        complaint="ok lacks h",
    ),
    "c": Lack(
        field='unsupported("forward.h")',
        field_edits=(("    OF(Forward) f;\n", '    OF(Forward) f; unsupported("forward.h");\n'),),
        request='unsupported("train")',
        before="    for (size_t epoch = 0;",
        inserted='    if (n > 1 && batch_size > 1) unsupported("train");\n',
        misspelt=('"forward.h"', '"forward.hh"'),
        complaint="network.h marks an unknown field as unsupported",
    ),
    "go": Lack(
        field='unsupported("forward.h")',
        field_edits=(("\ta.H, a.OutH =", '\tunsupported("forward.h")\n\ta.H, a.OutH ='),),
        request='unsupported("train")',
        before="\tfor epoch := 0;",
        inserted='\tif len(X) > 1 && batchSize > 1 { unsupported("train") }\n',
        misspelt=('"forward.h"', '"forward.hh"'),
        complaint='unsupported("forward.hh"): forward has no such field',
    ),
}


def test_every_template_says_how_to_leave_something_out() -> None:
    assert LACKS.keys() == TEMPLATES.keys()


@posix
def test_what_its_template_says_is_unsupported_is_counted_and_the_rest_is_right(
    port: Written, tutorial: VectorFile
) -> None:
    lack, network = LACKS[port.language], port.to_fill_in
    told = network.read_text(encoding="utf-8")
    assert lack.field in told
    assert lack.request in told
    if "Next:\n  pip" in port.said:
        assert port.run("pip install -e ").status == 0
    port.fill_in()
    edited(network, network, lack.edits)

    options = ("--dtype", "float64", "--only", "tutorial", "--json", "report.json")
    found = port.run("backproof check [^-]", *options)
    assert found.status == 1
    report = json.loads((port.shell.folder / "report.json").read_text(encoding="utf-8"))
    (run,) = report["runs"]
    lacking = {v.id: _lacking(v) for v in tutorial.vectors}
    assert {r["vector"]: r["unsupported"] for r in run["results"]} == lacking
    assert {r["vector"]: r["outcome"] for r in run["results"]} == {
        name: "unsupported" if fields else "pass" for name, fields in lacking.items()
    }
    assert (
        "  Conforms in what it supports. Unsupported: 5 of 14 quantities: params.W1, " in found.text
    )
    assert "; h in 2 test vectors.\n" in found.text
    row = next(line.split() for line in found.text.splitlines() if line.startswith(run["backend"]))
    unsupported = sum(bool(fields) for fields in lacking.values())
    assert row[-7:-5] == ["0", str(unsupported)]  # failed, unsupported

    edited(network, network, [lack.misspelt])
    found = port.run("backproof check [^-]", "--dtype", "float64", "--only", "tutorial/row-1")
    assert lack.complaint in found.text
    assert "0 of 1 runs conform · " in found.text


def _lacking(vector: Vector) -> list[str]:
    """Return the fields that a port without h and without batches of several rows leaves out."""
    if vector.op == "forward":
        return ["h"]
    schedule = vector.inputs.schedule
    if schedule and min(schedule.batch_size, len(vector.inputs.X)) > 1:
        return ["params.W1", "params.b1", "params.W2", "params.b2"]
    return []


def test_no_placeholder_is_left(port: Written) -> None:
    for path in port.folder.rglob("*"):
        assert not re.search("port.name", str(path.relative_to(port.folder)))
        if path.is_file():
            assert not re.search("port.name", path.read_text(encoding="utf-8")), path


def test_what_is_to_be_filled_in_says_todo(port: Written) -> None:
    (path,) = (path for path in port.folder.rglob("*") if path.is_file() and _to_do(path) > 1)
    assert f"Fill in {path}.\n" in port.said
    assert _to_do(path) == 4


def _to_do(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("TODO: ")


def test_without_a_name_it_is_that_of_the_folder(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    done = backproof("new", "python", ".")
    assert done.out.startswith("Wrote mine into .: port.py.\n")
    assert 'name = "mine"' in Path("port.py").read_text(encoding="utf-8")


def test_a_folder_that_needs_quotes_gets_them(backproof: Command, tmp_path: Path) -> None:
    spec = str(tmp_path / "it's mine" / "port.py")
    done = backproof("new", "python", tmp_path / "it's mine", "--name", "mine")
    assert shlex.split(done.out.splitlines()[-2])[-1] == spec


def test_help_names_every_language(backproof: Command) -> None:
    listed = backproof("new", "--help").out.partition("LANGUAGE is ")[2].partition(".")[0]
    assert re.split(r",\s|\sor\s", listed) == list(TEMPLATES)


LANGUAGES = {
    "one that is misspelt": (
        "pyhton",
        "Did you mean 'python'? Templates: python, python-package, ",
    ),
    "one that is unknown": ("abacus", "abacus: no template for this language. Templates: python, "),
}


@pytest.mark.parametrize(("language", "message"), LANGUAGES.values(), ids=LANGUAGES)
def test_a_language_without_template_is_answered_with_those_that_have_one(
    language: str, message: str, backproof: Command, tmp_path: Path
) -> None:
    done = backproof("new", language, tmp_path / "mine")
    assert (done.status, done.out) == (2, "")
    assert message in done.err
    assert 'see "In another language" in docs/guides/porting.md.\n' in done.err
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    "name", ["Mine", "my_port", "my port", "-mine", "mine-", "a--b", 'x"', "ä", "../up", "x.py"]
)
def test_a_name_that_could_not_stand_everywhere_is_refused(
    name: str, backproof: Command, tmp_path: Path
) -> None:
    done = backproof("new", "python-package", tmp_path / "mine", f"--name={name}")
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"Error: {name!r} is not a valid name: use lower-case")
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_name_of_a_built_in_backend_is_refused(
    name: str, backproof: Command, tmp_path: Path
) -> None:
    done = backproof("new", "python", tmp_path / name)
    assert done.status == 2
    assert done.err.startswith(f"Error: {name!r} is the name of a built-in backend. Choose ")


PLACES = {
    "a folder that is not empty": ("full", "is not empty; choose a new or empty folder"),
    "a file": ("full/note", "is a file; choose a new or empty folder"),
    "a folder in none": ("none/mine", "cannot be written: No such file or directory"),
    "a folder in a file": ("full/note/mine", "cannot be written: Not a directory"),
}


@pytest.mark.parametrize(("place", "message"), PLACES.values(), ids=PLACES)
def test_it_is_not_written_into(
    place: str, message: str, backproof: Command, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note").write_text("keep", encoding="utf-8")
    done = backproof("new", "go", tmp_path / place, "--name", "mine")
    assert (done.status, done.out) == (2, "")
    assert done.err == f"Error: {tmp_path / place}: {message}\n"
    assert [path.name for path in sorted(tmp_path.rglob("*"))] == ["full", "note"]
    assert (tmp_path / "full" / "note").read_text(encoding="utf-8") == "keep"


@pytest.mark.parametrize("exists", [False, True], ids=["new", "empty"])
@pytest.mark.parametrize(
    ("ends", "status"),
    [(OSError(28, "No space left on device"), 2), (KeyboardInterrupt(), 130)],
    ids=["a full disk", "Ctrl-C"],
)
def test_half_a_port_is_never_left(
    exists: bool,
    ends: BaseException,
    status: int,
    backproof: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "mine"
    if exists:
        folder.mkdir()
    write_text = Path.write_text

    def write_all_but_the_last(path: Path, *arguments: str, **options: Any) -> int:
        if path.name == "wire.go":
            raise ends
        return write_text(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", write_all_but_the_last)
    done = backproof("new", "go", folder)
    assert done.status == status
    assert [path.name for path in tmp_path.rglob("*")] == (["mine"] if exists else [])
