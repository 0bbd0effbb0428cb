"""Random search: it finds nothing in what conforms, rare mistakes in what does not, and both again.

The same search over 100,000 nets and more is reported in `docs/evidence/no-false-alarms.md`.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import astuple
from fractions import Fraction
from pathlib import Path

import pytest
from bad_port import manifest
from click.testing import CliRunner, Result
from flint import arb, ctx

from backproof import Backend
from backproof.command_line.cli import command
from backproof.errors import BackproofError, BoundUnavailable
from backproof.judging.fuzzing import (
    EXTREME_SCALES,
    PRECISION,
    Counterexample,
    FuzzResult,
    Tally,
    draw_inputs,
    enclose_outputs,
    evaluate_number,
    fuzz,
)
from backproof.network.float_formats import FORMATS, Format
from backproof.network.inputs import OPS, Op
from backproof.truth.arithmetics import BoundedValue, enclose
from backproof.truth.certified import compute_expected
from backproof.vectors.vectors import parse_inputs

RARELY_WRONG = """
from fractions import Fraction
from backproof import Params, load
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import Inputs, map_matrix, map_parameters
from backproof.network.network import Parameters
from backproof.network.inputs import OPS, Op
from backproof.truth.certified import compute_expected

class RarelyWrong(load("plain-python")):
    name = "rarely-wrong"

    def gradients(self, params, X, T):
        W1, b1, W2, b2 = super().gradients(params, X, T)
        if round(10_000 * abs(X[0][0])) % 25 == 0:
            exact = map_parameters(Fraction, Parameters(*params))
            rows = map_matrix(Fraction, X), map_matrix(Fraction, T)
            answer = compute_expected("gradients", Inputs(exact, *rows, None), FORMATS["float64"])
            b2 += 3 * float(answer["b2"].bound)
        return Params(W1, b1, W2, b2)
"""

ANSWERS_ODDLY = """
import math
from backproof import Backend, Forward, load

RIGHT = load("plain-python")()

class AnswersOddly(Backend):
    name = "answers-oddly"
    dtypes = ("float64", "float16")

    def __init__(self, dtype="float64", device="cpu"):
        pass

    def forward(self, params, X):
        if len(X) == 1:
            return RIGHT.forward(params, X * 2)
        h, out_h, y, out_y = RIGHT.forward(params, X)
        return Forward(h, out_h, [[math.nan, y2] for _, y2 in y], out_y)

    def loss(self, params, X, T):
        raise RuntimeError("no loss today")

    def gradients(self, params, X, T):
        return RIGHT.gradients(params, X, T)
