"""A field that a backend leaves out is unsupported; its other numbers are evaluated as ever."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from by_hand import result, run, vector
from flint import ctx
from tampering import answering, with_number

from backproof import UNSUPPORTED, Backend, Forward, Params
from backproof.judging.agreements import measure_agreements
from backproof.judging.checking import CheckResult
from backproof.judging.fuzzing import PRECISION, Tally, draw_inputs, enclose_outputs
from backproof.judging.known_failures import KnownFailure, KnownFailures
from backproof.judging.one_backend import check_backend, run_vector
from backproof.judging.results import Result, Run
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import Op
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.responses import OUTPUT_TYPES, Output
from backproof.text.resources import resource_folder
from backproof.vectors.vectors import Vector, VectorFile, load_file, parse_inputs

FIELDS = [(op, field) for op, kind in OUTPUT_TYPES.items() for field in kind._fields]
EVERY_FIELD = pytest.mark.parametrize(
    ("op", "field"), FIELDS, ids=[f"{field} of {op}" for op, field in FIELDS]
)
OF_ONE_ROW = {
    "forward": "tutorial/row-1/forward",
    "loss": "tutorial/row-1/loss",
    "gradients": "tutorial/row-1/gradients",
    "train": "tutorial/row-1/step-with-biases",
}


def lacking(*fields: str) -> Callable[[Any], Any]:
    """Return a change of an output that leaves these fields out."""
    return lambda fields_: fields_._replace(**dict.fromkeys(fields, UNSUPPORTED))


def run_without(
    backend: type[Backend], asked: Vector, *fields: str, wrong: str | None = None
) -> Result:
    """Run a vector on a backend that leaves fields out, and perhaps gets one number wrong."""

    def changed(output: Any) -> Any:
        output = with_number(output, wrong, 7.0) if wrong else output
        return lacking(*fields)(output)

    broken = answering(backend, asked.op, changed)
    return run_vector(InProcessDriver(broken), asked, "float64")


@EVERY_FIELD
def test_a_field_that_is_left_out_is_unsupported_and_the_others_are_evaluated(
    reference: type[Backend], tutorials: dict[str, Vector], op: Op, field: str
) -> None:
    asked = tutorials[OF_ONE_ROW[op]]
    found = run_without(reference, asked, field)
    assert (found.outcome, found.message) == ("unsupported", f"{field} of {op}")
    evaluated = [d.quantity for d in found.deviations]
    assert evaluated == [q for q in asked.expected["float64"] if q.partition("[")[0] != field]


@EVERY_FIELD
def test_a_wrong_number_fails_whatever_else_is_left_out(
    reference: type[Backend], tutorials: dict[str, Vector], op: Op, field: str
) -> None:
    asked = tutorials[OF_ONE_ROW[op]]
    wrong = next(q for q in asked.expected["float64"] if q.partition("[")[0] == field)
    others = [name for name in OUTPUT_TYPES[op]._fields if name != field]
    found = run_without(reference, asked, *others, wrong=wrong)
    assert found.outcome == "fail"
    assert [d.quantity for d in found.wrong_deviations] == [wrong]


@pytest.mark.parametrize("op", OUTPUT_TYPES)
def test_an_op_of_which_every_field_is_left_out_is_unsupported(
    reference: type[Backend], tutorials: dict[str, Vector], op: Op
) -> None:
    fields = OUTPUT_TYPES[op]._fields
    found = run_without(reference, tutorials[OF_ONE_ROW[op]], *fields)
    assert (found.outcome, found.message, found.deviations) == ("unsupported", op, ())
    assert len(found.unsupported_fields) == len(fields)


@pytest.mark.parametrize("leaves_out_first", [True, False], ids=["first time", "second time"])
def test_a_field_that_is_left_out_only_sometimes_is_an_error(
    reference: type[Backend], tutorials: dict[str, Vector], leaves_out_first: bool
) -> None:
    calls: list[bool] = []

    def alternating(output: Any) -> Any:
        calls.append(len(calls) % 2 == 0)
        return lacking("h")(output) if calls[-1] is leaves_out_first else output

    broken = answering(reference, "forward", alternating)
    found = run_vector(InProcessDriver(broken), tutorials[OF_ONE_ROW["forward"]], "float64")
    assert (found.outcome, found.message) == (
        "error",
        "h[0][0] is unsupported in one of two responses to the same request",
    )


@pytest.fixture(scope="module")
def hundred_epochs() -> Vector:
    vectors = load_file(resource_folder("fixtures") / "long.json").vectors
    return next(found for found in vectors if found.id == "long/100-epochs")


def test_long_training_without_its_biases_is_evaluated_at_its_end_only(
    reference: type[Backend], hundred_epochs: Vector
) -> None:
    """A checkpoint starts from the parameters before it, which are not all known."""
    assert hundred_epochs.checkpoints
    found = run_without(reference, hundred_epochs, "b1", "b2")
    assert (found.outcome, found.message) == ("unsupported", "b1 and b2 of train")
    assert {(d.quantity[:2], d.epoch) for d in found.deviations} == {("W1", None), ("W2", None)}
    assert run_without(reference, hundred_epochs, "b1", wrong="W2[1][1]").outcome == "fail"


def test_a_field_that_is_left_out_at_a_checkpoint_only_is_unsupported(
    reference: type[Backend], hundred_epochs: Vector
) -> None:
    epochs = hundred_epochs.checkpoints[1] + 1

    def train(self: Backend, *args: Any, **options: Any) -> Params:
        trained = reference.train(self, *args, **options)
        return trained._replace(W1=UNSUPPORTED) if options["epochs"] == epochs else trained

    broken = type("Broken", (reference,), {"train": train})
    found = run_vector(InProcessDriver(broken), hundred_epochs, "float64")
    assert (found.outcome, found.message) == ("unsupported", "W1 of train")


def checked(backend: type[Backend], vectors: list[Vector]) -> Run:
    (found,) = check_backend(InProcessDriver(backend), vectors, ["float64"])
    return found


def test_a_run_counts_what_is_unsupported_quantity_by_quantity(
    reference: type[Backend], tutorial: VectorFile
) -> None:
    """Gradients and trained parameters have names of their own; a whole op counts, too."""
    no_biases = answering(reference, "train", lacking("b1", "b2"))
    no_loss = answering(no_biases, "loss", lacking("per_output", "total"))
    vectors = [v for v in tutorial.vectors if v.id in OF_ONE_ROW.values()]
    found = checked(no_loss, vectors)
    assert found.unsupported_counts == {
        "per_output": 1,
        "total": 1,
        "params.b1": 1,
        "params.b2": 1,
    }
    assert len(found.fields) == len(FIELDS)
    assert found.error_ratios.keys() == {*found.fields} - found.unsupported_counts.keys()


UNSUPPORTED_H = Result(vector({"h": ("1", "1")}, name="part"), "unsupported", unsupported=("h",))
GIVEN = vector({"h": ("1", "1"), "y": ("1", "1")}, name="given")
PART = replace(result(GIVEN, {"y": 1.0}, "unsupported"), unsupported=("h",))
RIGHT = result(GIVEN, {"h": 1.0, "y": 1.0})
WRONG = result(GIVEN, {"h": 3.0, "y": 1.0}, "fail")
EXCUSED = replace(WRONG, known_reason="It rounds twice.")


@pytest.mark.parametrize(
    ("results", "in_part"),
    [
        ([PART], True),
        ([RIGHT, UNSUPPORTED_H], True),
        ([PART, EXCUSED], True),
        ([PART, WRONG], False),
        ([PART, Result(GIVEN, "not-run")], False),
        ([UNSUPPORTED_H], False),
        ([RIGHT], False),
        ([RIGHT, replace(PART, known_reason="It has no h.")], False),
        ([], False),
    ],
    ids=[
        "numbers that are given are right",
        "a whole op is unsupported",
        "a wrong number is known",
        "a number is wrong",
        "a test vector was not run",
        "no number was evaluated",
        "all conforms",
        "all is excused",
        "nothing was run",
    ],
)
def test_a_run_conforms_in_what_it_supports_if_nothing_else_is_amiss(
    results: list[Result], in_part: bool
) -> None:
    found = run("any", *results)
    assert found.conforms_where_supported is in_part
    assert not (in_part and found.conforms)
    assert CheckResult([], [found]).partial_count == in_part


def test_an_entry_for_what_is_unsupported_excuses_no_wrong_number() -> None:
    entry = KnownFailure(1, "*", "It has no h.", date.max, outcomes=("unsupported",))
    applied = KnownFailures((entry,)).apply([run("part", PART), run("wrong", WRONG)], date.min)
    assert [found.conforms for found in applied.runs] == [True, False]


def test_backends_are_compared_number_by_number_where_one_leaves_some_out() -> None:
    two = vector({"h": ("1", "1"), "y": ("2", "1")}, name="two")
    whole, part = result(two, {"h": 1.0, "y": 2.0}), result(two, {"y": 2.0}, "unsupported")
    for pair in ([whole, part], [part, whole]):
        ((found,),) = measure_agreements(run(f"{n}", r) for n, r in enumerate(pair)).values()
        assert found.max_error == 0


@pytest.mark.parametrize(
    ("number", "counts"), [(None, (0, 1, 0)), (7.0, (1, 0, 1))], ids=["right", "wrong"]
)
def test_random_networks_count_it_unsupported_unless_a_number_is_wrong(
    reference: type[Backend], number: float | None, counts: tuple[int, int, int]
) -> None:
    inputs = parse_inputs(draw_inputs(1)).rounded(FORMATS["float64"])
    response = InProcessDriver(reference).run_op("forward", "float64", inputs)
    assert isinstance(response, Output)
    fields = lacking("h", "y")(response.fields)
    if number is not None:
        fields = with_number(fields, "out_y[0][1]", number)
    assert isinstance(fields, Forward)
    tally = Tally("any", "float64")
    with ctx.workprec(PRECISION):
        wanted = enclose_outputs(inputs, FORMATS["float64"])
        tally.record(1, "forward", Output(fields), wanted["forward"])
    assert (tally.evaluated, tally.unsupported, len(tally.counterexamples)) == counts
    assert tally.error_ratios.keys() == {"forward"}
