"""The proof of the suite: every mistake is caught, and distinguished from every other.

A mistake is simulated in the arithmetic of a dtype, which is the same on every machine, and its
numbers are compared with the error bounds as those of a backend are. Nothing here depends on what
is installed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, combinations

from backproof.diagnosis.prepared_vectors import PreparedVector, Values, is_long
from backproof.diagnosis.tolerances import TOLERANCES
from backproof.errors import BoundUnavailable
from backproof.judging.requests import NoNumbers, Requests
from backproof.judging.results import Run
from backproof.judging.started_backends import start_backends
from backproof.network.float_formats import equal_nan
from backproof.network.mistakes import CATALOGUE, Mistake
from backproof.network.network import Network
from backproof.ports.remote_driver import RemoteDriver
from backproof.truth.arithmetics import MachineArithmetic
from backproof.truth.predictions import Prediction
from backproof.vectors.vectors import Vector, VectorFile

# Mistakes that are equivalent to another in this network, and why; only one is in the catalogue.
EQUIVALENT = (
    (
        "the mean of (t − o)² over the two outputs",
        "the correct total, ½ Σ (t − o)²",
        "over two outputs, the mean is half the sum, so `MSELoss` on one row is this loss",
    ),
    (
        "the gradient of the mean of (t − o)² over rows and outputs",
        "gradients-averaged-over-rows",
        "over two outputs, the mean is half the sum",
    ),
    (
        "training every row of an epoch with the gradients from the start of the epoch",
        "always-full-batch",
        "the steps add up to one step with the summed gradients",
    ),
    (
        "computing every gradient at the initial parameters",
        "forward-never-repeated together with hidden-delta-uses-initial-weights",
        "the gradients do not depend on the parameters in any other way",
    ),
    (
        "the gradient of the cross-entropy loss",
        "output-slope-missing",
        "the derivative of the sigmoid cancels, and the delta is o − t",
    ),
    (
        "SGD without `zero_grad`",
        "gradients-accumulated, or a momentum of 1",
        "each step uses the sum of all gradients so far",
    ),
)


# Pairs of mistakes in the catalogue that no test vector can distinguish, and why.
UNDECIDED = (
    (
        "sigmoid-argument-clipped-at-500",
        "sigmoid-by-tanh",
        "the latter loses the digits of small values, and the former is within its error bounds",
    ),
)

# The numbers of an implementation with a mistake.
Simulator = Callable[[type[Mistake], PreparedVector], Values]


def simulate_alone(mistake: type[Mistake], prepared: PreparedVector) -> Values:
    """Return the numbers of the network with a mistake."""
    return prepared.simulate(mistake)


def inject_into(answers: Mapping[str, Values]) -> Simulator:
    """Return a simulator of a backend with a mistake, given its own numbers by vector.

    It adds the difference that the mistake makes to each number, and rounds to the dtype. Numbers
    that the backend leaves out stay out.
    """

    def simulate(mistake: type[Mistake], prepared: PreparedVector) -> Values:
        own, nearest = answers[prepared.vector.id], MachineArithmetic(prepared.format).nearest
        mistaken = prepared.simulate(mistake)
        return {
            quantity: number
            if equal_nan(mistaken[quantity], prepared.correct_values[quantity])
            else nearest(number + (mistaken[quantity] - prepared.correct_values[quantity]))
            for quantity, number in own.items()
        }

    return simulate


@dataclass(frozen=True)
class Answers:
    """What a backend answered in one dtype."""

    values: Mapping[str, Values]  # its numbers, by vector id
    failures: Mapping[str, Sequence[str]]  # outcome and message → ids of the vectors without any
    failed: bool  # whether it did anything worse than leave out what it does not support


def request_all(
    spec: str, dtype: str, vectors: Sequence[PreparedVector], timeout: float
) -> Answers:
    """Run vectors on a backend; `timeout` is in seconds, to start and for each response.

    Raises `SpecError`, `Unavailable` or `BackproofError` if it cannot be loaded, is not installed,
    or does not support the dtype.
    """
    with start_backends([spec], [dtype], "cpu", timeout, explicit=True) as backends:
        (answers,) = backends.map(partial(_request_all, dtype, vectors))
    return answers


def _request_all(
    dtype: str, vectors: Sequence[PreparedVector], driver: RemoteDriver | Run
) -> Answers:
    if isinstance(driver, Run):
        ids = [prepared.vector.id for prepared in vectors]
        return Answers({}, {f"{driver.outcome}: {driver.message}": ids}, failed=True)
    values: dict[str, Values] = {}
    failures: dict[str, list[str]] = {}
    failed = False
    for prepared in vectors:
        vector = prepared.vector
        try:
            values[vector.id] = Requests(driver, vector, dtype).send(prepared.inputs)
        except NoNumbers as lack:
            failures.setdefault(f"{lack.outcome}: {lack}", []).append(vector.id)
            failed = failed or lack.outcome != "unsupported"
    return Answers(values, failures, failed)


def killing_vectors(
    mistake: type[Mistake],
    vectors: Iterable[PreparedVector],
    simulator: Simulator = simulate_alone,
) -> Iterator[Vector]:
    """Yield the vectors that catch a mistake; long training runs only if nothing shorter does."""
    for prepared, values in _run_vectors(mistake, vectors, simulator):
        if prepared.rejects(values):
            yield prepared.vector


@dataclass(frozen=True)
class KillResult:
    """The test vectors and the usual tolerances that catch one mistake, or do not."""

    killed_by: Mapping[str, int]  # file → how many of its vectors catch the mistake
    unnoticed_by: frozenset[str]  # the usual tolerances with which every vector passes

    @property
    def killed(self) -> bool:
        return any(self.killed_by.values())


def kill_results(
    files: Sequence[VectorFile],
    vectors: Sequence[PreparedVector],
    simulator: Simulator = simulate_alone,
) -> dict[str, KillResult]:
    """Return the kill result of every mistake, by id."""
    file_of = {vector.id: file.path.stem for file in files for vector in file.vectors}
    results = {}
    for name, mistake in CATALOGUE.items():
        killed_by = dict.fromkeys(file_of.values(), 0)
        passing = set(TOLERANCES)
        for prepared, values in _run_vectors(mistake, vectors, simulator):
            killed_by[file_of[prepared.vector.id]] += prepared.rejects(values)
            compared = prepared.format.name, values, prepared.reference_values
            passing = {tolerance for tolerance in passing if tolerance.accepts(*compared)}
        results[name] = KillResult(killed_by, frozenset(tolerance.name for tolerance in passing))
    return results


def _run_vectors(
    mistake: type[Mistake], vectors: Iterable[PreparedVector], simulator: Simulator
) -> Iterator[tuple[PreparedVector, Values]]:
    """Run vectors with a mistake; long training runs only if no other vector catches it."""
    affected = [prepared for prepared in vectors if mistake.affects(prepared.vector.op)]
    caught = False
    for prepared in sorted(affected, key=lambda prepared: is_long(prepared.vector)):
        if not (is_long(prepared.vector) and caught):
            values = simulator(mistake, prepared)
            caught = caught or prepared.rejects(values)
            yield prepared, values


def survivors(vectors: Sequence[PreparedVector]) -> list[str]:
    """List the mistakes that no vector catches."""
    return [
        name
        for name, mistake in CATALOGUE.items()
        if next(killing_vectors(mistake, vectors), None) is None
    ]


def is_equivalent(mistake: type[Mistake], vectors: Iterable[PreparedVector]) -> bool:
    """Whether a mistake makes no difference above the bounds, so that nothing could catch it."""
    return not any(
        _disjoint(_predict(mistake, prepared), _predict(Network, prepared)) for prepared in vectors
    )


def undistinguished_pairs(vectors: Sequence[PreparedVector]) -> list[tuple[str, str]]:
    """List the pairs of mistakes that no vector distinguishes.

    A vector distinguishes two mistakes if no implementation of one can return the numbers of an
    implementation of the other, however it rounds.
    """
    open_pairs = list(combinations(CATALOGUE, 2))
    for prepared in vectors:
        if not open_pairs:
            break
        values = {name: prepared.simulate(CATALOGUE[name]) for name in _names(open_pairs)}
        differing = [(a, b) for a, b in open_pairs if _differ(values[a], values[b])]
        predicted = {name: _predict(CATALOGUE[name], prepared) for name in _names(differing)}
        distinguished = {(a, b) for a, b in differing if _disjoint(predicted[a], predicted[b])}
        open_pairs = [pair for pair in open_pairs if pair not in distinguished]
    return open_pairs


def _names(pairs: Iterable[tuple[str, str]]) -> set[str]:
    return set(chain.from_iterable(pairs))


def _differ(some: Values, others: Values) -> bool:
    return any(not equal_nan(x, y) for x, y in zip(some.values(), others.values(), strict=True))


def _disjoint(some: Mapping[str, Prediction], others: Mapping[str, Prediction]) -> bool:
    """Whether some quantity cannot be the same in both."""
    return any(some[q].is_disjoint_from(others[q]) for q in some.keys() & others.keys())


def _predict(network: type[Network], prepared: PreparedVector) -> dict[str, Prediction]:
    """Return the predicted numbers, or nothing where the calculation may overflow."""
    try:
        return prepared.predict(network)
    except BoundUnavailable:
        return {}
