"""The proof of the suite: every mistake of the catalogue is caught, and told from every other.

A mistake is imitated in a dtype's own arithmetic (`imitate`), which is the same on every
machine, and its answers are held against the bounds as a backend's are. Nothing here depends on
what is installed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from backproof.diagnosis.prepared_vectors import PreparedVector, Values
from backproof.diagnosis.tolerances import TOLERANCES
from backproof.errors import BackproofError, BoundUnavailable
from backproof.network.formats import equal_nan
from backproof.network.mistakes import CATALOGUE, Mistake
from backproof.network.network import Network
from backproof.ports.launching import find_launch
from backproof.ports.remote_driver import RemoteDriver
from backproof.ports.responses import Output as Answered
from backproof.truth.arithmetics import MachineArithmetic
from backproof.truth.predictions import Prediction, predict
from backproof.vectors.vectors import Vector, VectorFile

# Mistakes that do the same as another, in this network, and why; the catalogue lists only one.
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
        "the gradients depend on the parameters in no other way",
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


# Pairs of mistakes in the catalogue that no test vector can tell apart, and why.
UNDECIDED = (
    (
        "sigmoid-argument-clipped-at-500",
        "sigmoid-by-tanh",
        "the latter loses the digits of small values, and the former is within its error bounds",
    ),
)

SECONDS = 60.0  # for each answer of a backend

Simulator = Callable[
    [type[Mistake], PreparedVector], Values
]  # what is answered by who makes a mistake


def simulate_alone(mistake: type[Mistake], question: PreparedVector) -> Values:
    return question.simulate(mistake)


def inject_into(answers: Mapping[str, Values]) -> Simulator:
    """Return how a backend would answer that makes a mistake, given its own answers by vector.

    To each of its numbers the difference is added that the mistake makes, rounded to the dtype.
    """

    def wrong(mistake: type[Mistake], question: PreparedVector) -> Values:
        own, nearest = answers[question.vector.id], MachineArithmetic(question.format).nearest
        return {
            quantity: own[quantity]
            if equal_nan(x, question.correct_values[quantity])
            else nearest(own[quantity] + (x - question.correct_values[quantity]))
            for quantity, x in question.simulate(mistake).items()
        }

    return wrong


def request_all(spec: str, dtype: str, asked: Sequence[PreparedVector]) -> dict[str, Values]:
    """Ask a backend every question; leave out what it does not answer.

    Raises `BackproofError` if it lacks the dtype, or answers nothing in it.
    """
    port = RemoteDriver(find_launch(spec, "cpu"), SECONDS)
    try:
        port.start()
        if dtype not in port.dtypes:
            raise BackproofError(f"{spec}: claims {', '.join(port.dtypes)}, but not {dtype}")
        replies = {q.vector.id: port.run_op(q.vector.op, dtype, q.inputs) for q in asked}
    finally:
        port.stop()
    answers = {name: r.numbers for name, r in replies.items() if isinstance(r, Answered)}
    if not answers:
        raise BackproofError(f"{spec}: answers nothing in {dtype}")
    return answers


def killing_vectors(
    mistake: type[Mistake],
    prepared_vectors: Iterable[PreparedVector],
    simulator: Simulator = simulate_alone,
) -> Iterator[Vector]:
    """Yield the vectors that catch a mistake; long training only if nothing shorter does."""
    for question, answer in _run_vectors(mistake, prepared_vectors, simulator):
        if question.rejects(answer):
            yield question.vector


@dataclass(frozen=True)
class KillResult:
    """What became of one mistake."""

    killed_by: Mapping[str, int]  # file → how many of its vectors
    unnoticed_by: frozenset[str]  # names of the usual tolerances that no vector shows it with

    @property
    def killed(self) -> bool:
        return any(self.killed_by.values())


def kill_results(
    files: Sequence[VectorFile], asked: Sequence[PreparedVector], wrong: Simulator = simulate_alone
) -> dict[str, KillResult]:
    """Return what becomes of every mistake, by id."""
    file_of = {vector.id: file.path.stem for file in files for vector in file.vectors}
    found = {}
    for name, mistake in CATALOGUE.items():
        caught_by = dict.fromkeys(file_of.values(), 0)
        passes = set(TOLERANCES)
        for question, answer in _run_vectors(mistake, asked, wrong):
            caught_by[file_of[question.vector.id]] += question.rejects(answer)
            given = question.format.name, answer, question.reference_values
            passes = {tolerance for tolerance in passes if tolerance.accepts(*given)}
        found[name] = KillResult(caught_by, frozenset(tolerance.name for tolerance in passes))
    return found


def _run_vectors(
    mistake: type[Mistake], asked: Iterable[PreparedVector], wrong: Simulator
) -> Iterator[tuple[PreparedVector, Values]]:
    """Put questions to who makes a mistake; those of long training only if no other catches it."""
    telling = [question for question in asked if mistake.affects(question.vector.op)]
    caught = False
    for question in sorted(telling, key=lambda question: question.is_long):
        if not (question.is_long and caught):
            answer = wrong(mistake, question)
            caught = caught or question.rejects(answer)
            yield question, answer


def survivors(asked: Sequence[PreparedVector]) -> list[str]:
    """List the mistakes that no vector catches."""
    return [name for name, m in CATALOGUE.items() if next(killing_vectors(m, asked), None) is None]


def is_equivalent(mistake: type[Mistake], asked: Iterable[PreparedVector]) -> bool:
    """Whether a mistake makes no difference above the bounds, so that nothing could catch it."""
    for question in asked:
        predicted = _predicted(mistake, question)
        right = _predicted(Network, question)
        if any(predicted[q].is_disjoint_from(right[q]) for q in predicted.keys() & right.keys()):
            return False
    return True


def undistinguished_pairs(asked: Sequence[PreparedVector]) -> list[tuple[str, str]]:
    """List the pairs of mistakes between which no vector decides, whoever makes them.

    A vector decides between two if no implementation of one can answer as one of the other does.
    """
    open_pairs = list(combinations(CATALOGUE, 2))
    for question in asked:
        if not open_pairs:
            break
        answers = {
            name: question.simulate(CATALOGUE[name])
            for name in {name for pair in open_pairs for name in pair}
        }
        promising = [(a, b) for a, b in open_pairs if _apart(answers[a], answers[b])]
        known = {
            name: _predicted(CATALOGUE[name], question)
            for name in {name for pair in promising for name in pair}
        }
        told = {
            (a, b)
            for a, b in promising
            if any(
                known[a][q].is_disjoint_from(known[b][q]) for q in known[a].keys() & known[b].keys()
            )
        }
        open_pairs = [pair for pair in open_pairs if pair not in told]
    return open_pairs


def _apart(some: Values, others: Values) -> bool:
    return any(not equal_nan(x, y) for x, y in zip(some.values(), others.values(), strict=True))


def _predicted(network: type[Network], question: PreparedVector) -> dict[str, Prediction]:
    """Return what is predicted, and nothing where the calculation may overflow."""
    try:
        return predict(network, question.vector.op, question.inputs, question.format)
    except BoundUnavailable:
        return {}
