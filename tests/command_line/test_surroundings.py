"""Status 1 is a verdict and nothing else, and no result is lost unnoticed, wherever it runs."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import surroundings
from conftest import Command
from frameworks import REFERENCE
from vector_files import written

LONG = "x" * 300
KIND = "The command line and its surroundings"
SENTENCE = "status 2 and a sentence"

MANIFESTS_WITH_NUL = {
    "name": 'name = "mi\\u0000ne"\nrun = ["python3"]\n',
    "run": 'name = "mine"\nrun = ["python3", "\\u0000"]\n',
    "probe": 'name = "mine"\nrun = ["python3"]\nprobe = ["./\\u0000"]\n',
}

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="is about POSIX systems")


def attempt(what: str, *values: object, answer: str = SENTENCE, name: str = "") -> object:
    """Return the parameters of a test that is a row of the page of hostile input."""
    plain = "-".join("".join(c if c.isalnum() else " " for c in name or what).split())
    return pytest.param(*values, id=plain, marks=pytest.mark.hostile(KIND, what, answer))


def assert_refused(status: int, said: str) -> None:
    """Nothing but one sentence is said, and it is no verdict."""
    assert "Traceback" not in said
    assert status == 2
    *usage, sentence = said.strip().splitlines()
    assert sentence.startswith("Error: ")
    assert not any(line.startswith("Error") for line in usage)


@pytest.mark.parametrize(
    "words",
    [
        attempt("a name of 300 characters as SPEC", ["check", LONG]),
        attempt("a Python file with a name of 300 characters as SPEC", ["check", f"{LONG}.py"]),
        attempt("a manifest with a name of 300 characters as SPEC", ["check", f"{LONG}.toml"]),
        attempt("a module with a name of 300 characters as SPEC", ["check", f"{LONG}:{LONG}"]),
        attempt("`--smoke` of a name of 300 characters", ["check", "--smoke", LONG]),
        attempt("`fuzz` of a name of 300 characters", ["fuzz", f"{LONG}.py"]),
        attempt("`fuzz --save` in such a folder", ["fuzz", REFERENCE, "--save", LONG]),
        attempt("`prove --on` such a name", ["prove", "--on", f"{LONG}.py"]),
        attempt("`--json` to such a name", ["check", REFERENCE, "--json", LONG]),
        attempt("`--vectors` of such a name", ["check", REFERENCE, "--vectors", LONG]),
        attempt("`--known-failures` of such a name", ["check", "--known-failures", LONG]),
        attempt("`diagnose` of such a name", ["diagnose", LONG]),
        attempt("a template into such a name", ["diagnose", "--template", "-o", LONG]),
        attempt("`explain -o` such a name", ["explain", "-o", LONG]),
        attempt(
            "`vectors export -o` such a name", ["vectors", "export", "--format", "c", "-o", LONG]
        ),
        attempt("`new` in such a folder", ["new", "python", LONG, "--name", "mine"]),
        attempt("a loop of links as SPEC", ["check", "loop.py"]),
        attempt("a loop of links as manifest", ["check", "loop.toml"]),
        attempt("a path through a loop of links", ["check", "loop.py/port.py"]),
        attempt("`--json` to a loop of links", ["check", REFERENCE, "--json", "loop.json"]),
        attempt("`--json` through a loop of links", ["check", REFERENCE, "--json", "loop.py/a"]),
        attempt("`--vectors` of a loop of links", ["vectors", "list", "--vectors", "loop.json"]),
        attempt("`new` at a loop of links", ["new", "python", "loop.py"]),
        attempt("`new` in a loop of links", ["new", "python", "loop.py/new"]),
        attempt("`fuzz --save` in a loop of links", ["fuzz", REFERENCE, "--save", "loop.py"]),
        attempt("NUL in a manifest's command", ["check", "nul-run.toml"]),
        attempt("NUL in a manifest's probe", ["check", "nul-probe.toml"]),
        attempt("NUL in a manifest's name", ["check", "nul-name.toml"]),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Sequence[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("loop.py", "loop.toml", "loop.json"):
        Path(name).symlink_to(name)
    for key, manifest in MANIFESTS_WITH_NUL.items():
        written(tmp_path, manifest, f"nul-{key}.toml")
    before = sorted(tmp_path.iterdir())
    done = backproof(*words)
    assert_refused(done.status, done.err)
    assert sorted(tmp_path.iterdir()) == before


FORWARD = ["check", REFERENCE, "--dtype", "float64", "--only", "tutorial/row-1/forward"]


@pytest.mark.parametrize(
    "words",
    [
        attempt("`--help` to a full disk", ["--help"]),
        attempt("`check --help` to a full disk", ["check", "--help"]),
        attempt("`--version` to a full disk", ["--version"]),
        attempt("a table to a full disk", ["vectors", "list"]),
        attempt("the result of `check` to a full disk", FORWARD),
        attempt("`check --json -` to a full disk", [*FORWARD, "--json", "-"]),
        attempt("`check --json /dev/full`", [*FORWARD, "--json", "/dev/full"]),
        attempt("a template to a full disk", ["diagnose", "--template"]),
        attempt("`vectors export` to a full disk", ["vectors", "export", "--format", "tsv"]),
    ],
)
def test_what_a_full_disk_swallows_is_no_success(words: Sequence[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no device that is always full here")
    with Path("/dev/full").open("w") as full:
        done = surroundings.run(*words, stdout=full)
    assert_refused(done.returncode, done.stderr.splitlines()[-1])
    assert "No space left on device" in done.stderr


@pytest.mark.hostile(KIND, "a full disk as standard error", "status 2")
def test_a_lost_table_is_no_success() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no device that is always full here")
    with Path("/dev/full").open("w") as full:
        assert surroundings.run("check", "nobody", stderr=full).returncode == 2
        assert surroundings.run(*FORWARD, "--json", "-", stderr=full).returncode == 2


@pytest.mark.parametrize(
    "words",
    [
        attempt("`check --json - >&-`", [*FORWARD, "--json", "-"], name="a report"),
        attempt("`check >&-`", FORWARD, name="a table"),
        attempt("`--help >&-`", ["--help"], name="help"),
    ],
)
def test_without_standard_output_nothing_is_begun(words: Sequence[str]) -> None:
    done = surroundings.run(*words, stdout=None, preexec_fn=lambda: os.close(1))
    assert_refused(done.returncode, done.stderr)
    assert "standard output is closed" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        attempt("`check … | head -1`", FORWARD, answer="status 141", name="a table"),
        attempt("`check --json - | head`", [*FORWARD, "--json", "-"], answer="status 141"),
        attempt("`--help | head -1`", ["--help"], answer="status 141", name="help"),
        attempt("`vectors list | head -1`", ["vectors", "list"], answer="status 141"),
        attempt(
            "`vectors show --request | head`",
            ["vectors", "show", "tutorial/row-1/forward", "--request"],
            answer="status 141",
        ),
    ],
)
def test_a_reader_that_has_left_is_no_verdict(words: Sequence[str]) -> None:
    with surroundings.closed_pipe() as pipe:
        done = surroundings.run(*words, stdout=pipe)
    assert done.returncode == 141
    assert "Error" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "closed",
    [
        pytest.param(
            closed,
            id=f"standard {words}",
            marks=pytest.mark.hostile(KIND, f"a closed standard {words}", "makes no difference"),
        )
        for words, closed in (("input", [0]), ("error", [2]), ("input and standard error", [0, 2]))
    ],
)
def test_what_is_not_needed_may_be_closed(closed: Sequence[int]) -> None:
    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    done = surroundings.run(*FORWARD, stdin=None, preexec_fn=close)
    assert done.returncode == 0
    assert "1 of 1 runs conform" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        attempt("`new` in a working folder that was deleted", ["new", "python", "x"]),
        attempt("`new .` in a working folder that was deleted", ["new", "python", "."]),
        attempt("`--json x` in a working folder that was deleted", ["check", "--json", "x"]),
        attempt("`-o x` in a working folder that was deleted", ["diagnose", "--template", "-ox"]),
        attempt("a file in a working folder that was deleted", ["check", "x.py"]),
        attempt("`fuzz --save x` in a working folder that was deleted", ["fuzz", "--save", "x"]),
    ],
)
def test_a_deleted_working_folder_is_named(tmp_path: Path, words: Sequence[str]) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    done = surroundings.run(*words, cwd=folder, preexec_fn=folder.rmdir)
    assert_refused(done.returncode, done.stderr)


@pytest.mark.hostile(KIND, "`check` in a working folder that was deleted", "makes no difference")
def test_a_deleted_working_folder_is_not_needed(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    done = surroundings.run(*FORWARD, cwd=folder, preexec_fn=folder.rmdir)
    assert done.returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        attempt("a SPEC in an unreadable folder", ["check", "locked/port.py"]),
        attempt("a manifest in an unreadable folder", ["check", "locked/port.toml"]),
        attempt("an unreadable folder as SPEC", ["check", "locked"]),
        attempt("an unreadable file as SPEC", ["check", "unreadable.py"]),
        attempt("an unreadable manifest", ["check", "unreadable.toml"]),
        attempt("an unreadable folder of vector files", ["vectors", "list", "--vectors", "locked"]),
        attempt("an unreadable vector file", ["check", "--vectors", "unreadable.json"]),
        attempt("an unreadable folder of worked examples", ["diagnose", "locked"]),
        attempt("an unreadable report", ["known-failures", "unreadable.json"]),
        attempt("`--json` into an unreadable folder", ["check", "--json", "locked/a"]),
        attempt("`--json` into a folder that is read-only", ["check", "--json", "read-only/a"]),
        attempt("`--json` over a file that is read-only", ["check", "--json", "fixed.json"]),
        attempt("`new` in an unreadable folder", ["new", "python", "locked"]),
        attempt("`new` below a folder that is read-only", ["new", "python", "read-only/new"]),
        attempt(
            "`fuzz --save` below a folder that is read-only", ["fuzz", "--save", "read-only/a"]
        ),
    ],
)
def test_what_may_not_be_read_or_written_is_said(tmp_path: Path, words: Sequence[str]) -> None:
    (tmp_path / "locked").mkdir(0o000)
    (tmp_path / "read-only").mkdir(0o500)
    for name in ("unreadable.py", "unreadable.toml", "unreadable.json"):
        written(tmp_path, "", name).chmod(0o000)
    fixed = written(tmp_path, "mine", "fixed.json")
    fixed.chmod(0o400)
    done = surroundings.run(*words, cwd=tmp_path, preexec_fn=surroundings.obey_permissions)
    assert_refused(done.returncode, done.stderr)
    assert fixed.read_text() == "mine"


NO_TEMPORARY_FOLDER = """
import tempfile
tempfile._candidate_tempdir_list = lambda: ["/nowhere"]
"""


@pytest.mark.hostile(KIND, "no writable folder for temporary files", SENTENCE)
@pytest.mark.parametrize("words", [FORWARD, ["check", "--smoke", REFERENCE], ["check"]])
def test_without_a_temporary_folder_nothing_is_said_of_a_backend(words: list[str]) -> None:
    done = surroundings.run_with(NO_TEMPORARY_FOLDER, words)
    assert_refused(done.returncode, done.stderr)
    assert "No usable temporary directory" in done.stderr


@pytest.mark.hostile(KIND, "a mistake in this program", "status 2, a sentence, how to see where")
@pytest.mark.parametrize("where", ["before", "after"])
def test_a_traceback_is_shown_to_those_who_ask(where: str) -> None:
    broken = """
