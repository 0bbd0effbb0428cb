"""Any port, whatever it does with any request: the right outcome, and nothing left."""

import tempfile
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from port_scripts import DTYPE, GOOD, Script, scripts
from processes import ClockOfHanging, still_running

from backproof.judging.all_backends import CheckOptions, run_all
from backproof.judging.results import Run
from backproof.text.unprintable import UNPRINTABLE
from backproof.vectors.vectors import VectorFile

EXAMPLES = settings().max_examples
SECONDS = 10.0  # for each response
COUNT = 8  # test vectors: more than the failures after which none is run
RIGHT = Script(GOOD, GOOD, [(GOOD, GOOD)] * COUNT)


@pytest.mark.hostile(
    "Anything, at random",
    "a port that does, with each request, one of eleven kinds of things",
    "the outcome that the protocol gives it; others keep their results, and nothing is left",
)
@settings(max_examples=EXAMPLES // 2)
@given(script=scripts(COUNT))
def test_a_port_gets_what_its_actions_earn(
    tutorial: VectorFile, tmp_path_factory: pytest.TempPathFactory, ours: str, script: Script
) -> None:
    folder = tmp_path_factory.mktemp("ports")
    (folder / "temporary").mkdir()
    (folder / "hangs").touch()
    vectors = tutorial.vectors[:COUNT]
    task = CheckOptions(vectors, [DTYPE], "cpu", SECONDS)
    ports = [script.write(folder, vectors), RIGHT.write(folder, vectors, "right")]
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(tempfile, "tempdir", str(folder / "temporary"))
        if script.hangs:  # then the clock jumps for all, so it is alone
            clock = ClockOfHanging(folder / "hangs", SECONDS)
            monkeypatch.setattr("backproof.ports.process.monotonic", clock)
            del ports[1:]
        run, *others = run_all([*map(str, ports)], task, explicit=True)
    assert outcomes(run) == script.expected()
    assert [outcomes(other) for other in others] == [["pass"] * COUNT] * (not script.hangs)
    assert not UNPRINTABLE.search("".join(messages(run)).replace("\n", "").replace("\t", ""))
    assert still_running(ours) == {}
    assert [*(folder / "temporary").iterdir()] == []


def outcomes(run: Run) -> Sequence[str]:
    """Return the outcome of each test vector, or of a start that failed."""
    return [result.outcome for result in run.results] or [run.outcome]


def messages(run: Run) -> Sequence[str]:
    return [run.message, *run.notes, *(result.message for result in run.results)]
