"""`backproof new`: write a skeleton backend that speaks the protocol and returns zeros.

The placeholders in the templates are `port-name` and `port_name`, whichever is valid in its place.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from backproof.errors import BackproofError
from backproof.ports.specs import BUILT_IN
from backproof.text.resources import resource_folder

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Template:
    """The sources of a new port in one language."""

    main_file: str  # the file to complete
    sources: Mapping[str, str]  # resource folders and their targets; later ones override
    checked_file: str | None = None  # the file to check; if None, the port's name
    reference: str = "port-name"  # the name in the sources, to be replaced


def _foreign(language: str, network: str) -> Template:
    """Make a template from a reference implementation, except for its network."""
    sources = {f"implementations/{language}": "", f"ports/templates/{language}": ""}
    return Template(network, sources, checked_file="port.toml", reference=language)


PACKAGE = "src/backproof_port_name"
TEMPLATES = {
    "python": Template("port.py", {"ports/templates/python": ""}, checked_file="port.py"),
    "python-package": Template(
        f"{PACKAGE}/port.py",
        {"ports/templates/python-package": "", "ports/templates/python": PACKAGE},
    ),
    "javascript": _foreign("javascript", "network.mjs"),
    "c": _foreign("c", "network.h"),
    "go": _foreign("go", "network.go"),
}


def render_files(template: Template, name: str) -> dict[str, str]:
    """Return the text of each file of a new port by its path in the port's folder."""
    own = re.compile(rf'(name\W+"){template.reference}(?=")')
    found = {}
    for source, place in template.sources.items():
        for path in sorted(resource_folder(source).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                target = PurePosixPath(place, path.relative_to(resource_folder(source)).as_posix())
                text = own.sub(rf"\g<1>{name}", path.read_text(encoding="utf-8"))
                found[fill_in_name(str(target), name)] = fill_in_name(text, name)
    return found


def fill_in_name(text: str, name: str) -> str:
    """Fill in the name, with underscores where it is part of a Python identifier."""
    return text.replace("port-name", name).replace("port_name", name.replace("-", "_"))


def find_template(language: str) -> Template:
    """Return the template of a language. Raises `BackproofError` if there is none."""
    if language not in TEMPLATES:
        nearest = get_close_matches(language, TEMPLATES, n=1)
        hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
        raise BackproofError(
            f"{language}: no template for this language.{hint} Templates: {', '.join(TEMPLATES)}. "
            'For other languages, see "In another language" in docs/guides/porting.md.'
        )
    return TEMPLATES[language]


def valid_name(name: str) -> str:
    """Return the name of a port. Raises `BackproofError` if it is not valid."""
    if not NAME.fullmatch(name):
        raise BackproofError(
            f"{name!r} is not a valid name: use lower-case letters and digits, in words joined by "
            "hyphens. By default the name is the folder's; set another with --name."
        )
    if name in BUILT_IN:
        raise BackproofError(
            f"{name!r} is the name of a built-in backend. Choose another with --name."
        )
    return name


def next_commands(template: Template, folder: Path, name: str) -> Sequence[Sequence[str]]:
    """Return the commands to run next, each as a list of words."""
    spec = str(folder / template.checked_file) if template.checked_file else name
    checks = ["backproof", "check", "--smoke", spec], ["backproof", "check", spec]
    if template.checked_file:
        return *checks, ["backproof", "vectors", "show", "tutorial/row-1/forward"]
    return ["pip", "install", "-e", str(folder)], *checks