import backproof.command_line.vectors as broken
def fail(*_):
    raise ZeroDivisionError("by\\nnought")
broken.list_table = fail
"""
    plain = surroundings.run_with(broken, ["vectors", "list"])
    assert plain.returncode == 2
    assert plain.stdout == ""
    assert plain.stderr == (
        "Error: unforeseen: ZeroDivisionError: by nought. The option --traceback shows where\n"
    )
    words = ["vectors", "list"]
    words.insert(0 if where == "before" else 2, "--traceback")
    shown = surroundings.run_with(broken, words)
    assert shown.returncode == 2
    assert "Traceback" in shown.stderr
    assert shown.stderr.endswith(plain.stderr)


@pytest.mark.hostile(KIND, "an exception whose `__str__` fails, or an exit with a status", SENTENCE)
@pytest.mark.parametrize("exception", ["Mute()", "EOFError()", "SystemExit(0)", "SystemExit(1)"])
def test_whatever_is_raised_is_no_verdict(exception: str) -> None:
    broken = f"""
import backproof.command_line.vectors as broken
class Mute(Exception):
    def __str__(self):
        raise ValueError
def fail(*_):
    raise {exception}
broken.list_table = fail
"""
    done = surroundings.run_with(broken, ["vectors", "list"])
    assert_refused(done.returncode, done.stderr)


@pytest.mark.parametrize(
    "text",
    [
        attempt("a line without = in another package's `entry_points.txt`", b"[other]\nno value\n"),
        attempt("the same in the group of backends", b"[backproof.backends]\nno value\n"),
        attempt("an `entry_points.txt` that is not UTF-8", b"[other]\n\xff = a:b\n"),
        attempt("an unclosed section in an `entry_points.txt`", b"[backproof.backends\nx = y\n"),
    ],
)
def test_a_malformed_package_hides_no_other(tmp_path: Path, text: bytes) -> None:
    for name, content in (("bad", text), ("good", b"[backproof.backends]\ngood = nowhere:Port\n")):
        package = tmp_path / f"{name}-1.dist-info"
        package.mkdir()
        written(package, f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n", "METADATA")
        written(package, content, "entry_points.txt")
    found = f"""
