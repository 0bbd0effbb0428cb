"""`backproof check`: what is drawn for a run, and drawn again with its seed."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from checkout import valid_report
from conftest import Command
from frameworks import REFERENCE
from python_port import port

from backproof.text.resources import resource_folder
from backproof.vectors.drawn import DRAWN_OPS

# Reads its numbers from the fixtures, and computes nothing but training runs on four rows, which
# have checkpoints.
REMEMBERS = """
from backproof import Forward, Loss, Params, load
from backproof.network.float_formats import FORMATS
from backproof.ports.responses import make_arguments
from backproof.vectors.vectors import built_in_files


def key(*given, **options):
    return repr((given, sorted(options.items())))


HELD = {}
for file in built_in_files():
    for vector in file.vectors:
        if "float64" in vector.expected:
            asked = make_arguments(vector.op, vector.inputs.rounded(FORMATS["float64"]))
            numbers = [float(number.value) for number in vector.expected["float64"].values()]
            HELD[key(vector.op, *asked.positional, **asked.options)] = numbers


class Remembers(load("plain-python")):
    name = "remembers"

    def forward(self, params, X):
        n, numbers = len(X), HELD.get(key("forward", params, X), [0.5] * 8 * len(X))
        return Forward(*(pairs(numbers[2 * i * n : 2 * (i + 1) * n]) for i in range(4)))

    def loss(self, params, X, T):
        n, numbers = len(X), HELD.get(key("loss", params, X, T), [0.5] * 3 * len(X))
        return Loss(pairs(numbers[: 2 * n]), numbers[2 * n :])

    def gradients(self, params, X, T):
        return parameters(HELD.get(key("gradients", params, X, T), [0.5] * 10))

    def train(self, params, X, T, **options):
        if len(X) == 4:
            return load("plain-python")().train(params, X, T, **options)
        return parameters(HELD.get(key("train", params, X, T, **options), [0.5] * 10))


def pairs(numbers):
    return [numbers[i : i + 2] for i in range(0, len(numbers), 2)]


def parameters(p):
    return Params(pairs(p[:4]), p[4], pairs(p[5:9]), p[9])
"""

NEGATES = """
from backproof import load


class Negates(load("plain-python")):
    def loss(self, params, X, T):
        right = super().loss(params, X, T)
        return right._replace(total=[-total for total in right.total])
