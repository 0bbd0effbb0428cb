"""The tutorial's program as a port: six mistakes, each where it belongs, and nothing else."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from checkout import ROOT
from conftest import Finished

from backproof import Backend, Params, load
from backproof.judging.deviations import measure_deviations
from backproof.network.inputs import map_parameters
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.responses import Output, Unsupported
from backproof.vectors.vectors import Vector

Tutorial = Mapping[str, Vector]

PORT = ROOT / "examples/tutorial_program/port.py"
MISTAKES = (
    "forward-once",
    "first-row-hidden",
    "error-of-output-1",
    "error-of-hidden-1",
    "initial-weights-back",
    "rounded-gradients",
)
HIDDEN = ("W1[0][0]", "W1[0][1]", "W1[1][0]", "W1[1][1]")
OUTPUT = ("W2[0][0]", "W2[0][1]", "W2[1][0]", "W2[1][1]")
BOTH = HIDDEN + OUTPUT
EVERY = (*HIDDEN, "b1", *OUTPUT, "b2")
NONE: tuple[str, ...] = ()
RIGHT = ("row-1/forward", "row-1/loss", "all-rows/forward", "all-rows/loss")
SUPPORTED = (
    *RIGHT,
    "row-1/gradients",
    "row-1/step",
    "all-rows/gradients",
    "1-epoch/per-row",
    "10-epochs/per-row",
    "100-epochs/per-row",
)


@pytest.fixture(scope="module")
def program() -> type[Backend]:
    return load(str(PORT))


def with_mistakes(program: type[Backend], *mistakes: str) -> type[Backend]:
    """Return the program with these of its mistakes alone."""
    return type("WithMistakes", (program,), {"mistakes": mistakes})


def answer(program: type[Backend], vector: Vector) -> Mapping[str, float]:
    reply = InProcessDriver(program).run_op(vector.op, "float64", vector.inputs)
    assert isinstance(reply, Output), reply
    return reply.numbers


def wrong(program: type[Backend], vector: Vector) -> tuple[str, ...]:
    """Name the numbers of an answer that exceed their error bounds."""
    judged = measure_deviations(vector, "float64", answer(program, vector))
    return tuple(deviation.quantity for deviation in judged if deviation.problem)


def test_it_ends_where_the_published_program_ends(
    program: type[Backend], tutorials: Tutorial
) -> None:
    """Its gradients being rounded, the weights that it ended with have few digits."""
    seen = {
        "W1[0][0]": 0.0755279,
        "W1[0][1]": 0.186096,
        "W1[1][0]": 0.1557481,
        "W1[1][1]": 0.4366222,
        "b1": 0.39,
        "W2[0][0]": -2.8213138,
        "W2[0][1]": -2.8134759,
        "W2[1][0]": -3.3666328,
        "W2[1][1]": -3.3421018,
        "b2": 0.42,
    }
    end = answer(program, tutorials["tutorial/100-epochs/per-row"])
    assert end == pytest.approx(seen, abs=1e-12, rel=0)


def test_right_training_ends_elsewhere(program: type[Backend], tutorials: Tutorial) -> None:
    end = answer(with_mistakes(program), tutorials["tutorial/100-epochs/per-row"])
    assert f"{end['W1[0][0]']:.10f}".startswith("0.10755877")


def test_nothing_in_it_ever_changes_from_epoch_to_epoch(
    program: type[Backend], tutorials: Tutorial
) -> None:
    """So 100 epochs are one epoch, taken a hundred times."""
    start = dict(zip(EVERY, tutorials["tutorial/row-1/step"].inputs.params.flatten(), strict=True))
    after_1 = answer(program, tutorials["tutorial/1-epoch/per-row"])
    after_100 = answer(program, tutorials["tutorial/100-epochs/per-row"])
    for path in BOTH:
        moved = after_1[path] - float(start[path])
        assert after_100[path] - float(start[path]) == pytest.approx(100 * moved, rel=1e-9)


@pytest.mark.parametrize("name", SUPPORTED)
def test_without_its_mistakes_it_conforms(
    program: type[Backend], tutorials: Tutorial, name: str
) -> None:
    assert wrong(with_mistakes(program), tutorials[f"tutorial/{name}"]) == ()


@pytest.mark.parametrize("name", RIGHT)
def test_its_forward_pass_and_its_errors_are_right(
    program: type[Backend], tutorials: Tutorial, name: str
) -> None:
    assert wrong(program, tutorials[f"tutorial/{name}"]) == ()


@pytest.mark.parametrize(
    ("mistake", "of_row_1", "of_all_rows", "after_a_step", "after_an_epoch"),
    [
        ("forward-once", NONE, NONE, NONE, BOTH),
        ("first-row-hidden", NONE, OUTPUT, NONE, BOTH),
        ("error-of-output-1", OUTPUT[2:], OUTPUT[2:], OUTPUT[2:], BOTH),
        ("error-of-hidden-1", HIDDEN[2:], HIDDEN[2:], HIDDEN[2:], BOTH),
        ("initial-weights-back", NONE, NONE, NONE, BOTH),
        ("rounded-gradients", EVERY, EVERY, BOTH, BOTH),
    ],
    ids=MISTAKES,
)
def test_each_mistake_shows_where_it_belongs_and_nowhere_else(
    program: type[Backend],
    tutorials: Tutorial,
    mistake: str,
    of_row_1: tuple[str, ...],
    of_all_rows: tuple[str, ...],
    after_a_step: tuple[str, ...],
    after_an_epoch: tuple[str, ...],
) -> None:
    alone = with_mistakes(program, mistake)
    assert wrong(alone, tutorials["tutorial/row-1/gradients"]) == of_row_1
    assert wrong(alone, tutorials["tutorial/all-rows/gradients"]) == of_all_rows
    assert wrong(alone, tutorials["tutorial/row-1/step"]) == after_a_step
    assert wrong(alone, tutorials["tutorial/1-epoch/per-row"]) == after_an_epoch


def test_it_has_no_more_mistakes_than_six(program: type[Backend]) -> None:
    assert tuple(vars(program)["mistakes"]) == MISTAKES


def test_the_derivative_of_an_output_is_rounded_before_it_is_used(
    program: type[Backend], tutorials: Tutorial
) -> None:
    """A large error shows it; 0.19864435 is the derivative as the tutorial prints it."""
    params, X = tutorials["tutorial/row-1/gradients"].inputs.params, [[0.03, 0.09]]
    floats = Params(*map_parameters(float, params))
    found = program().gradients(floats, X, [[-1000.0, 0.99]])
    assert found.W2[0][0] == pytest.approx(
        1000.7266178532238 * 0.19864435 * 0.6029088085515348, abs=1e-8, rel=0
    )
    exact = 1000.7266178532238 * 0.19864434860022660 * 0.6029088085515348
    assert abs(found.W2[0][0] - exact) > 5e-7


@pytest.mark.parametrize("name", ["row-1/step-with-biases", "1-epoch/batches-of-3"])
def test_what_the_program_cannot_do_is_unsupported(
    program: type[Backend], tutorials: Tutorial, name: str
) -> None:
    vector = tutorials[f"tutorial/{name}"]
    reply = InProcessDriver(program).run_op(vector.op, "float64", vector.inputs)
    assert isinstance(reply, Unsupported)


def test_a_check_loads_it_by_its_path_and_fails_it(
    backproof: Callable[..., Finished], fixtures: Path
) -> None:
    done = backproof("check", PORT, "--vectors", fixtures / "tutorial.json")
    assert done.status == 1
    row = next(line for line in done.out.splitlines() if line.startswith("tutorial-program "))
    assert row.split()[3:7] == ["fail", "4", "6", "16"]
    assert "W1[0][0] (w1) exceeds its error bound" in done.out
