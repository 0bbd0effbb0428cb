"""Backends that are wrong in rare conditions only: each fails the test vectors made for them."""

import re
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Command, files
from tampering import with_every_number

from backproof import Backend, Params
from backproof.interface import Matrix
from backproof.judging.one_backend import check_backend
from backproof.network.inputs import Inputs, Op
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.responses import Response
from backproof.vectors.vectors import select

# mypy: disable-error-code="safe-super"
# Each class is mixed into a backend that is right, so that `super()` has what `Backend` leaves out.


class AbsoluteLearningRate(Backend):
    def train(self, *rows: Any, learning_rate: float, **options: Any) -> Params:
        return super().train(*rows, learning_rate=abs(learning_rate), **options)


class RowsInReverseAfter200Epochs(Backend):
    def train(self, params: Params, X: Matrix, T: Matrix, *, epochs: int, **options: Any) -> Params:
        early = super().train(params, X, T, epochs=min(epochs, 200), **options)
        return super().train(early, X[::-1], T[::-1], epochs=max(epochs - 200, 0), **options)


class LearningRateHalvedAfter1000Epochs(Backend):
    def train(
        self, params: Params, *rows: Matrix, learning_rate: float, epochs: int, **options: Any
    ) -> Params:
        options |= {"learning_rate": learning_rate, "epochs": min(epochs, 1000)}
        early = super().train(params, *rows, **options)
        options |= {"learning_rate": learning_rate / 2, "epochs": max(epochs - 1000, 0)}
        return super().train(early, *rows, **options)


class StopsAtALossBelow1e6(Backend):
    def train(self, params: Params, *rows: Matrix, epochs: int, **options: Any) -> Params:
        for _ in range(epochs):
            if sum(self.loss(params, *rows).total) < 1e-6:
                break
            params = super().train(params, *rows, epochs=1, **options)
        return params


class BiasesTrainedAboveALearningRateOf1(Backend):
    def train(
        self, *rows: Any, learning_rate: float, train_biases: bool = False, **options: Any
    ) -> Params:
        options |= {"learning_rate": learning_rate, "train_biases": train_biases}
        return super().train(*rows, **options | {"train_biases": train_biases or learning_rate > 1})


class GradientsInFloat32BelowALearningRateOf1e3(Backend):
    def train(self, *rows: Any, learning_rate: float, **options: Any) -> Params:
        self.rounds = learning_rate < 1e-3
        trained = super().train(*rows, learning_rate=learning_rate, **options)
        self.rounds = False
        return trained

    def gradients(self, *rows: Any) -> Params:
        exact = super().gradients(*rows)
        return with_every_number(exact, in_float32) if getattr(self, "rounds", False) else exact


class CachesByInputsTo12Digits(Backend):
    digits = "X"

    def forward(self, *given: Any) -> Any:
        return self.cached("forward", *given)

    def loss(self, *given: Any) -> Any:
        return self.cached("loss", *given)

    def gradients(self, *given: Any) -> Any:
        return self.cached("gradients", *given)

    def train(self, *given: Any, **options: Any) -> Any:
        return self.cached("train", *given, **options)

    def cached(self, op: str, params: Params, *rows: Matrix, **options: Any) -> Any:
        cache = self.__dict__.setdefault("cache", {})
        given = {"params": params, **dict(zip("XT", rows, strict=False))}
        given |= {self.digits: to_12_digits(given.get(self.digits))}
        key = repr((op, given, options))
        if key not in cache:
            cache[key] = getattr(super(), op)(params, *rows, **options)
        return cache[key]


class CachesByWeightsTo12Digits(CachesByInputsTo12Digits):
    digits = "params"


class CachesByTargetsTo12Digits(CachesByInputsTo12Digits):
    digits = "T"


def in_float32(x: float) -> float:
    [nearest] = struct.unpack("f", struct.pack("f", x))
    return float(nearest)


def to_12_digits(nested: Any) -> Any:
    if isinstance(nested, list | tuple):
        return [to_12_digits(item) for item in nested]
    return f"{nested:.12g}" if isinstance(nested, float) else nested


def case(habit: Any, attempt: str, *caught_by: str) -> Any:
    row = (
        "A backend that is wrong where nobody looks",
        attempt,
        f"`fail`: {', '.join(f'`{name}`' for name in caught_by)}",
    )
    return pytest.param(habit, caught_by, id=attempt, marks=pytest.mark.hostile(*row))


@pytest.mark.parametrize(
    ("habit", "caught_by"),
    [
        case(
            AbsoluteLearningRate,
            "the learning rate's absolute value is used",
            "hard/updates/of-minus-0-3",
        ),
        case(
            RowsInReverseAfter200Epochs,
            "rows are trained in reverse after epoch 200",
            "long/two-rows",
        ),
        case(
            LearningRateHalvedAfter1000Epochs,
            "the learning rate is halved after epoch 1,000",
            "long/two-rows",
        ),
        case(
            StopsAtALossBelow1e6,
            "training stops at a loss below 1e-6",
            "hard/targets/missed-by-1e-4",
            "hard/targets/missed-by-1e-10",
        ),
        case(
            BiasesTrainedAboveALearningRateOf1,
            "biases are trained, unasked, if the learning rate exceeds 1",
            "hard/updates/of-40",
        ),
        case(
            GradientsInFloat32BelowALearningRateOf1e3,
            "gradients go through float32 if the learning rate is below 1e-3",
            "hard/updates/of-minus-0-3",
            "hard/updates/of-0-0005",
            "hard/updates/from-zero",
        ),
        case(
            CachesByInputsTo12Digits,
            "results are cached by X to 12 digits",
            *(f"hard/state/nearly-the-same-inputs/{op}" for op in ("forward", "loss")),
            *(f"hard/state/nearly-the-same-inputs/{op}" for op in ("gradients", "train")),
        ),
        case(
            CachesByWeightsTo12Digits,
            "results are cached by the parameters to 12 digits",
            *(f"hard/state/nearly-the-same-weights/{op}" for op in ("forward", "loss")),
            *(f"hard/state/nearly-the-same-weights/{op}" for op in ("gradients", "train")),
        ),
        case(
            CachesByTargetsTo12Digits,
            "results are cached by T to 12 digits",
            *(f"hard/state/nearly-the-same-targets/{op}" for op in ("loss", "gradients", "train")),
        ),
    ],
)
def test_a_rare_mistake_fails_the_vectors_made_for_it_and_passes_all_others(
    reference: type[Backend], habit: type[Backend], caught_by: Sequence[str]
) -> None:
    broken = InProcessDriver(type("Broken", (habit, reference), {}))
    [run] = check_backend(broken, select(files()).vectors, ["float64"])
    failing = [result.vector.id for result in run.results if result.outcome != "pass"]
    assert failing == [*caught_by]


WRONG_AFTER = """
from backproof import load

class Tiring(load("plain-python")):
    name = "tiring"
    calls = 0

    def forward(self, params, X):
        self.calls += 1
        answer = super().forward(params, X)
        return answer if self.calls <= {calls} else answer._replace(y=answer.h)
"""


@pytest.mark.parametrize(
    "calls",
    [
        400,
        pytest.param(
            200_000,
            marks=[
                pytest.mark.slow,
                pytest.mark.hostile(
                    "A backend that is wrong where nobody looks",
                    "numbers are wrong after 200,000 calls",
                    "`check` makes fewer than 5,000 requests in a dtype and does not see it; "
                    "`fuzz --nets 50010`, with 4 calls for each network, does",
                ),
            ],
        ),
    ],
)
def test_a_mistake_after_many_calls_is_found_by_many_networks(
    backproof: Command, tmp_path: Path, calls: int
) -> None:
    """Each of the four requests for a network calls `forward` once."""
    path = tmp_path / "tiring.py"
    path.write_text(WRONG_AFTER.format(calls=calls), encoding="utf-8")
    done = backproof("fuzz", path, "--nets", calls // 4 + 10)
    assert done.status == 1
    [first, *_] = re.findall(r"tiring.py float64, seed (\d+), \w+: .* exceeds its", done.out)
    assert int(first) > calls // 4


def test_a_check_makes_fewer_requests_than_the_page_says(reference: type[Backend]) -> None:
    class Counting(InProcessDriver):
        requests = 0

        def run_op(self, op: Op, dtype: str, inputs: Inputs) -> Response:
            self.requests += 1
            return super().run_op(op, dtype, inputs)

    driver = Counting(reference)
    [*_] = check_backend(driver, select(files()).vectors, ["float64"])
    assert 1_000 < driver.requests < 5_000
