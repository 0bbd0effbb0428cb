"""The commands that a reader is told to type, in a folder of their own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import backproof

# pip neither asks an index nor touches this Python's packages.
PIP = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_BUILD_ISOLATION": "0",  # which pip reads as: without isolation
    "PIP_NO_DEPS": "1",
    "PIP_NO_INDEX": "1",
}
PLAIN = {"NO_COLOR": "1", "PY_COLORS": "0", "PYTHONDONTWRITEBYTECODE": "1"}
# Python reads no .pth file, such as one of an editable installation, in a folder of PYTHONPATH.
READ_PTH = "import os, site; site.addsitedir(os.path.dirname(__file__))\n"


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    status: int
    text: str  # from standard output and standard error


class Shell:
    """Runs commands in a folder, with `backproof`, `python` and `pip` those of this Python."""

    def __init__(self, folder: Path, installed: Path) -> None:
        """`installed` is where pip is to install, and Python to look."""
        installed.mkdir(exist_ok=True)
        (installed / "sitecustomize.py").write_text(READ_PTH, encoding="utf-8")
        self.folder = folder
        left_out = ("FORCE_COLOR", "PIP_CONSTRAINT")  # the latter is a path from another folder
        kept = {name: value for name, value in os.environ.items() if name not in left_out}
        paths = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{installed}{os.pathsep}{Path(backproof.__file__).parents[1]}",
        }
        self._environment = {**kept, **PIP, **PLAIN, **paths, "PIP_TARGET": str(installed)}

    def run(self, command: str, folder: Path | None = None) -> Said:
        """Run a line, or several, of shell."""
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=folder or self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return Said(done.returncode, done.stdout)
