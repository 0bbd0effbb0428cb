"""Whatever a build makes of its folder is removed, and costs no other backend its results."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Finished

from backproof.ports.build_folder import BuildFolder

HOME = "sys.argv[2]"  # a folder of the user's


def attempt(code: str, said: str, kind: str, answer: str) -> Any:
    mark = pytest.mark.hostile("A build", kind, answer)
    return pytest.param(code, said, marks=mark, id=kind)


NOT_BUILT = "cannot be run: No such file or directory; nothing was built in {build}"
GONE = "`error`, and nothing is left"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        attempt(
            f"os.rmdir(build); os.symlink({HOME}, build)",
            "No such file or directory; the build left mine in {build}",
            "that replaces its folder by a link to a folder of the user's",
            "`error`; the link is removed, and what it points to is left alone",
        ),
        attempt(
            f"os.symlink({HOME}, build + '/home'); os.symlink({HOME} + '/mine', build + '/file')",
            "No such file or directory; the build left file, home in {build}",
            "that leaves links to a folder and a file of the user's",
            "`error`; the links are removed, and what they point to is left alone",
        ),
        attempt(
            "os.rmdir(build); os.symlink(build, build)",
            "cannot be run: Too many levels of symbolic links; {build} cannot be read: Too many",
            "that replaces its folder by a link to itself",
            GONE,
        ),
        attempt(
            "os.rmdir(build); open(build, 'w').close()",
            "cannot be run: Not a directory; {build} cannot be read: Not a directory",
            "that replaces its folder by a file",
            GONE,
        ),
        attempt("os.rmdir(build)", "{build} cannot be read: No such", "that removes it", GONE),
        attempt(
            "shutil.rmtree(os.path.dirname(build))",
            "{build} cannot be read: No such",
            "that removes the temporary folder around it, too",
            GONE,
        ),
        attempt(
            "for _ in range(3000): os.mkdir('d'); os.chdir('d')",
            "the build left d in {build}",
            "that leaves 3,000 nested folders",
            GONE,
        ),
        attempt(
            "for _ in range(100): os.mkdir('d' * 255); os.chdir('d' * 255)",
            "No such file or directory; the build left ddd",
            "that leaves folders nested to a path of 25,600 characters",
            GONE,
        ),
        attempt(
            "os.makedirs('a/b'); open('a/b/c', 'w').close(); os.chmod('a/b', 0); os.chmod('a', 0)",
            "the build left a in {build}",
            "that leaves folders that nobody may enter",
            GONE,
        ),
        attempt(
            "os.chmod(build, 0); os.chmod(os.path.dirname(build), 0o500)",
            "port cannot be run: ",
            "that takes away the rights to its folder",
            GONE,
        ),
        attempt(
            "os.mkfifo('port'); os.chmod('port', 0o700)",
            "port cannot be run: Permission denied",
            "that leaves a FIFO where the program should be",
            GONE,
        ),
        attempt(
            "socket.socket(socket.AF_UNIX).bind('socket'); open(b'\\xff\\x1b[31m', 'w').close()",
            "the build left socket, \\udcff\\x1b[31m in {build}",
            "that leaves a socket, and a file whose name is no text",
            f"{GONE}; the name is escaped",
        ),
        attempt(
            "[open(str(n), 'w').close() for n in range(20_000)]",
            "and 19990 more in {build}",
            "that leaves 20,000 files",
            GONE,
        ),
    ],
)
def test_the_other_backends_are_checked(
    backproof: Callable[..., Finished],
    one_row: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    said: str,
) -> None:
    home, temporary, report = tmp_path / "home", tmp_path / "tmp", tmp_path / "report.json"
    home.mkdir()
    temporary.mkdir()
    (home / "mine").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    program = f"import os, shutil, socket, sys; build = sys.argv[1]; os.chdir(build)\n{code}"
    build = [sys.executable, "-I", "-S", "-c", program, "{build}", str(home)]
    spec = tmp_path / "port.toml"
    spec.write_text(
        f"name = 'hostile'\nbuild = {json.dumps(build)}\nrun = ['{{build}}/port']\n",
        encoding="utf-8",
    )
    done = backproof("check", spec, "plain-python", "--vectors", one_row, "--json", report)
    assert done.status == 1
    hostile, *right = json.loads(report.read_text(encoding="utf-8"))["runs"]
    assert {run["outcome"] for run in right} == {"pass"}
    assert hostile["outcome"] == "error"
    assert said in hostile["message"]
    assert hostile["notes"] == []
    assert (home / "mine").read_text(encoding="utf-8") == "mine"
    assert list(temporary.iterdir()) == []


# In name spaces of users and of mounts that end with it, a folder is mounted on another.
UNSHARE = ["unshare", "--map-root-user", "--mount"]
MAY_MOUNT = shutil.which("unshare") and subprocess.call([*UNSHARE, "true"]) == 0
MOUNT = """\
import subprocess, sys, tempfile
from pathlib import Path
from backproof.ports.build_folder import BuildFolder
tempfile.tempdir, home = sys.argv[1:3]
folder = BuildFolder()
place = Path(folder.path, *sys.argv[3:])
place.mkdir(parents=True, exist_ok=True)
subprocess.run(["mount", "--bind", home, place], check=True)
print(folder.remove())
"""


@pytest.mark.skipif(not MAY_MOUNT, reason="nothing may be mounted here")
@pytest.mark.parametrize(
    "within",
    [
        pytest.param(
            [],
            marks=pytest.mark.hostile(
                "A build",
                "that mounts a folder of the user's on its own",
                "a note that it is left; nothing in it is touched",
            ),
            id="on itself",
        ),
        pytest.param(
            ["a", "b"],
            marks=pytest.mark.hostile(
                "A build",
                "that mounts a folder of the user's deep in its own",
                "a note that it is left; nothing in it is touched",
            ),
            id="deep in it",
        ),
    ],
)
def test_what_is_mounted_is_left_alone(tmp_path: Path, within: list[str]) -> None:
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    (home / "folder").mkdir(parents=True)
    (home / "folder" / "mine").touch()
    temporary.mkdir()
    command = [*UNSHARE, sys.executable, "-c", MOUNT, str(temporary), str(home), *within]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("its build folder is left: ")
    assert done.stdout.endswith(": Device or resource busy\n")
    assert (home / "folder" / "mine").exists()


def test_another_folder_in_its_place_is_not_emptied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = BuildFolder()
    own = folder.path.parent
    own.rename(tmp_path / "moved")
    (own / "build").mkdir(parents=True)
    (own / "build" / "mine").touch()
    assert folder.remove() == f"its build folder is left, as there is another one at {own}"
    assert (own / "build" / "mine").exists()
