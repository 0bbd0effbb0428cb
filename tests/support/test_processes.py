"""The sweep at the end finds what tests have left running."""

import os
import subprocess
import sys

import psutil
import pytest
from processes import begin_session, left_of_session

SLEEP = "import time; print(flush=True); time.sleep(3600)"
DAEMON = f"import os\nif os.fork(): os._exit(0)\nos.setsid()\n{SLEEP}"


@pytest.mark.parametrize(
    ("code", "environment"),
    [
        pytest.param(SLEEP, None, id="a child"),
        pytest.param(SLEEP, {}, id="a child without environment"),
        pytest.param(DAEMON, None, id="an orphan in a session of its own"),
    ],
)
def test_what_still_runs_is_found(
    monkeypatch: pytest.MonkeyPatch, code: str, environment: dict[str, str] | None
) -> None:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    mark = begin_session()
    before = left_of_session(mark)
    inherited = os.environ if environment is None else environment
    command = [sys.executable, "-I", "-S", "-c", code]
    with subprocess.Popen(command, env=inherited, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        found = {pid: what for pid, what in left_of_session(mark).items() if pid not in before}
        for pid in found:
            psutil.Process(pid).kill()
    assert list(found.values()) == [" ".join(command)]
