"""Files are written whole or not at all, and what cannot be written is known before the work."""

import json
import os
import socket
import stat
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from checkout import valid_report
from conftest import Command
from frameworks import REFERENCE
from vector_files import with_op, written

from backproof.errors import BackproofError
from backproof.ports import specs
from backproof.text.writing import OutputFile, make_folder


def nowhere(folder: Path) -> dict[str, tuple[Path, str]]:
    """Return paths where no file can be, each with the reason."""
    file = folder / "file"
    file.touch()
    return {
        "no-folder": (
            folder / "none" / "a",
            f"the folder {folder.resolve() / 'none'} does not exist",
        ),
        "in-a-file": (file / "a", f"the folder {file.resolve()} does not exist"),
        "a-folder": (folder, "it is a folder"),
    }


@pytest.mark.parametrize("case", ["no-folder", "in-a-file", "a-folder"])
def test_what_cannot_be_written_is_said_beforehand(tmp_path: Path, case: str) -> None:
    path, reason = nowhere(tmp_path)[case]
    with pytest.raises(BackproofError) as refused:
        OutputFile(path)
    assert str(refused.value) == f"{path}: cannot be written: {reason}"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_file_takes_the_place_of_another_and_of_what_a_link_names(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    OutputFile(link).write("é\n")
    assert target.read_bytes() == "é\n".encode()
    assert link.is_symlink()
    assert sorted(tmp_path.iterdir()) == [link, target]


@pytest.mark.parametrize("exception", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_ends_half_way_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exception: BaseException
) -> None:
    path = written(tmp_path, "old", "file")

    file = OutputFile(path)

    def fail(*_: object) -> None:
        assert len(list(tmp_path.iterdir())) == 2
        raise exception

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises((BackproofError, KeyboardInterrupt)):
        file.write("new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path(os.devnull).exists(), reason="there is no null device here")
def test_a_device_is_written_to_and_not_replaced() -> None:
    path = Path(os.devnull)
    OutputFile(path).write("text")
    assert not path.is_file()


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    OutputFile(Path("-")).write("text")
    assert capsys.readouterr().out == "text"


@pytest.mark.parametrize("name", ["+", "--", "-.json"])
def test_only_a_dash_is_standard_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    OutputFile(Path(name)).write("text")
    assert (tmp_path / name).read_text(encoding="utf-8") == "text"


KIND = "A file"
SENTENCE = "status 2 and a sentence"
posix = pytest.mark.skipif(sys.platform == "win32", reason="is about POSIX systems")


@posix
@pytest.mark.hostile(KIND, "a file of one's own named as a draft might be", "is left alone")
def test_a_draft_takes_the_place_of_no_file(tmp_path: Path) -> None:
    target, mine = written(tmp_path, "target", "target"), written(tmp_path, "mine", "a.part")
    (tmp_path / "a.tmp").symlink_to(target)
    OutputFile(tmp_path / "a").write("new")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        "a": "new",
        "a.part": "mine",
        "a.tmp": "target",
        "target": "target",
    }
    assert mine.read_text() == "mine"


@posix
@pytest.mark.hostile(KIND, "a result into a file that others may not read", "keeps its permissions")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_a_file_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, "old", "file")
    path.chmod(mode)
    OutputFile(path).write("new")
    assert stat.S_IMODE(path.stat().st_mode) == mode
    new = tmp_path / "new"
    before = os.umask(0o027)
    try:
        OutputFile(new).write("new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(new.stat().st_mode) == 0o640


@posix
@pytest.mark.hostile(KIND, "several runs that write one file at once", "it is always that of one")
def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = written(tmp_path, "a" * 1_000_000, "file")
    texts = [letter * 1_000_000 for letter in "bcd"]
    with ThreadPoolExecutor() as pool:
        writing = [pool.submit(lambda t: OutputFile(path).write(t), t) for t in texts * 5]
        while not all(future.done() for future in writing):
            content = path.read_text()
            assert len(content) == 1_000_000
            assert content == content[0] * 1_000_000
        for future in writing:
            future.result()
    assert list(tmp_path.iterdir()) == [path]


@posix
@pytest.mark.parametrize("links", [1, 3])
@pytest.mark.hostile(KIND, "a result through links, or to one whose target is gone", "stay links")
def test_a_link_without_a_target_gets_one(tmp_path: Path, links: int) -> None:
    target = tmp_path / "target"
    for i in range(links):
        (tmp_path / f"link-{i}").symlink_to(tmp_path / f"link-{i + 1}" if i + 1 < links else target)
    OutputFile(tmp_path / "link-0").write("new")
    assert target.read_text() == "new"
    assert (tmp_path / "link-0").is_symlink()


@posix
@pytest.mark.hostile(
    KIND, "a pipe without a reader as `--json`", "status 2 and a sentence, at once"
)
def test_a_pipe_without_a_reader_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(BackproofError, match="no program reads this pipe"):
        OutputFile(pipe)


@posix
@pytest.mark.hostile(KIND, "a pipe with a reader as `--json`", "the reader gets all of it")
def test_a_reader_gets_all_that_is_written(tmp_path: Path) -> None:
    pipe, text = tmp_path / "pipe", "x" * 1_000_000
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        file = OutputFile(pipe)
        os.set_blocking(reader, True)
        with os.fdopen(reader, "rb") as end:
            reading = pool.submit(end.read)
            file.write(text)
            assert reading.result() == text.encode()
    assert pipe.is_fifo()


@posix
@pytest.mark.hostile(KIND, "a reader that leaves before it has all", SENTENCE)
def test_a_reader_that_leaves_is_an_error(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    file = OutputFile(pipe)
    os.close(reader)
    with pytest.raises(BackproofError, match="Broken pipe"):
        file.write("text")


@posix
@pytest.mark.hostile(KIND, "a socket as `--json`", SENTENCE)
def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind("socket")
        with pytest.raises(BackproofError, match=r"^socket: cannot be written: "):
            OutputFile(Path("socket"))


@pytest.mark.hostile(KIND, "a result over what was read for it, by any name", SENTENCE)
@pytest.mark.parametrize("name", ["input", "link", "hard-link", "folder/../input"])
def test_an_input_is_not_overwritten(tmp_path: Path, name: str) -> None:
    source = written(tmp_path, "mine", "input")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(source)
    (tmp_path / "hard-link").hardlink_to(source)
    for inputs in ([tmp_path / "absent", source], [tmp_path]):
        with pytest.raises(BackproofError, match="this command reads it; name another file"):
            OutputFile(tmp_path / name, inputs)
    assert source.read_text() == "mine"


@pytest.mark.hostile(KIND, "a name with a lone surrogate in a result", "is replaced")
def test_what_is_no_text_is_replaced(tmp_path: Path) -> None:
    OutputFile(tmp_path / "file").write("a\udcffb")
    assert (tmp_path / "file").read_bytes() == b"a?b"


@posix
@pytest.mark.hostile(KIND, "a name in `/proc`, where nobody can write", SENTENCE)
def test_a_folder_is_tried_and_not_asked() -> None:
    folder = Path("/proc/self")
    if not folder.is_dir():
        pytest.skip("there is no /proc here")
    with pytest.raises(BackproofError, match="cannot be written: "):
        OutputFile(folder / "report.json")


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    file = written(tmp_path, "", "file")
    with pytest.raises(BackproofError, match="file: cannot be created: File exists"):
        make_folder(file)


@pytest.mark.parametrize(
    "command",
    [
        ["check", REFERENCE, "--vectors", "VECTORS", "--json", "PLACE"],
        ["vectors", "export", "--format", "tsv", "VECTORS", "-o", "PLACE"],
        ["fuzz", REFERENCE, "--nets", "1", "--save", "PLACE"],
    ],
    ids=lambda command: command[0],
)
def test_a_command_finds_out_before_it_works(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """Nothing is computed, and nothing is left behind."""
    file = written(tmp_path, with_op("forward"))

    def work(*_: object) -> None:
        raise AssertionError("it began to work")

    for place in (
        "backproof.vectors.vectors.compute_expected",
        "backproof.judging.fuzzing.run_seeds",
    ):
        monkeypatch.setattr(place, work)
    filled = {"VECTORS": file, "PLACE": file / "result"}
    done = backproof(*(filled.get(word, word) for word in command))
    assert done.status == 2
    assert "result: cannot be " in done.err
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(
            words,
            id=words[0] if words[0] != "check" else words[1],
            marks=pytest.mark.hostile(KIND, attempt, SENTENCE),
        )
        for attempt, words in {
            "`check mine.py --json mine.py`": ["check", "mine.py", "--json", "mine.py"],
            "`--json` over a manifest": ["check", "port.toml", "--json", "port.toml"],
            "`--json` over a vector file": ["check", "--vectors", "v.json", "--json", "v.json"],
            "`--json` over the known failures": [
                "check", "--known-failures", "k.toml", "--json", "k.toml",
            ],
            "`diagnose -o` over a worked example": [
                "diagnose", "e.toml", "--markdown", "-o", "e.toml",
            ],
            "`explain -o` over a vector file": ["explain", "--vectors", "v.json", "-o", "v.json"],
            "`vectors export -o` over a vector file": [
                "vectors", "export", "--format", "c", "v.json", "-o", "v.json",
            ],
            "`known-failures -o` over the report": ["known-failures", "v.json", "-o", "v.json"],
        }.items()
    ],
)  # fmt: skip
def test_no_command_overwrites_what_it_reads(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mine.py", "port.toml", "v.json", "k.toml", "e.toml"):
        written(tmp_path, "mine", name)
    done = backproof(*words)
    assert done.status == 2
    assert "this command reads it; name another file" in done.err
    assert {file.read_text() for file in tmp_path.iterdir()} == {"mine"}


@pytest.mark.hostile(
    "A file",
    "`--json` over a source, or any other file that is no report",
    "status 2 and a sentence",
)
@pytest.mark.parametrize("text", ["int main() {}", "{}", '{"vectors": []}', "\n"])
def test_a_report_replaces_only_a_report(backproof: Command, tmp_path: Path, text: str) -> None:
    path = tmp_path / "port.c"
    path.write_text(text, encoding="utf-8")
    done = backproof("check", REFERENCE, "--only", "tutorial/row-1/forward", "--json", path)
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        f"Error: {path}: cannot be written: it is there and not of this command's making; name "
        "another file\n"
    )
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.hostile(
    "A file",
    "`backends --json` or `diagnose --template -o` over a file of somebody's",
    "status 2 and a sentence",
)
@pytest.mark.parametrize("words", [("backends", "--json"), ("diagnose", "--template", "-o")])
def test_what_somebody_wrote_is_not_replaced(
    backproof: Command, tmp_path: Path, words: Sequence[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("title = 'mine'\n", encoding="utf-8")
    done = backproof(*words, path)
    assert (done.status, done.out) == (2, "")
    assert "not of this command's making; name another file" in done.err
    assert path.read_text(encoding="utf-8") == "title = 'mine'\n"


def test_a_list_of_backends_replaces_an_empty_file_and_itself(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(specs, "BUILT_IN", {REFERENCE: specs.BUILT_IN[REFERENCE]})
    path = tmp_path / "backends.json"
    path.touch()
    for _ in range(2):
        assert backproof("backends", "--json", path).status == 0
        assert json.loads(path.read_text(encoding="utf-8"))


def test_a_report_replaces_an_empty_file_and_itself(backproof: Command, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.touch()
    for _ in range(2):
        done = backproof("check", REFERENCE, "--only", "tutorial/row-1/forward", "--json", path)
        assert done.status == 0
        valid_report(path.read_text(encoding="utf-8"))


@pytest.mark.hostile(
    "A file",
    "`--json` over an input, named through a folder that does not exist",
    "status 2 and a sentence",
)
def test_a_file_is_named_through_folders_that_exist(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("mine", encoding="utf-8")
    path = tmp_path / "none" / ".." / "mine.json"
    with pytest.raises(BackproofError, match=r"the folder .*/none/\.\. does not exist"):
        OutputFile(path, [tmp_path / "mine.json"])
    assert (tmp_path / "mine.json").read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs /proc")
@pytest.mark.hostile(
    "A file", "`--json` over an input, named through /proc/self/cwd", "status 2 and a sentence"
)
def test_a_file_below_proc_is_a_file_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.json").write_text("mine", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BackproofError, match="this command reads it; name another file"):
        OutputFile(Path("/proc/self/cwd/mine.json"), [Path("mine.json")])
    OutputFile(Path("/proc/self/cwd/mine.json")).write("new")
    assert (tmp_path / "mine.json").read_text(encoding="utf-8") == "new"