import os, sys
sys.path.insert(0, {str(tmp_path)!r})
os.environ["PYTHONPATH"] += os.pathsep + {str(tmp_path)!r}
"""
    assert surroundings.run_with(found, FORWARD).returncode == 0
    unknown = surroundings.run_with(found, ["check", "nobody"])
    assert_refused(unknown.returncode, unknown.stderr)
    assert ", good; also" in unknown.stderr
    known = surroundings.run_with(found, ["check", "good"])
    assert_refused(known.returncode, known.stderr)
    assert "no backend has this name" not in known.stderr


@pytest.mark.hostile("A file", "an expected value or bound of 1e9999", SENTENCE)
@pytest.mark.parametrize("format_name", ["tsv", "c"])
@pytest.mark.parametrize("part", ["value", "bound"])
def test_an_expected_value_outside_the_dtype_is_refused(
    backproof: Command, fixtures: Path, tmp_path: Path, part: str, format_name: str
) -> None:
    whole = json.loads((fixtures / "tutorial.json").read_text(encoding="utf-8"))
    whole["vectors"] = whole["vectors"][:1]
    numbers = whole["vectors"][0]["expected"]["float64"]
    numbers[next(iter(numbers))][part] = "1e9999"
    path = written(tmp_path, whole)
    for words in (["export", "--format", format_name], ["list", "--vectors"]):
        done = backproof("vectors", *words, path)
        assert_refused(done.status, done.err)
        assert f'{part} is "1e9999", too large for this dtype' in done.err


@pytest.mark.hostile("A port", "silence under `--smoke`", "says within seconds what is waited for")
def test_a_smoke_test_says_what_it_waits_for(tmp_path: Path) -> None:
    silent = f"name = 'mute'\nrun = [{sys.executable!r}, '-c', 'import time; time.sleep(99)']\n"
    written(tmp_path, silent, "port.toml")
    done = surroundings.run("check", "--smoke", "--timeout", "5", "port.toml", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "port.toml: waiting for hello and echo …\n"
    assert done.stdout.startswith("port.toml: not ok: hello and echo: ")


@pytest.mark.hostile("A file", "a pipe without a reader as `--json`", "status 2 before the run")
def test_a_pipe_without_a_reader_is_refused_before_the_run(
    backproof: Command, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = backproof(*FORWARD, "--json", pipe)
    assert_refused(done.status, done.err)
    assert done.out == ""


@pytest.mark.parametrize(
    ("wish", "said"), [("bash_source", "_BACKPROOF_COMPLETE"), ("bash_complete", "check")]
)
def test_a_shell_completes_a_command(wish: str, said: str) -> None:
    asked = {"_BACKPROOF_COMPLETE": wish, "COMP_WORDS": "backproof che", "COMP_CWORD": "1"}
    program = "import sys; sys.argv[0] = 'backproof'; from backproof.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=surroundings.environment() | asked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout
