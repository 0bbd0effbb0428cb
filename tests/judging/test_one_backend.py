"""What came of a run, and how far two backends are apart."""

import math

import pytest
from by_hand import result, run, vector
from tampering import answering, with_every_number

from backproof import Backend, load
from backproof.diagnosis.search import add_diagnosis
from backproof.judging.agreements import measure_agreements
from backproof.judging.one_backend import check_backend
from backproof.judging.results import OUTCOMES, SEVERITY, Outcome, Result, Run
from backproof.ports.in_process_driver import InProcessDriver
from backproof.vectors.vectors import VectorFile

Y = vector({"y[0][0]": ("1", "1e-6")}, name="y")
TWO = vector({"h[0][0]": ("1", "1e-6"), "y[0][0]": ("1", "1e-6")}, name="two")
ULP = 2.0**-23


def of(*outcomes: Outcome) -> Run:
    return run("any", *(Result(Y, outcome) for outcome in outcomes))


@pytest.mark.parametrize(
    ("outcomes", "outcome"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "unsupported"], "unsupported"),
        (["unsupported", "not-run", "pass"], "not-run"),
        (["pass", "varies", "not-run"], "varies"),
        (["not-run", "fail", "pass"], "fail"),
        (["varies", "fail"], "fail"),
        (["fail", "error"], "error"),
        (["error", "timeout"], "timeout"),
        (["timeout", "crash"], "crash"),
        ([], "not-run"),
    ],
)
def test_a_run_is_as_bad_as_its_worst_vector(outcomes: list[Outcome], outcome: str) -> None:
    assert of(*outcomes).outcome == of(*outcomes[::-1]).outcome == outcome


def test_every_outcome_has_its_severity() -> None:
    assert sorted(SEVERITY) == sorted(OUTCOMES)


@pytest.mark.parametrize(
    ("outcomes", "conforms"),
    [
        (["pass", "pass"], True),
        (["pass", "unsupported"], False),
        (["pass", "varies"], False),
        ([], False),
    ],
)
def test_a_run_conforms_only_if_all_was_run_and_passes(
    outcomes: list[Outcome], conforms: bool
) -> None:
    assert of(*outcomes).conforms is conforms


def test_a_run_without_a_dtype_is_unavailable() -> None:
    assert run("any", dtype=None).outcome == "unavailable"


def test_every_outcome_is_counted_even_if_none_came_to_it() -> None:
    assert of("pass", "fail", "pass").counts == {
        "pass": 2,
        "fail": 1,
        "varies": 0,
        "unsupported": 0,
        "error": 0,
        "crash": 0,
        "timeout": 0,
        "not-run": 0,
    }


def test_the_first_wrong_number_is_that_of_the_calculation_not_the_worst() -> None:
    first = result(Y, {"y[0][0]": 1.0})
    second = result(TWO, {"h[0][0]": 1.125, "y[0][0]": 1.5}, "fail")
    found = run("any", first, second)
    assert found.first_wrong is not None
    assert found.first_wrong[1].quantity == "h[0][0]"
    assert found.worst_result is not None
    assert (found.worst_result[0].vector.id, found.worst_result[1].quantity) == ("two", "y[0][0]")


def test_the_worst_number_of_a_run_that_fails_is_at_a_finite_distance_if_one_is() -> None:
    """Infinite errors are all alike, and would hide by how much the others miss."""
    lost = result(TWO, {"h[0][0]": math.nan, "y[0][0]": math.inf}, "fail")
    off = result(Y, {"y[0][0]": 1.5}, "fail")
    worst = run("any", off, lost).worst_result
    assert worst is not None
    assert worst[0].vector.id == "y"
    worst = run("any", lost, result(Y, {"y[0][0]": 1.0})).worst_result
    assert worst is not None
    assert worst[0].vector.id == "two"


def test_a_run_of_which_nothing_was_judged_has_no_worst_number() -> None:
    assert of("error", "unsupported").worst_result is None
    assert of("error", "unsupported").first_wrong is None


def test_a_gradient_of_the_output_layer_comes_before_those_of_the_hidden_one() -> None:
    asked = vector({"W1[0][0]": ("1", "0"), "W2[1][1]": ("1", "0")}, op="gradients")
    found = run("any", result(asked, {"W1[0][0]": 2.0, "W2[1][1]": 2.0}, "fail"))
    assert [d.quantity for d in found.results[0].wrong_deviations] == ["W2[1][1]", "W1[0][0]"]


def test_clues_are_sought_only_where_there_is_no_diagnosis(tutorial: VectorFile) -> None:
    def checked(broken: str) -> Run:
        (found,) = check_backend(InProcessDriver(load(broken)), tutorial.vectors[:4], ["float64"])
        assert found.diagnosis is None
        return add_diagnosis(found)

    known = checked("backproof.diagnosis.broken:GradientHalved")
    assert known.diagnosis
    assert known.clues == ()
    right = checked("backproof.diagnosis.broken:Right")
    assert right.diagnosis is None
    assert right.clues == ()


def test_clues_are_given_where_nothing_explains_the_numbers(
    reference: type[Backend], tutorial: VectorFile
) -> None:
    zeros = answering(reference, "forward", lambda f: with_every_number(f, lambda _: 0.0))
    (found,) = check_backend(InProcessDriver(zeros), tutorial.vectors, ["float64"])
    undiagnosed = add_diagnosis(found)
    assert undiagnosed.diagnosis == ()
    (clue,) = undiagnosed.clues
    assert clue.startswith("Every wrong number of the forward pass is 0.0, for every input")
    assert clue.endswith(": 40 numbers in 2 test vectors.")


def test_headroom_is_told_by_quantity_and_by_what_is_differentiated_or_trained() -> None:
    gradients = vector({"W1[0][0]": ("1", "0.5"), "W1[1][1]": ("1", "0.5")}, op="gradients")
    trained = vector({"W1[0][0]": ("1", "0.5"), "b2": ("1", "0")}, op="train")
    found = run(
        "any",
        result(gradients, {"W1[0][0]": 1.125, "W1[1][1]": 1.25}),
        result(trained, {"W1[0][0]": 1.0625, "b2": 1.0}),
    )
    assert found.error_ratios == {"gradients.W1": 0.5, "params.W1": 0.125, "params.b2": 0.0}


def test_a_check_runs_each_dtype_that_is_claimed_and_wanted(
    backend: type[Backend], tutorial: VectorFile
) -> None:
    wanted = ["float16", "float64"]
    one = [tutorial.vectors[0]]
    runs = list(check_backend(InProcessDriver(backend), one, wanted))
    assert [r.dtype for r in runs] == [dtype for dtype in backend.dtypes if dtype in wanted]
    assert all([r.vector.id for r in found.results] == [one[0].id] for found in runs)


def test_a_vector_is_not_put_in_a_dtype_in_which_it_is_not_judged(
    reference: type[Backend], tutorial: VectorFile
) -> None:
    """`Y` expects something in float32 alone; where nothing is asked, nothing is passed either."""
    first = tutorial.vectors[0]
    (found,) = check_backend(InProcessDriver(reference), [Y, first], ["float64"])
    assert [r.vector for r in found.results] == [first]
    (nothing,) = check_backend(InProcessDriver(reference), [Y], ["float64"])
    assert (nothing.results, nothing.outcome) == ([], "not-run")


def test_backends_are_compared_two_by_two_in_each_dtype() -> None:
    runs = [
        run("a", result(Y, {"y[0][0]": 1.0}), result(TWO, {"h[0][0]": 1.0, "y[0][0]": 1.0})),
        run("b", result(Y, {"y[0][0]": 1 + ULP}), result(TWO, {"h[0][0]": 1.0, "y[0][0]": 1.0})),
        run("c", result(TWO, {"h[0][0]": 1.0, "y[0][0]": 1 + 3 * ULP})),
        run("d", dtype="float16"),
        run("e", dtype=None),
    ]
    found = measure_agreements(runs)
    assert found.keys() == {"float32", "float16"}
    assert [(p.a, p.b, p.max_error, p.vector) for p in found["float32"]] == [
        ("a", "b", 1.0, "y"),
        ("a", "c", 3.0, "two"),
        ("b", "c", 3.0, "two"),
    ]
    assert found["float16"] == []


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        (math.nan, math.nan, 0.0),
        (math.inf, math.inf, 0.0),
        (math.inf, -math.inf, math.inf),
        (math.nan, 1.0, math.inf),
        (1e308, -1e308, math.inf),
        (1.0, 1 - ULP, 1.0),
    ],
)
def test_numbers_that_are_not_finite_agree_with_themselves_alone(
    a: float, b: float, apart: float
) -> None:
    pair = [run("a", result(Y, {"y[0][0]": a})), run("b", result(Y, {"y[0][0]": b}))]
    (found,) = measure_agreements(pair)["float32"]
    assert found.max_error == apart
