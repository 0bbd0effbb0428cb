"""What a port, a file or an argument says is text, wherever it is shown: it never acts."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest
from checkout import ROOT
from conftest import Command
from frameworks import REFERENCE

from backproof.command_line.cli import command
from backproof.testing import parametrize_with_vectors

pytestmark = pytest.mark.proof

# The title of a window, colours, C1, a new line at the left, and what reverses the direction.
UNPRINTABLE = "\x1b]0;title\x07\x1b[5;35m\x9b5m\r\x08\x7f\u202e\u2066\u200f"
MARKUP = "[bold red]x:smile:"
TEXT = f"{MARKUP}{UNPRINTABLE}"
STYLE = re.compile(r"\x1b\[[0-9;]*m")  # what Rich writes in colour
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff]"
)

PORT = f"""\
import os, sys
from backproof import Backend, load

TEXT = {TEXT!r}
os.write(1, TEXT.encode()); os.write(2, TEXT.encode()); print(TEXT)

class Port(load("plain-python")):
    name = "port"

    def forward(self, params, X):
        {{body}}
"""
BODIES = {
    "an exception": "raise type(TEXT, (Exception,), {})(TEXT)",
    "what it lacks": "raise NotImplementedError(TEXT)",
    "standard error before a crash": "os.write(2, TEXT.encode()); os._exit(1)",
    "a type that it returns": "return type(TEXT, (), {})()",
    "a type of a number": "return ([[type(TEXT, (float,), {})()] * 2],) * 4",
}
FORWARD = "return super().forward(params, X)"
TITLED = {
    "title": MARKUP,
    "source": MARKUP,
    "notes": {"odd": MARKUP},
    "vectors": [
        {
            "id": "a/forward",
            "description": MARKUP,
            "flags": ["odd"],
            "op": "forward",
            "inputs": {
                "params": {"W1": [[1, 2], [3, 4]], "b1": 0, "W2": [[1, 2], [3, 4]], "b2": 0},
                "X": [[1, 2]],
            },
        }
    ],
}


class Files:
    """Files with hostile names or texts, in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def port(self, body: str = FORWARD, name: str = "port.py", **changed: str) -> Path:
        text = PORT.format(body=body)
        for old, new in changed.items():
            text = text.replace(old, new)
        return self.write(name, text)

    def vectors(self, name: str = "a.json", **changed: Any) -> Path:
        return self.write(name, json.dumps(TITLED | changed))

    def example(self, name: str = "example.toml", title: str = MARKUP) -> Path:
        text = min((ROOT / "fixtures/published").glob("*.toml")).read_text(encoding="utf-8")
        return self.write(name, re.sub(r'(?m)^title = ".*"$', f"title = '{title}'", text))

    def report(self, name: str = TEXT) -> Path:
        failure = {"vector": "a/b", "outcome": "fail", "known": None}
        return self.write(
            "report.json", json.dumps({"runs": [{"backend": name, "results": [failure]}]})
        )


Attempt = Callable[[Files], list[object]]


def attempt(where: str, arguments: Attempt, *, shown: bool = True) -> Any:
    """Return the case of a command, and its row of the page; `shown`: whether the text is."""
    answer = "shown as text, with escapes" if shown else "not shown, or quoted"
    mark = pytest.mark.hostile("A text", f"escapes, markup and bidi controls in {where}", answer)
    return pytest.param(arguments, shown, id=where.replace("`", ""), marks=mark)


def of_ports() -> Iterator[Any]:
    for what, body in BODIES.items():
        for words in (
            ["check", "--only", "tutorial/row-1"],
            ["check", "--smoke"],
            ["fuzz"],
            ["prove", "--on"],
        ):
            where = f"{what}, in `{' '.join(words[:2])}`"
            shown = (what, words[0]) != ("what it lacks", "fuzz")  # which only counts it
            yield attempt(where, partial(of_port, words, body), shown=shown)


def of_port(words: list[str], body: str, files: Files) -> list[object]:
    return [*words, files.port(body), *(["--nets", "1"] if words == ["fuzz"] else [])]


ATTEMPTS = [
    *of_ports(),
    attempt("the name that a port gives itself", lambda f: ["check", f.port(**{'"port"': "TEXT"})]),
    attempt(
        "the version of a port",
        lambda f: [
            "check",
            f.port(**{'name = "port"': 'name = "port"; version = TEXT[:18]+"\\u202e"'}),
        ],
    ),
    attempt(
        "a bidi control in a name",
        lambda f: ["check", f.port(**{'"port"': "TEXT[:18]+'\\u202e'"}), "--vectors", f.vectors()],
    ),
    attempt(
        "what is raised at import",
        lambda f: ["check", f.port(**{"class Port": "raise Exception(TEXT)\nclass Port"})],
    ),
    attempt(
        "the dtypes of a port",
        lambda f: ["check", f.port(**{'name = "port"': 'name = "port"; dtypes = (TEXT,)'})],
    ),
    attempt(
        "the name of a port's file, in `check`",
        lambda f: ["check", f.port(name=f"{TEXT}.py"), "--dtype", "float16"],
    ),
    attempt(
        "the name of a port's file, in `check --smoke`",
        lambda f: ["check", "--smoke", f.port(name=f"{TEXT}.py")],
    ),
    attempt(
        "the name of a port's file, in `fuzz`",
        lambda f: ["fuzz", f.port("os._exit(0)", name=f"{TEXT}.py"), "--nets", 1],
    ),
    attempt(
        "the name of a port's file, in `prove --on`",
        lambda f: ["prove", "--on", f.port("os._exit(0)", name=f"{TEXT}.py")],
    ),
    attempt("a spec", lambda _: ["check", TEXT]),
    attempt("a spec, in `fuzz`", lambda _: ["fuzz", f"{TEXT}.py"]),
    attempt("a spec, in `prove --on`", lambda _: ["prove", "--on", f"{TEXT}:Port"]),
    attempt(
        "an entry of a `port.toml`",
        lambda f: [
            "check",
            f.write("port.toml", f"name = {json.dumps(TEXT)}\nrun = [{json.dumps(TEXT)}]\n"),
        ],
    ),
    attempt(
        "a key of a `port.toml`",
        lambda f: ["check", f.write("port.toml", f"{json.dumps(TEXT)} = 1\n")],
    ),
    attempt("a device", lambda f: ["check", f.port(), "--device", TEXT]),
    attempt(
        "the name of a vector file", lambda f: ["vectors", "list", "--vectors", f.folder / TEXT]
    ),
    attempt(
        "the name of a vector file that is shown",
        lambda f: ["vectors", "show", "a/forward", "--vectors", f.vectors(f"{TEXT}.json")],
    ),
    attempt(
        "the name of a vector file that is valid",
        lambda f: ["vectors", "validate", f.vectors(f"{TEXT}.json")],
    ),
    attempt(
        "the name of a vector file that is verified",
        lambda f: ["vectors", "verify", f.vectors(f"{TEXT}.json")],
    ),
    attempt(
        "the title of a vector file",
        lambda f: ["vectors", "validate", f.vectors(title=TEXT)],
        shown=False,
    ),
    attempt(
        "the description of a test vector", lambda f: ["vectors", "list", "--vectors", f.vectors()]
    ),
    attempt(
        "the notes and the source of a test vector",
        lambda f: ["vectors", "show", "a/forward", "--vectors", f.vectors()],
    ),
    attempt(
        "a test vector that is exported",
        lambda f: ["vectors", "export", "--format", "tsv", f.vectors()],
        shown=False,
    ),
    attempt(
        "the titles of vector files that are compared",
        lambda f: ["vectors", "diff", f.vectors(title="a"), f.vectors("b.json")],
    ),
    attempt("the title of a calculation", lambda f: ["explain", "a", "--vectors", f.vectors()]),
    attempt("the id of a test vector", lambda _: ["explain", TEXT]),
    attempt("the title of a worked example", lambda f: ["diagnose", f.example()]),
    attempt(
        "the title of a worked example, with escapes",
        lambda f: ["diagnose", f.example(title=TEXT)],
        shown=False,
    ),
    attempt(
        "the name of a worked example's file", lambda f: ["diagnose", f.write(f"{TEXT}.toml", "")]
    ),
    attempt(
        "the name of a file of known failures",
        lambda f: ["check", REFERENCE, "--known-failures", f.write(f"{TEXT}.toml", "a = 1")],
    ),
    attempt(
        "a key of a file of known failures",
        lambda f: [
            "check",
            REFERENCE,
            "--known-failures",
            f.write("known.toml", f"[[failure]]\n{json.dumps(TEXT)} = 1"),
        ],
    ),
    attempt("a report", lambda f: ["known-failures", f.report()], shown=False),
    attempt("the name of a report", lambda f: ["known-failures", f.write(TEXT, "")]),
    attempt(
        "the name of a file in place of a folder", lambda f: ["new", "python", f.write(TEXT, "")]
    ),
    attempt(
        "the name of a new folder", lambda f: ["new", "python", f.folder / TEXT, "--name", "mine"]
    ),
    attempt("the name of a port", lambda f: ["new", "python", f.folder / "a", "--name", TEXT]),
    attempt(
        "the name of a list of backends", lambda f: ["backends", "--json", f.folder / TEXT / "a"]
    ),
    attempt(
        "the name of drawn test vectors",
        lambda f: ["vectors", "draw", "--seed", "1", "-o", f.folder / TEXT / "a.json"],
    ),
    attempt("a language", lambda f: ["new", TEXT, f.folder]),
    attempt("a command", lambda _: [TEXT]),
    attempt("an option", lambda _: ["check", f"--{TEXT}"]),
    attempt("the value of an option", lambda _: ["check", "--dtype", TEXT]),
]


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "in colour"])
@pytest.mark.parametrize(("arguments", "shown"), ATTEMPTS)
def test_a_text_never_acts_on_the_terminal(
    backproof: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: Attempt,
    *,
    shown: bool,
    colour: bool,
) -> None:
    if colour:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TTY_INTERACTIVE", "0")  # no progress bar, which moves the cursor
    done = backproof(*arguments(Files(tmp_path)))
    said = done.out + done.err
    assert UNPRINTABLE[8:15] not in said
    assert FORBIDDEN.findall(STYLE.sub("", said)) == []
    assert "😄" not in said
    assert "Traceback" not in said
    if shown:
        assert MARKUP in STYLE.sub("", said)


