"""`backproof check`: an exception is told with the lines of the port that led to it."""

import re
from pathlib import Path

import pytest
from checkout import valid_report
from conftest import Command
from python_port import port


@pytest.mark.hostile(
    "A port",
    "It raises an exception deep in its own code, without a text",
    "The terminal shows the last lines of the port that led there; the report has all",
)
def test_an_exception_is_shown_with_the_lines_that_led_to_it(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    path, report = Path(port(tmp_path, "deep(5)")), tmp_path / "report.json"
    deep = "\n\ndef deep(n):\n    assert n\n    deep(n - 1)\n"
    path.write_text(path.read_text("utf-8") + deep, encoding="utf-8")
    done = backproof("check", path, "--vectors", one_row, "--op", "forward", "--json", report)
    lines = r"port.py:\d+ in forward, port.py:\d+ in deep, port.py:\d+ in deep: assert n"
    assert re.search(rf"forward raised AssertionError \({lines}\)", done.out)
    (result,) = valid_report(report.read_text(encoding="utf-8"))["runs"][0]["results"]
    assert [frame.rpartition(" in ")[2] for frame in result["frames"]] == [
        "forward: deep(5)",
        *["deep: deep(n - 1)"] * 5,
        "deep: assert n",
    ]
