"""`backproof check` of a backend whose responses vary."""

from pathlib import Path

from checkout import valid_report
from conftest import Command
from frameworks import REFERENCE

# Sums its two terms in one order, then in the other.
VARYING = f"""\
import math
from itertools import cycle

from backproof import load


class Varying(load("{REFERENCE}")):
    name = "varying"
    order = cycle([math.inf, -math.inf])

    def gradients(self, params, X, T):
        found = super().gradients(params, X, T)
        return found._replace(b2=math.nextafter(found.b2, next(self.order)))
"""


def test_responses_that_vary_are_told_from_wrong_ones_and_are_no_success(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    path = tmp_path / "varying.py"
    path.write_text(VARYING, encoding="utf-8")
    done = backproof("check", path, "--vectors", one_row, "--json", "-")
    assert done.status == 1
    report = valid_report(done.out)
    (run,) = report["runs"]
    assert (run["outcome"], report["conforms"]) == ("varies", False)
    assert {name: n for name, n in run["counts"].items() if n} == {"pass": 3, "varies": 1}
    assert "tutorial/row-1/gradients: varies: for the same request, b2 was " in done.err
    assert "First wrong value" not in done.err
    assert "Diagnosis" not in done.err


def test_a_file_begun_from_a_run_that_varies_is_not_stale_when_the_bits_agree(
    backproof: Command, one_row: Path, tmp_path: Path
) -> None:
    path, report, begun = (tmp_path / name for name in ("varying.py", "r.json", "known.toml"))
    path.write_text(VARYING, encoding="utf-8")
    check = ("check", path, "--vectors", one_row)
    assert backproof(*check, "--json", report).status == 1
    text = backproof("known-failures", report).out
    begun.write_text(text.replace("TODO: say why", "Its order varies."), encoding="utf-8")
    varying = backproof(*check, "--known-failures", begun)
    assert (varying.status, "1 with known failures only" in varying.out) == (0, True)
    path.write_text(VARYING.replace("math.inf, -math.inf", "math.inf"), encoding="utf-8")
    agreeing = backproof(*check, "--known-failures", begun)
    assert (agreeing.status, "1 of 1 runs conform · " in agreeing.out) == (0, True)
