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

from backproof.errors import Unavailable
from backproof.ports.launching import find_launch
from backproof.ports.scaffold import TEMPLATES
from backproof.ports.specs import BUILT_IN
from backproof.text.resources import resource_folder

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

    def fill_in(self) -> None:
        """Complete the port with the network of a reference implementation."""
        template = TEMPLATES[self.language]
        to_fill_in = self.folder / template.main_file.replace("port_name", "my_2nd_port")
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
    "name", ["Mine", "my_port", "my port", "-mine", "mine-", "a--b", "", 'x"', "ä", "../up", "x.py"]
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
