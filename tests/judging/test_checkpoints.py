"""Long training judged from the backend's own state: the epoch that goes wrong has a name."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from itertools import chain, cycle, repeat
from math import inf, nan, nextafter
from typing import Any

import pytest
from vector_files import with_op

from backproof import Backend, Params
from backproof.judging.one_backend import run_vector
from backproof.judging.sentences import describe_deviation
from backproof.ports.in_process_driver import InProcessDriver
from backproof.text.resources import resource_folder
from backproof.truth.certified import Expected
from backproof.vectors.vectors import Vector, expected_for_entry, load_file


@pytest.fixture(scope="module")
def hundred_epochs() -> Vector:
    """The tutorial's 100 epochs, anchored after each of the first twelve."""
    vectors = load_file(resource_folder("fixtures") / "long.json").vectors
    (found,) = (vector for vector in vectors if vector.id == "long/100-epochs")
    return replace(found, checkpoints=tuple(range(12)))


def trained_by(reference: type[Backend], train: Any) -> InProcessDriver:
    """Return the reference backend with another `train`."""
    return InProcessDriver(type("Trained", (reference,), {"train": train}))


def test_a_right_backend_passes_at_every_anchor(
    reference: type[Backend], hundred_epochs: Vector
) -> None:
    result = run_vector(InProcessDriver(reference), hundred_epochs, "float64")
    assert result.outcome == "pass"
    assert sorted({d.epoch for d in result.deviations if d.epoch}) == list(range(1, 13))


@pytest.mark.parametrize("last_right", [1, 5, 9])
def test_the_first_wrong_epoch_is_named(
    reference: type[Backend], hundred_epochs: Vector, last_right: int
) -> None:
    """After `last_right` epochs the learning rate is one in a million too large."""

    def train(self: Any, params: Params, X: Any, T: Any, **options: Any) -> Params:
        epochs = options.pop("epochs")
        rate = options.pop("learning_rate")
        first = min(epochs, last_right)
        ask = super(type(self), self).train
        params = ask(params, X, T, epochs=first, learning_rate=rate, **options)
        rate *= 1 + 1e-6
        rest: Params = ask(params, X, T, epochs=epochs - first, learning_rate=rate, **options)
        return rest

    result = run_vector(trained_by(reference, train), hundred_epochs, "float64")
    assert result.outcome == "fail"
    assert result.wrong_deviations[0].epoch == last_right + 1
    assert describe_deviation(result.wrong_deviations[0], "train").startswith(
        f"after epoch {last_right + 1}, started from its state after {last_right}, W1[0][0] (w1)"
    )


def test_momentum_is_caught_in_the_first_epoch_that_it_reaches(
    reference: type[Backend], hundred_epochs: Vector
) -> None:
    """The first epoch is taken at rest, so the second is the first to be carried on."""

    def train(self: Any, params: Params, X: Any, T: Any, **options: Any) -> Params:
        epochs = options.pop("epochs")
        ask = super(type(self), self).train
        before = params
        for _ in range(epochs):
            after = ask(params, X, T, epochs=1, **options)
            carried = [
                [w + 0.1 * (now - then) for w, now, then in zip(*rows, strict=True)]
                for rows in zip(after.W2, params.W2, before.W2, strict=True)
            ]
            before, params = params, after._replace(W2=carried)
        return params

    result = run_vector(trained_by(reference, train), hundred_epochs, "float64")
    assert result.wrong_deviations[0].epoch == 2
    assert result.wrong_deviations[0].quantity == "W2[0][0]"


@pytest.mark.parametrize("lost", [nan, inf, -inf])
def test_numbers_that_leave_the_finite_end_the_judgement(
    reference: type[Backend], hundred_epochs: Vector, lost: float
) -> None:
    def train(self: Any, params: Params, X: Any, T: Any, **options: Any) -> Params:
        trained: Params = super(type(self), self).train(params, X, T, **options)
        return trained._replace(b1=lost) if options["epochs"] > 3 else trained

    result = run_vector(trained_by(reference, train), hundred_epochs, "float64")
    assert [(d.epoch, d.quantity, d.problem) for d in result.wrong_deviations] == [
        (4, "b1", "is not finite"),
        (None, "b1", "is not finite"),
    ]
    assert result.message == f"after 4 epochs b1 is {lost}"


@pytest.mark.parametrize("lost", [1e308, 1e200], ids=["near-overflow", "far-out"])
def test_parameters_that_go_astray_fail_and_do_not_end_the_check(
    reference: type[Backend], hundred_epochs: Vector, lost: float
) -> None:
    def train(self: Any, params: Params, X: Any, T: Any, **options: Any) -> Params:
        trained: Params = super(type(self), self).train(params, X, T, **options)
        return trained._replace(W2=[[lost] * 2] * 2) if options["epochs"] == 3 else trained

    result = run_vector(trained_by(reference, train), hundred_epochs, "float64")
    assert result.outcome == "fail"
    assert result.wrong_deviations[0].epoch == 3
    assert result.message.startswith("after 3 epochs the parameters diverged: ")


def test_a_training_that_fails_on_the_way_is_no_pass(
    reference: type[Backend], hundred_epochs: Vector
) -> None:
    def train(self: Any, params: Params, X: Any, T: Any, **options: Any) -> Params:
        if options["epochs"] != 100:
            raise RuntimeError("only all at once")
        trained: Params = super(type(self), self).train(params, X, T, **options)
        return trained

    result = run_vector(trained_by(reference, train), hundred_epochs, "float64")
    assert result.outcome == "error"
    assert result.message.startswith("train raised RuntimeError: only all at once (")


def drifting(
    reference: type[Backend],
    directions: Iterable[float | None],
    *,
    after_epoch: int = 0,
    rate_factor: float = 1.0,
) -> InProcessDriver:
    """Return a backend that ends each epoch with w5 moved to the next number.

    Each request takes one of `directions`: up, down, or (None) not at all. One such step is well
    within the bound of an epoch; two runs that take different directions end far apart.
    """
    directions = iter(directions)

    def train(self: Any, params: Params, X: Any, T: Any, **options: Any) -> Params:
        direction, epochs = next(directions), options.pop("epochs")
        rate = options.pop("learning_rate") * rate_factor
        ask = super(type(self), self).train
        for epoch in range(epochs):
            params = ask(params, X, T, epochs=1, learning_rate=rate, **options)
            if direction is not None and epoch >= after_epoch:
                (w5, w6), second = params.W2
                params = params._replace(W2=[[nextafter(w5, direction), w6], second])
        return params

    return trained_by(reference, train)


def test_a_training_that_varies_is_evaluated_epoch_by_epoch(
    reference: type[Backend], hundred_epochs: Vector
) -> None:
    """Its runs are too far apart for one to go on from the state of another."""
    asked = replace(hundred_epochs, checkpoints=(0, 12, 97))
    result = run_vector(drifting(reference, cycle([inf, -inf])), asked, "float64")
    assert (result.outcome, result.wrong_deviations) == ("varies", [])
    assert result.message.startswith("for the same request, ")
    assert {d.epoch for d in result.deviations} == {1, 13, 98, None}


@pytest.mark.parametrize("request_number", range(4), ids=["first", "again", "before", "after"])
def test_one_request_that_varies_makes_no_epoch_wrong(
    reference: type[Backend], hundred_epochs: Vector, request_number: int
) -> None:
    """Both requests for the whole training may by chance give the same bits."""
    asked = replace(hundred_epochs, checkpoints=(97,))
    directions = chain(repeat(None, request_number), [inf], repeat(None))
    result = run_vector(drifting(reference, directions), asked, "float64")
    assert (result.outcome, result.wrong_deviations) == ("varies", [])


def test_a_training_may_vary_in_its_later_epochs_only(
    reference: type[Backend], hundred_epochs: Vector
) -> None:
    asked = replace(hundred_epochs, checkpoints=(40, 97))
    backend = drifting(reference, cycle([inf, -inf]), after_epoch=50)
    result = run_vector(backend, asked, "float64")
    assert (result.outcome, result.wrong_deviations) == ("varies", [])


def test_a_training_that_always_drifts_alike_does_not_vary(
    reference: type[Backend], hundred_epochs: Vector
) -> None:
    result = run_vector(drifting(reference, repeat(inf)), hundred_epochs, "float64")
    assert (result.outcome, result.message) == ("pass", "")


def test_a_training_that_varies_and_is_wrong_fails_in_the_epoch_that_is(
    reference: type[Backend], hundred_epochs: Vector
) -> None:
    """No bound says anything of its end, so only the checkpoint can show it."""
    unbounded = {
        quantity: Expected(number.value, Decimal("Infinity"))
        for quantity, number in hundred_epochs.expected["float64"].items()
    }
    asked = replace(hundred_epochs, checkpoints=(12,), expected={"float64": unbounded})
    backend = drifting(reference, cycle([inf, -inf]), rate_factor=1 + 1e-6)
    result = run_vector(backend, asked, "float64")
    assert (result.outcome, result.wrong_deviations[0].epoch) == ("fail", 13)


def test_biases_stay_where_no_bound_says_anything_of_the_weights() -> None:
    """Trained too, they are no better known than the weights."""
    biases = {"b1": "0.390625", "b2": "0.419921875"}  # 0.39 and 0.42 in bfloat16
    changed: dict[str, Any] = {"inputs__params__b1": "0.39", "inputs__params__b2": "0.42"}
    long = with_op("train", inputs__epochs=300, anchors=[0, 299], **changed)
    known = {
        name: n for name, n in expected_for_entry(long, "bfloat16").items() if n.bound.is_finite()
    }
    assert {name: (n.value, n.bound) for name, n in known.items()} == {
        name: (Decimal(value), Decimal(0)) for name, value in biases.items()
    }
    long["inputs"]["train_biases"] = True
    assert not any(n.bound.is_finite() for n in expected_for_entry(long, "bfloat16").values())