"""


@pytest.fixture
def rarely_wrong(tmp_path: Path) -> str:
    """A spec of a backend with an error of three bounds in one number of few nets."""
    path = tmp_path / "rarely_wrong.py"
    path.write_text(RARELY_WRONG, encoding="utf-8")
    return str(path)


@pytest.fixture
def answers_oddly(tmp_path: Path) -> str:
    path = tmp_path / "answers_oddly.py"
    path.write_text(ANSWERS_ODDLY, encoding="utf-8")
    return str(path)


def searched_all(spec: str, dtypes: Sequence[str], seeds: range) -> Sequence[Tally]:
    return fuzz(
        [spec],
        dtypes,
        "cpu",
        seeds,
        timeout=60,
        workers=1,
        explicit=True,
        on_counterexample=lambda *_: None,
        track=lambda tallies, _: tallies,
    ).tallies


def searched(spec: str, dtype: str, seeds: range) -> Tally:
    (tally,) = searched_all(spec, [dtype], seeds)
    return tally


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_nothing_is_found_in_a_backend_that_conforms(backend: type[Backend]) -> None:
    nets = 150
    for tally in searched_all(backend.name, backend.dtypes, range(nets)):
        assert tally.counterexamples == []
        assert tally.evaluated + tally.skipped == nets * len(OPS)
        assert tally.evaluated >= 0.99 * nets * len(OPS)
        assert all(0 < tally.error_ratios[op] <= 1 for op in OPS)


@pytest.mark.parametrize("dtype", FORMATS)
def test_truth_and_bounds_are_those_of_a_vector(dtype: str) -> None:
    for seed in range(1, 10):
        inputs = parse_inputs(draw_inputs(seed))
        with ctx.workprec(PRECISION):
            for op, answer in enclose_outputs(
                inputs.rounded(FORMATS[dtype]), FORMATS[dtype]
            ).items():
                of_vector = compute_expected(op, inputs, FORMATS[dtype])
                assert answer.keys() == of_vector.keys()
                for quantity, number in answer.items():
                    value, bound = (enclose(Fraction(x)) for x in astuple(of_vector[quantity]))
                    assert abs(number.value - value) <= bound
                    assert number.bound <= bound <= 1.02 * number.bound  # rounded up to 3 digits


def test_a_port_in_another_language_is_searched_too(tmp_path: Path) -> None:
    path = manifest(tmp_path, "is-right")
    assert run("fuzz", path, "--nets", 3).exit_code == 0
    wrong = run("fuzz", manifest(tmp_path, "is-always-wrong"), "--nets", 1)
    assert wrong.exit_code == 1
    assert (
        "is-always-wrong.toml float64, seed 1, forward: h[0][0] exceeds its error bound"
        in wrong.output
    )
    assert "path/to/port.toml" in run("fuzz", "--help").output


@pytest.mark.parametrize(
    ("value", "ratio"), [(1.0, 0.5), (2.0**-126, 0.5), (2.0**-127, 0.0)], ids="{:.3g}".format
)
def test_only_a_subnormal_number_is_flushed_at_no_expense(value: float, ratio: float) -> None:
    number = BoundedValue(arb(value), arb(2 * value))
    assert evaluate_number(number, 0.0, FORMATS["float32"]) == (ratio, "")


def test_rare_mistake_of_three_bounds_is_found(rarely_wrong: str) -> None:
    tally = searched(rarely_wrong, "float64", range(1, 201))
    found = [violation for violation in tally.counterexamples if violation.op == "gradients"]
    assert 2 <= len(found) <= 20
    for violation in found:
        assert violation.problem.startswith("b2 exceeds its error bound: expected ")
    assert 2.9 < tally.error_ratios["gradients"] < 4


def test_seed_shows_the_same_violation_again(rarely_wrong: str) -> None:
    first = searched(rarely_wrong, "float64", range(1, 101)).counterexamples
    again = [
        searched(rarely_wrong, "float64", range(v.seed, v.seed + 1)).counterexamples for v in first
    ]
    assert first
    assert all(violation in found for violation, found in zip(first, again, strict=True))


def test_number_of_workers_changes_nothing(rarely_wrong: str) -> None:
    """Each run is a program of its own: what Python keeps beside workers ends with it."""
    program = "from backproof.command_line.cli import main; main()"
    command = [sys.executable, "-c", program, "fuzz", rarely_wrong, "--nets", "120", "--workers"]
    alone, together = (
        subprocess.run([*command, workers], capture_output=True, text=True, check=False)
        for workers in ("1", "2")
    )
    assert alone.returncode == together.returncode == 1
    assert alone.stdout == together.stdout
    assert "b2 exceeds its error bound" in alone.stdout


def test_saved_violation_is_a_vector_that_fails_too(rarely_wrong: str, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    result = run("fuzz", rarely_wrong, "--nets", 60, "--save", saved)
    assert result.exit_code == 1
    files = sorted(saved.iterdir())
    assert files
    for file in files:
        assert file.stem.replace("-", " ", 1).replace("-", ", ") in result.stdout  # seed 7, train
        assert run("check", rarely_wrong, "--vectors", file).exit_code == 1


RIGHT = Tally("any", "float64", evaluated=4)


@pytest.mark.parametrize(
    ("tallies", "conforms"),
    [
        ([RIGHT, Tally("any", "float16", evaluated=3, skipped=1)], True),
        ([RIGHT, Tally("any", "float16", skipped=4)], False),
        ([RIGHT, Tally("any", "float16", evaluated=3, unsupported=1)], False),
        ([RIGHT, Tally("a", "float64", 4, counterexamples=[Counterexample(1, "loss", "")])], False),
        ([], False),
    ],
    ids=["skipped once", "always skipped", "unsupported once", "wrong once", "no backend"],
)
def test_search_conforms_if_all_was_evaluated_and_nothing_is_wrong(
    tallies: list[Tally], conforms: bool
) -> None:
    assert FuzzResult(tallies).conforms is conforms


def may_overflow(seed: int, fmt: Format) -> bool:
    try:
        enclose_outputs(parse_inputs(draw_inputs(seed)).rounded(fmt), fmt)
    except BoundUnavailable:
        return True
    return False


def test_tallies_of_other_seeds_are_added() -> None:
    first, second = Counterexample(1, "loss", "is wrong"), Counterexample(9, "forward", "is wrong")
    tally = Tally("any", "float64", 1, 2, 3, 4, [first], {"forward": 0.5, "loss": 0.125})
    more = Tally("any", "float64", 10, 20, 30, 40, [second], {"forward": 0.25, "gradients": 0.75})
    tally.merge(more)
    ratios: dict[Op, float] = {"forward": 0.5, "loss": 0.125, "gradients": 0.75}
    assert tally == Tally("any", "float64", 11, 22, 33, 44, [first, second], ratios)


def test_parameters_are_drawn_up_to_10_and_of_every_tenth_net_up_to_40000() -> None:
    largest: dict[bool, float] = {True: 0.0, False: 0.0}
    for seed in range(1, 1000):
        params = parse_inputs(draw_inputs(seed)).params.flatten()
        extreme = seed % 10 == 0
        largest[extreme] = max(largest[extreme], *(abs(float(p)) for p in params))
    assert 9.9 < largest[False] <= 10
    assert 39_600 < largest[True] <= 40_000


def test_calculation_that_may_overflow_is_skipped_and_never_judged(answers_oddly: str) -> None:
    first, step = 10 * EXTREME_SCALES.index(max(EXTREME_SCALES)), 10 * len(EXTREME_SCALES)
    seed = next(seed for seed in range(first, 4000, step) if may_overflow(seed, FORMATS["float16"]))
    tally = searched(answers_oddly, "float16", range(seed, seed + 1))
    assert tally == Tally(answers_oddly, "float16", skipped=len(OPS))
    result = run("fuzz", answers_oddly, "--dtype", "float16", "--seed", seed, "--nets", 1)
    assert result.exit_code == 1  # nothing was judged


def test_each_way_of_being_wrong_is_told(answers_oddly: str) -> None:
    tally = searched(answers_oddly, "float64", range(1, 3))
    assert [(v.seed, v.op) for v in tally.counterexamples] == [
        (1, "forward"),
        (1, "loss"),
        (2, "forward"),
        (2, "loss"),
    ]
    reshaped, raised, not_a_number, _ = (v.problem for v in tally.counterexamples)
    assert reshaped.startswith("returned h[0][0], h[0][1], h[1][0]")
    assert raised.startswith("loss raised RuntimeError: no loss today (")
    assert not_a_number.startswith("y[0][0] exceeds its error bound: expected ")
    assert not_a_number.endswith("got nan, inf bounds away; also wrong: y[1][0], y[2][0]")
    assert tally.unsupported == 2


def test_number_of_another_dtype_is_wrong(answers_oddly: str) -> None:
    tally = searched(answers_oddly, "float16", range(1, 2))
    gradients = next(v for v in tally.counterexamples if v.op == "gradients")
    assert "not a float16 number, so computed in another dtype" in gradients.problem


def test_dtype_that_a_backend_does_not_claim_is_refused(answers_oddly: str) -> None:
    result = run("fuzz", answers_oddly, "--dtype", "bfloat16")
    assert isinstance(result.exception, BackproofError)
    assert "supports float64, float16, but not bfloat16" in str(result.exception)
