"""Files are written whole or not at all, and what cannot be written is known before the work."""

import os
from pathlib import Path

import pytest
from conftest import Command
from frameworks import REFERENCE
from vector_files import with_op, written

from backproof.errors import BackproofError
from backproof.text.writing import check_writable, make_folder, write


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
        check_writable(path)
    assert str(refused.value) == f"{path}: cannot be written: {reason}"
    with pytest.raises(BackproofError, match="cannot be written: "):
        write(path, "text")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_file_takes_the_place_of_another_and_of_what_a_link_names(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    check_writable(link)
    write(link, "é\n")
    assert target.read_bytes() == "é\n".encode()
    assert link.is_symlink()
    assert sorted(tmp_path.iterdir()) == [link, target]


@pytest.mark.parametrize("exception", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_ends_half_way_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exception: BaseException
) -> None:
    path = written(tmp_path, "old", "file")

    def begin_and_fail(self: Path, text: str, **_: object) -> None:
        self.write_bytes(text[:2].encode())
        raise exception

    monkeypatch.setattr(Path, "write_text", begin_and_fail)
    with pytest.raises((BackproofError, KeyboardInterrupt)):
        write(path, "new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not Path(os.devnull).exists(), reason="there is no null device here")
def test_a_device_is_written_to_and_not_replaced() -> None:
    path = Path(os.devnull)
    check_writable(path)
    write(path, "text")
    assert not path.is_file()


def test_a_dash_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    check_writable(Path("-"))
    write(Path("-"), "text")
    assert capsys.readouterr().out == "text"


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
        "backproof.judging.fuzzing.fuzz_seeds",
    ):
        monkeypatch.setattr(place, work)
    filled = {"VECTORS": file, "PLACE": file / "result"}
    done = backproof(*(filled.get(word, word) for word in command))
    assert done.status == 2
    assert "result: cannot be " in done.err
    assert list(tmp_path.iterdir()) == [file]