"""

SUMMARY = r"· 662 test vectors, 80 of them drawn with --seed (\d+), sha256 "
SENTENCE = "  Right on every test vector of the files, wrong on those drawn for this run: "
KNOWN = """
[[failure]]
vectors = "drawn/*"
outcome = {outcome!r}
reason = "The forward pass is wrong."
expires = 9999-12-31
"""


def drawn(report: Any) -> set[str]:
    """Return the ids of the drawn test vectors that a report says were run."""
    return {r["vector"] for run in report["runs"] for r in run["results"]} & DRAWN_OPS.keys()


def remembering(folder: Path) -> Path:
    path = folder / "remembers.py"
    path.write_text(REMEMBERS, encoding="utf-8")
    return path


def test_each_check_draws_with_a_seed_of_its_own_and_shows_it(
    backproof: Command, tmp_path: Path
) -> None:
    seeds = []
    for name in ("first", "second"):
        path = tmp_path / f"{name}.json"
        done = backproof("check", REFERENCE, "--json", path)
        assert done.status == 0
        report = valid_report(path.read_text(encoding="utf-8"))
        assert drawn(report) == DRAWN_OPS.keys()
        assert re.findall(SUMMARY, done.out) == [str(report["seed"])]
        seeds.append(report["seed"])
    assert len(set(seeds)) == 2


def test_a_seed_reproduces_a_report_and_another_one_does_not(backproof: Command) -> None:
    reports = [
        valid_report(backproof("check", REFERENCE, "--json", "-", "--seed", seed).out)
        for seed in (5, 5, 6)
    ]
    assert reports[0] == reports[1]
    assert reports[0]["runs"] != reports[2]["runs"]
    assert reports[0]["suite"]["vectors_sha256"] == reports[2]["suite"]["vectors_sha256"]


@pytest.mark.parametrize(
    ("options", "seed", "ids"),
    [
        ([], None, set()),
        (["--only", "first"], None, set()),
        (["--seed", "5"], 5, DRAWN_OPS.keys()),
        (["--seed", "5", "--only", "drawn/signed-1"], 5, {"drawn/signed-1"}),
        (["--seed", "5", "--only", "drawn/signed-1/loss"], 5, {"drawn/signed-1/loss"}),
    ],
    ids=["a file", "a name", "a seed", "a drawn network", "a drawn test vector"],
)
def test_with_other_vectors_only_a_seed_draws(
    backproof: Command, one_row: Path, options: list[str], seed: int | None, ids: set[str]
) -> None:
    options = ["tutorial/row-1" if option == "first" else option for option in options]
    done = backproof("check", REFERENCE, "--vectors", one_row, *options, "--json", "-")
    report = valid_report(done.out)
    assert report["seed"] == seed
    assert drawn(report) == {i for i in DRAWN_OPS if any(i.startswith(wanted) for wanted in ids)}


def test_a_name_of_the_built_in_vectors_draws_nothing(backproof: Command) -> None:
    done = backproof("check", REFERENCE, "--only", "tutorial/row-1")
    assert done.status == 0
    assert "drawn" not in done.out


@pytest.mark.hostile(
    "A backend that is wrong where nobody looks",
    "expected values are read from the fixtures, and only long training runs are computed",
    "`fail`: right on every test vector of the files, wrong on those drawn for this run",
)
def test_a_backend_that_remembers_the_files_is_told_so(backproof: Command, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    done = backproof("check", remembering(tmp_path), "--json", path)
    assert done.status == 1
    assert SENTENCE in done.out
    report = valid_report(path.read_text(encoding="utf-8"))
    [run] = report["runs"]
    assert run["wrong_where_drawn_only"] is True
    outcomes = {r["vector"]: r["outcome"] for r in run["results"]}
    assert {v for v, outcome in outcomes.items() if outcome != "pass"} == DRAWN_OPS.keys()
    assert set(outcomes.values()) == {"pass", "fail"}


def test_a_backend_that_is_wrong_elsewhere_is_told_something_else(
    backproof: Command, tmp_path: Path, one_row: Path
) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(NEGATES, encoding="utf-8")
    path = tmp_path / "report.json"
    done = backproof("check", wrong, "--vectors", one_row, "--seed", 5, "--json", path)
    [run] = valid_report(path.read_text(encoding="utf-8"))["runs"]
    assert {r["outcome"] for r in run["results"] if r["vector"] in DRAWN_OPS} == {"pass", "fail"}
    assert run["wrong_where_drawn_only"] is False
    assert SENTENCE not in done.out


def test_a_drawn_failure_is_shown_with_the_commands_that_explain_it(
    backproof: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = port(tmp_path, "return ([[0.0] * 2] * len(X),) * 4")
    done = backproof("check", wrong, "--seed", 5, "--only", "drawn/signed-2/forward")
    assert done.status == 1
    assert "    drawn/signed-2/forward: fail\n      h[0][0] (h1, row 1) exceeds" in done.out
    [hint] = re.findall(r"To see this calculation step by step: (.+)", done.out)
    monkeypatch.chdir(tmp_path)
    for line in hint.split(" && "):
        name, *arguments = shlex.split(line)
        assert name == "backproof"
        assert backproof(*arguments).status == 0
    again = backproof("check", wrong, "--vectors", "drawn-5.json", "--only", "drawn/signed-2")
    assert "drawn/signed-2/forward: fail" in again.out


@pytest.mark.parametrize(
    ("options", "outcome", "status"),
    [
        (["--seed", "5"], "unsupported", 0),
        (["--seed", "5"], "fail", 1),
        ([], "unsupported", 0),
    ],
    ids=["some pass", "none has this outcome", "none are drawn"],
)
def test_an_entry_for_drawn_vectors_is_stale_only_if_it_covers_other_outcomes(
    backproof: Command, tmp_path: Path, options: list[str], outcome: str, status: int
) -> None:
    """What is drawn may pass with the numbers of one run, and is not drawn in others."""
    right = resource_folder("implementations") / "plain_python.py"
    lacking = tmp_path / "lacking.py"
    lacking.write_text(
        right.read_text(encoding="utf-8").replace("def loss(", "def missing("), encoding="utf-8"
    )
    known = tmp_path / "known.toml"
    known.write_text(KNOWN.format(outcome=outcome), encoding="utf-8")
    only = ["--only", "drawn/signed-1"] if options else ["--only", "tutorial/row-1/forward"]
    done = backproof("check", lacking, *options, *only, "--known-failures", known)
    assert done.status == status
    assert ("Stale: known failure 1 (drawn/*)" in done.out) is bool(status)


def test_a_seed_is_no_seed_if_it_is_out_of_range(backproof: Command) -> None:
    done = backproof("check", REFERENCE, "--seed", 2**32)
    assert done.status == 2
    assert "--seed" in done.err