@pytest.mark.hostile(
    "A text", "escapes and markup in the name of an entry point", "shown as text, with escapes"
)
def test_the_name_of_an_entry_point_is_text(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "hostile-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: hostile\nVersion: 1\n")
    name = MARKUP.removeprefix("[").replace(":", "") + "[bold]\x1b[5;35m\u202e"
    (info / "entry_points.txt").write_text(
        f"[backproof.backends]\n{name} = hostile:Port\n", "utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for arguments in (["check", "nothing"], ["fuzz", "nothing"], ["prove", "--on", "nothing"]):
        done = backproof(*arguments)
        assert done.status == 2
        assert r"[bold]\x1b[5;35m\u202e" in done.err
    listed = backproof("backends").out
    assert r"[bold]\x1b[5;35m\u202e" in listed
    assert FORBIDDEN.findall(listed) == []


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_failing_test_says_it_as_text(tmp_path: Path, body: str) -> None:
    """In a backend's own test suite, where it runs in the process of the tests."""
    if "_exit" in body:
        body = "raise OSError(TEXT)"
    files = Files(tmp_path)
    port = files.port(body, **{"os.write": "len", "1, ": "", "2, ": "", "print": "len"})
    mark = parametrize_with_vectors(str(port), vectors=[files.vectors()])
    (case,) = mark.args[1]
    with pytest.raises(AssertionError) as failed:
        case.values[0]()
    assert FORBIDDEN.findall(str(failed.value)) == []
    assert MARKUP in str(failed.value)


def leaves(group: click.Group, *names: str) -> Iterator[tuple[str, ...]]:
    for name, found in group.commands.items():
        if isinstance(found, click.Group):
            yield from leaves(found, *names, name)
        else:
            yield (*names, name)


def test_every_command_is_tried(tmp_path: Path) -> None:
    tried = [case.values[0](Files(tmp_path)) for case in ATTEMPTS]
    missing = [n for n in leaves(command) if all(tuple(words[: len(n)]) != n for words in tried)]
    assert missing == []


PRINTING = {  # modules that may write to a stream, and how
    "reports/console.py": {"Console"},
    "text/writing.py": {"sys.stdout"},
    "command_line/signals.py": {"sys.stdout", "sys.stderr"},  # only to flush them
    "command_line/streams.py": {"sys.stdout", "sys.stderr"},  # only to guard them
    "command_line/generate.py": {"click.echo"},  # of our own fixtures
    "ports/serve.py": {"sys.stderr"},  # the client makes it printable
    "ports/loading.py": {"sys.stderr"},  # what a backend prints
    "ports/in_process_driver.py": {"sys.stderr"},
}


def test_only_a_few_modules_write_to_the_terminal() -> None:
    """All others use what makes text printable."""
    source = ROOT / "src/backproof"
    suspect = {"print", "click.echo", "click.secho", "sys.stdout", "sys.stderr", "Console"}
    found: dict[str, set[str]] = {}
    for path in source.rglob("*.py"):
        if "templates" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = ""
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                name = node.func.id
            elif isinstance(node, ast.Attribute):
                name = ast.unparse(node)
            elif isinstance(node, ast.ClassDef):
                name = next((ast.unparse(base) for base in node.bases), "")
            if name in suspect:
                found.setdefault(path.relative_to(source).as_posix(), set()).add(name)
    assert found == PRINTING
