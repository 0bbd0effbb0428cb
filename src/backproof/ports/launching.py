"""From a spec to the command that starts its port: that of a `port.toml`, or `serve`."""

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
from backproof.ports.answers import escaped, shown
from backproof.ports.process import Family
from backproof.ports.replies import StartFailure
from backproof.ports.specs import MANIFEST, file_of, verify
from backproof.text.english import meant
from backproof.text.reading import read_toml

BUILT = "{build}"  # in a command, the folder for what is built
KEYS = {
    "name": "a text, the port's name in reports",
    "run": "a list of texts, the command that answers",
    "build": "a list of texts, the command that is run once before",
    "probe": "a list of texts, a command that fails where something is not installed",
    "needs": "a text, what must be installed, and how",
}
REQUIRED = ("name", "run")
LONGEST = 2**16  # bytes of a manifest
PROBING = 10.0  # seconds that a probe may take
TAIL = 2000  # bytes of a compiler's complaint that are shown
NAMES_SHOWN = 10  # of what a build left


@dataclass(frozen=True)
class Launch:
    """How a port is started."""

    name: str  # until it says its own
    run: Sequence[str]
    folder: Path | None = None  # where the commands are run
    build: Sequence[str] = ()
    needs: str = ""
    bad_spec_status: int | None = None  # the exit status that says that the spec names no backend

    def placed(self, command: Sequence[str], built: Path) -> list[str]:
        """Fill in the folder for what is built."""
        return [word.replace(BUILT, str(built)) for word in command]

    def lacking(self, reason: str) -> str:
        """Say what is missing, and what would install it."""
        return f"{reason}; it needs {self.needs}" if self.needs else reason


def launch(spec: str, device: str) -> Launch:
    """Return how the port that `spec` names is started.

    Raises `SpecError` if it names nothing, and `Unavailable` if what it needs is not installed.
    """
    verify(spec)
    path = file_of(spec)
    if path is not None and path.suffix == MANIFEST:
        if device != "cpu":
            raise SpecError(f"{spec}: has no device {device!r}; a manifest's port has only cpu")
        return _by_manifest(path)
    serve = [sys.executable, "-P", "-m", "backproof.ports.serve", f"--device={device}", "--", spec]
    return Launch(spec, serve, bad_spec_status=2)


def build(
    launch: Launch,
    folder: Path,
    seconds: float,
    begun: Callable[[Family], None] = lambda _: None,
) -> None:
    """Run the build command, if there is one; what it makes goes into `folder`.

    `begun` is told what runs, so that another thread may end it. Raises `StartFailure` if it fails.
    """
    if not launch.build:
        return
    try:
        status, told = _run(launch.placed(launch.build, folder), launch.folder, seconds, begun)
    except OSError as error:
        raise StartFailure("error", f"it could not be built: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise StartFailure("timeout", f"it was not built within {seconds:g} s") from error
    if status:
        raise StartFailure("error", f"it could not be built: {told}")


def left_behind(program: Path, folder: Path) -> str:
    """Say what the build left where a program should be, or that nothing was built."""
    place = next(parent for parent in program.parents if parent == folder or parent.is_dir())
    names = sorted(path.name for path in place.glob("[!.]*"))
    if not names:
        return f"nothing was built in {BUILT}"
    some = escaped(", ".join(names[:NAMES_SHOWN]))
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return f"the build left {some}{more} in {BUILT}{str(place).removeprefix(str(folder))}"


def _run(
    command: Sequence[str],
    folder: Path | None,
    seconds: float,
    begun: Callable[[Family], None] = lambda _: None,
) -> tuple[int, str]:
    """Run a command; return its exit status, and the end of what it said. Nothing of it stays.

    Its output goes to files: a pipe stays open for as long as anything that it started runs.
    """
    with TemporaryFile() as out, TemporaryFile() as err:
        family = Family(command, folder, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            begun(family)
            status = family.parent.wait(seconds)
        finally:
            family.end()
        return status, _tail(err) or _tail(out)


def _tail(file: IO[bytes]) -> str:
    file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
    return escaped(file.read().decode(errors="replace").strip(), but="\n\t")


def _by_manifest(path: Path) -> Launch:
    found = _manifest(path)
    launch = Launch(
        name=shown(found["name"]),
        run=found["run"],
        folder=path.resolve().parent,
        build=found.get("build", ()),
        needs=shown(found.get("needs", "")),
    )
    commands = [found[key] for key in ("probe", "build", "run") if key in found]
    for program in (command[0] for command in commands):
        if not re.search(r"[{/\\]", program) and shutil.which(program) is None:
            raise Unavailable(launch.lacking(f"{shown(program)} is not installed"))
    if "probe" in found and not _succeeds(found["probe"], launch.folder):
        raise Unavailable(launch.lacking(f"`{shown(' '.join(found['probe']))}` fails"))
    return launch


def _succeeds(probe: Sequence[str], folder: Path | None) -> bool:
    try:
        status, _ = _run(probe, folder, PROBING)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return status == 0


def _manifest(path: Path) -> dict[str, Any]:
    """Read a manifest. Raises `SpecError`, which names the file and the key."""
    found = read_toml(path, LONGEST, SpecError)
    for key, value in found.items():
        if key not in KEYS:
            raise SpecError(f"{path}: has the unknown key {shown(key)}: {meant(key, KEYS)}")
        if not (_is_text(value) if KEYS[key].startswith("a text") else _is_command(value)):
            raise SpecError(f"{path}: {key} must be {KEYS[key]}, not {value!r}")
    for key in REQUIRED:
        if key not in found:
            raise SpecError(f"{path}: lacks {key}, {KEYS[key]}")
    return found


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != ""


def _is_command(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_text, value))
