"""Find the command that starts a backend's process: from a `port.toml`, or `serve` for Python."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from backproof.errors import SpecError, Unavailable
from backproof.ports.process import ProcessTree, describe_exit
from backproof.ports.response_problems import sanitize
from backproof.ports.responses import StartFailure
from backproof.ports.specs import MANIFEST_SUFFIX, spec_file, verify_spec
from backproof.text.english import suggest
from backproof.text.reading import read_toml
from backproof.text.unprintable import printable

NO_BACKEND = "backproof names no backend: "  # written by `serve`
BUILD_PLACEHOLDER = "{build}"  # placeholder in a command for the build folder
MANIFEST_KEYS = {
    "name": "a string, the backend's name in reports",
    "run": "a list of strings, the command that starts the backend",
    "build": "a list of strings, the command that builds the backend",
    "probe": "a list of strings, a command that fails if a requirement is missing",
    "needs": "a string, what must be installed, and how",
}
REQUIRED = ("name", "run")
MAX_MANIFEST_BYTES = 2**16  # bytes of a manifest
PROBE_TIMEOUT = 10.0  # seconds allowed for a probe
TAIL_BYTES = 2000  # bytes shown of a failed command's output
NAMES_SHOWN = 10  # files shown of those that a build left


@dataclass(frozen=True)
class Launch:
    """How to start a backend's process."""

    name: str  # until the backend reports its own
    run: Sequence[str]
    folder: Path | None = None  # working directory of the commands
    build: Sequence[str] = ()
    needs: str = ""
    no_backend: str = ""  # on standard error, precedes why the spec names none

    def fill_build_folder(self, command: Sequence[str], built: Path) -> list[str]:
        """Fill in the build folder."""
        return [word.replace(BUILD_PLACEHOLDER, str(built)) for word in command]

    def with_install_hint(self, reason: str) -> str:
        """Describe what is missing, and how to install it."""
        return f"{reason}; it needs {self.needs}" if self.needs else reason


def find_launch(spec: str, device: str) -> Launch:
    """Return how to start the backend that `spec` names.

    Raises `SpecError` if `spec` names no backend, and `Unavailable` if a requirement is not
    installed.
    """
    verify_spec(spec)
    path = spec_file(spec)
    if path is not None and path.suffix == MANIFEST_SUFFIX:
        if device != "cpu":
            raise SpecError(
                f"{spec}: does not support the device {device!r}: a port.toml supports only cpu"
            )
        return _by_manifest(path)
    serve = [sys.executable, "-P", "-m", "backproof.ports.serve", f"--device={device}", "--", spec]
    return Launch(spec, serve, no_backend=NO_BACKEND)


def build(
    launch: Launch,
    folder: Path,
    seconds: float,
    on_start: Callable[[ProcessTree], None] = lambda _: None,
) -> None:
    """Run the build command, if there is one, with `folder` as the build folder.

    `on_start` receives the running command, so that another thread can end it. Raises
    `StartFailure` if the build fails or times out.
    """
    if not launch.build:
        return
    try:
        status, told = _run(
            launch.fill_build_folder(launch.build, folder), launch.folder, seconds, on_start
        )
    except OSError as error:
        raise StartFailure("error", f"the build failed: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise StartFailure("timeout", f"the build did not finish within {seconds:g} s") from error
    if status:
        told = told or f"it {describe_exit(status)} and wrote nothing"
        raise StartFailure("error", f"the build failed: {told}")


def describe_build_folder(program: Path, folder: Path) -> str:
    """List what the build left where `program` was expected, if it is not there."""
    try:
        if program.exists():
            return ""
        place = next(parent for parent in program.parents if parent == folder or parent.is_dir())
        names = sorted(path.name for path in place.iterdir() if not path.name.startswith("."))
    except OSError as error:  # the build has made something else of the folder
        return f"{BUILD_PLACEHOLDER} cannot be read: {error.strerror}"
    if not names:
        return f"nothing was built in {BUILD_PLACEHOLDER}"
    some = printable(", ".join(names[:NAMES_SHOWN]))
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return (
        f"the build left {some}{more} in {BUILD_PLACEHOLDER}{str(place).removeprefix(str(folder))}"
    )


def _run(
    command: Sequence[str],
    folder: Path | None,
    seconds: float,
    on_start: Callable[[ProcessTree], None] = lambda _: None,
) -> tuple[int, str]:
    """Run a command, end all its processes, and return its exit status and the end of its output.

    The output goes to files, because a pipe stays open while any descendant still runs.
    """
    with TemporaryFile() as out, TemporaryFile() as err:
        family = ProcessTree(command, folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            on_start(family)
            status = family.parent.wait(seconds)
        finally:
            family.kill_all()
        return status, _tail(err) or _tail(out)


def _tail(file: IO[bytes]) -> str:
    file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
    return printable(file.read().decode(errors="replace").strip(), keep="\n\t")


def _by_manifest(path: Path) -> Launch:
    found = _manifest(path)
    launch = Launch(
        name=sanitize(found["name"]),
        run=found["run"],
        folder=path.resolve().parent,
        build=found.get("build", ()),
        needs=sanitize(found.get("needs", "")),
    )
    commands = [found[key] for key in ("probe", "build", "run") if key in found]
    for program in (command[0] for command in commands):
        if not re.search(r"[{/\\]", program) and shutil.which(program) is None:
            raise Unavailable(launch.with_install_hint(f"{sanitize(program)} is not installed"))
    if "probe" in found and (problem := _probe_problem(found["probe"], launch.folder)):
        raise Unavailable(
            launch.with_install_hint(f"`{sanitize(' '.join(found['probe']))}` {problem}")
        )
    return launch


def _probe_problem(probe: Sequence[str], folder: Path | None) -> str:
    """Say how a probe fails; return "" if it succeeds."""
    try:
        status, _ = _run(probe, folder, PROBE_TIMEOUT)
    except subprocess.TimeoutExpired:
        return f"did not finish within {PROBE_TIMEOUT:g} s"
    except OSError:
        return "fails"
    return "fails" if status else ""


def _manifest(path: Path) -> dict[str, Any]:
    """Read a `port.toml`. Raises `SpecError`, naming the file and the key."""
    found = read_toml(path, MAX_MANIFEST_BYTES, SpecError)
    for key, value in found.items():
        if key not in MANIFEST_KEYS:
            raise SpecError(
                f"{path}: has the unknown key {sanitize(key)}: {suggest(key, MANIFEST_KEYS)}"
            )
        if not (
            _is_text(value) if MANIFEST_KEYS[key].startswith("a string") else _is_command(value)
        ):
            raise SpecError(f"{path}: {key} must be {MANIFEST_KEYS[key]}, not {value!r}")
        if "\0" in "".join(value):
            raise SpecError(f"{path}: {key} contains a NUL character, which no command may")
    for key in REQUIRED:
        if key not in found:
            raise SpecError(f"{path}: lacks {key}, {MANIFEST_KEYS[key]}")
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_command(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))
