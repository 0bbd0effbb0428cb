"""`backproof new`: a port to fill in, which speaks the protocol and answers with zeros.

A placeholder in the templates is a name that is valid where it stands: `port-name` or `port_name`.
"""

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from backproof.errors import BackproofError
from backproof.ports.specs import BUILT_IN
from backproof.text.resources import resource

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Template:
    """What the ports of one language are made from."""

    to_fill_in: str  # the file in which the numbers are computed
    sources: Mapping[str, str]  # resource folders, and where they go; a later one's files win
    spec: str | None = None  # what is checked: a file of the port; without one, its name
    reference: str = "port-name"  # the port whose name the sources bear


def _foreign(language: str, network: str) -> Template:
    """Make a template of a reference port: all of it but the network."""
    sources = {f"implementations/{language}": "", f"ports/templates/{language}": ""}
    return Template(network, sources, spec="port.toml", reference=language)


PACKAGE = "src/backproof_port_name"
TEMPLATES = {
    "python": Template("port.py", {"ports/templates/python": ""}, spec="port.py"),
    "python-package": Template(
        f"{PACKAGE}/port.py",
        {"ports/templates/python-package": "", "ports/templates/python": PACKAGE},
    ),
    "javascript": _foreign("javascript", "network.mjs"),
    "c": _foreign("c", "network.h"),
    "go": _foreign("go", "network.go"),
}


def render(template: Template, name: str) -> dict[str, str]:
    """Return the text of each file of a new port, by its path in the port's folder."""
    own = re.compile(rf'(name\W+"){template.reference}(?=")')
    found = {}
    for source, place in template.sources.items():
        for path in sorted(resource(source).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                target = PurePosixPath(place, path.relative_to(resource(source)).as_posix())
                text = own.sub(rf"\g<1>{name}", path.read_text(encoding="utf-8"))
                found[named(str(target), name)] = named(text, name)
    return found


def write(texts: Mapping[str, str], folder: Path) -> None:
    """Write files into a folder that is empty or not there yet: all of them, or none.

    Raises `BackproofError` if the folder is neither, or cannot be written.
    """
    is_new = not folder.exists()
    if not is_new and not folder.is_dir():
        raise BackproofError(f"{folder}: is a file; a port needs a new or an empty folder")
    if not is_new and any(folder.iterdir()):
        raise BackproofError(f"{folder}: is not empty; a port needs a new or an empty folder")
    try:
        folder.mkdir(exist_ok=True)
        with TemporaryDirectory(prefix=".backproof-", dir=folder) as draft:
            for name, text in texts.items():
                path = Path(draft, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            for entry in list(Path(draft).iterdir()):
                entry.rename(folder / entry.name)
    except BaseException as error:
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise BackproofError(f"{folder}: cannot be written: {error.strerror}") from error
        raise


def named(text: str, name: str) -> str:
    """Fill in the name, also as a part of a Python identifier."""
    return text.replace("port-name", name).replace("port_name", name.replace("-", "_"))


def find_template(language: str) -> Template:
    """Return the template of a language. Raises `BackproofError` if there is none."""
    if language not in TEMPLATES:
        nearest = get_close_matches(language, TEMPLATES, n=1)
        hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
        raise BackproofError(
            f"{language}: there is no template for it.{hint} There are {', '.join(TEMPLATES)}. "
            'For others, "In another language" in docs/guides/porting.md says what to write.'
        )
    return TEMPLATES[language]


def valid_name(name: str) -> str:
    """Return the name of a port. Raises `BackproofError` if it cannot be one."""
    if not NAME.fullmatch(name):
        raise BackproofError(
            f"{name!r} cannot be the name of a port: it must be of lower-case letters and digits, "
            "in words joined by hyphens. --name gives it another than the folder's."
        )
    if name in BUILT_IN:
        raise BackproofError(
            f"{name!r} is the name of a built-in backend. --name gives the port another."
        )
    return name


def next_commands(template: Template, folder: Path, name: str) -> Sequence[Sequence[str]]:
    """Return the commands that a person types next, each as its words."""
    spec = str(folder / template.spec) if template.spec else name
    checks = ["backproof", "check", "--smoke", spec], ["backproof", "check", spec]
    if template.spec:
        return *checks, ["backproof", "vectors", "show", "tutorial/row-1/forward"]
    return ["pip", "install", "-e", str(folder)], *checks
