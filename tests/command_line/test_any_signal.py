"""Any signal at any moment, whatever the ports do: the right status, and nothing left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import valid_report
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from port_scripts import GOOD, Script, scripts
from processes import wait_for_none
from surroundings import environment

from backproof.text.unprintable import UNPRINTABLE
from backproof.vectors.vectors import load_file

EXAMPLES = settings().max_examples
COUNT = 4  # test vectors
RIGHT = Script(GOOD, GOOD, [(GOOD, GOOD)] * COUNT)
ENDED = 600.0  # seconds after which what a test waits for will never come
# The program says when it begins to heed signals.
PROGRAM = """\
import os, signal, sys

class Begun:
    def find_spec(self, name, *_):
        if name == "backproof.command_line.cli":
            os.write(2, b"begun\\n")

sys.meta_path.insert(0, Begun())
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from backproof.__main__ import main
main()
"""
OBEYED = ("SIGINT", "SIGTERM", "SIGHUP")
DEADLY = ("SIGKILL", "SIGQUIT", "SIGUSR1", "SIGALRM")


@pytest.mark.hostile(
    "Anything, at random",
    "any signal, or none, at any moment of a `check` of any port",
    "a verdict or the status of the signal; a whole report or none; nothing is left",
)
@settings(max_examples=EXAMPLES // 5)
@given(
    script=scripts(COUNT),
    name=st.sampled_from(["", *OBEYED, *DEADLY]),
    delay=st.floats(0, 2),
)
def test_a_check_ends_with_a_verdict_or_by_the_signal(
    one_row: Path,
    tmp_path_factory: pytest.TempPathFactory,
    ours: str,
    script: Script,
    name: str,
    delay: float,
) -> None:
    assume(name or not script.hangs)  # else it would be waited for
    folder = tmp_path_factory.mktemp("ports")
    temporary, report = folder / "temporary", folder / "report.json"
    temporary.mkdir()
    vectors = load_file(one_row).vectors
    ports = [script.write(folder, vectors), RIGHT.write(folder, vectors, "right")]
    options = ["--vectors", one_row, "--json", report, "--timeout", ENDED]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "check", *map(str, [*ports, *options])],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment() | {"TMPDIR": str(temporary)},
    ) as child:
        begun = os.read(child.stderr.fileno(), len("begun\n")) if child.stderr else b""
        if name:
            try:
                child.wait(delay)
            except subprocess.TimeoutExpired:
                child.send_signal(getattr(signal, name))
        out, err = (said.decode() for said in child.communicate(timeout=ENDED))
    assert begun == b"begun\n"
    number = getattr(signal, name) if name else 0
    passed = script.expected() == ["pass"] * COUNT
    verdict = 0 if passed else 1
    by_signal: set[int] = (
        set() if not name else {-number} if name in DEADLY else {128 + number, -number}
    )
    assert child.returncode in {verdict, *by_signal}
    assert "Traceback" not in err
    assert not UNPRINTABLE.search((out + err).replace("\n", ""))
    if report.exists():
        runs = valid_report(report.read_text(encoding="utf-8"))["runs"]
        found = [[r["outcome"] for r in run["results"]] or [run["outcome"]] for run in runs]
        assert found == [script.expected(), ["pass"] * COUNT]
    else:
        assert child.returncode in by_signal
    wait_for_none(ours)
    if name not in DEADLY:
        assert [*temporary.iterdir()] == []
