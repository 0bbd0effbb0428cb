"""Random search for mistakes that no test vector shows, and for bounds that are too narrow.

A seed stands for one random network and one training step on it. Its four calculations run on
every backend in every dtype, each backend in a process of its own as in a check, and are compared
with certified enclosures of the true values and with the same error bounds as those of test
vectors.
"""

import math
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any

from flint import arb, ctx

from backproof.errors import BoundUnavailable
from backproof.judging.results import Run
from backproof.judging.started_backends import StartedBackends, start_backends, wait_for
from backproof.network.evaluation import evaluate
from backproof.network.float_formats import FORMATS, Format
from backproof.network.inputs import OPS, Inputs, Op
from backproof.network.network import CORRECT_NETWORK
from backproof.network.quantities import field_of
from backproof.ports.responses import (
    BackendError,
    Crash,
    Driver,
    NotRun,
    Output,
    Response,
    Timeout,
    Unsupported,
)
from backproof.text.canonical_json import dump_canonical
from backproof.truth.arithmetics import BoundedValue, RoundingModel, enclose
from backproof.vectors.entries import INPUT_KEYS
from backproof.vectors.random_nets import net
from backproof.vectors.vectors import parse_inputs

ROWS = (1, 1, 3)
SCALES = (1, 2, 5, 10)  # of the parameters; X and T lie between −1 and 1
EXTREME_SCALES = (40, 400, 4000, 40000)  # units saturate, e⁻ᶻ overflows, …, float16 overflows
LEARNING_RATES = ("0", "0.001", "0.01", "0.1", "0.3", "0.5", "1")

PRECISION = 128  # bits: far narrower than any bound
SEEDS_PER_CHUNK = 25  # seeds that the backends run, and that a worker evaluates, at a time
SAVED_FILES = "seed-*.json"  # a pattern of the names of counterexamples' files

# What a backend responded to each op of a seed in a dtype.
Responses = Mapping[tuple[int, str], Mapping[Op, Response]]


@dataclass(frozen=True)
class Counterexample:
    """A calculation that a backend got wrong."""

    seed: int
    op: Op
    problem: str

    @property
    def file_name(self) -> str:
        """The name of the vector file that holds the calculation."""
        return f"seed-{self.seed}-{self.op}.json"

    def vector_file(self) -> str:
        """Return the calculation as a vector file."""
        return dump_canonical(counterexample_file(self.seed, self.op)) + "\n"


@dataclass
class Tally:
    """The results of one backend in one dtype, counted."""

    spec: str
    dtype: str
    evaluated: int = 0
    skipped: int = 0  # no bound exists, because the calculation may overflow
    unsupported: int = 0  # as a whole, or in part and otherwise right
    not_run: int = 0  # because the backend had crashed too often
    counterexamples: list[Counterexample] = field(default_factory=list)
    error_ratios: dict[Op, float] = field(default_factory=dict)  # the worst error over bound

    def record(
        self, seed: int, op: Op, response: Response, reference: Mapping[str, BoundedValue] | None
    ) -> None:
        """Evaluate a response, and count it; `reference` is None if no bound exists.

        A crash and a missing response are wrong whether or not there is a bound.
        """
        if isinstance(response, NotRun):
            self.not_run += 1
            return
        if isinstance(response, Crash | Timeout):
            problem = f"{response.outcome}: {response.message}"
            self.counterexamples.append(Counterexample(seed, op, problem))
            self.evaluated += 1
            return
        if reference is None:
            self.skipped += 1
            return
        if isinstance(response, Unsupported):
            self.unsupported += 1
            return
        left_out = response.unsupported if isinstance(response, Output) else []
        wanted = {q: number for q, number in reference.items() if field_of(q) not in left_out}
        if isinstance(response, BackendError):
            problem = response.message
        elif response.numbers.keys() != wanted.keys():
            problem = f"returned {', '.join(response.numbers)}, not {', '.join(wanted)}"
        else:
            problem = self._evaluate(op, response.numbers, wanted)
        if problem:
            self.counterexamples.append(Counterexample(seed, op, problem))
        if left_out and not problem:
            self.unsupported += 1
        else:
            self.evaluated += 1

    def _evaluate(
        self, op: Op, values: Mapping[str, float], reference: Mapping[str, BoundedValue]
    ) -> str:
        """Compare every number with its bound; say which are wrong, if any are."""
        wrong = {}
        for quantity, number in reference.items():
            over, problem = evaluate_number(number, values[quantity], FORMATS[self.dtype])
            self.error_ratios[op] = max(self.error_ratios.get(op, 0.0), over)
            if problem:
                wrong[quantity] = problem
        if not wrong:
            return ""
        first, *others = wrong
        too = f"; also wrong: {', '.join(others)}" if others else ""
        return f"{first} {wrong[first]}{too}"

    def merge(self, other: "Tally") -> None:
        """Add the counts of other calculations."""
        self.evaluated += other.evaluated
        self.skipped += other.skipped
        self.unsupported += other.unsupported
        self.not_run += other.not_run
        self.counterexamples += other.counterexamples
        for op, over in other.error_ratios.items():
            self.error_ratios[op] = max(self.error_ratios.get(op, 0.0), over)


@dataclass(frozen=True)
class FuzzResult:
    """The result of a search: a tally for each backend and dtype, and what could not be started."""

    tallies: Sequence[Tally]
    not_started: Mapping[str, Run] = field(default_factory=dict)  # by spec

    @property
    def evaluated_count(self) -> int:
        """How many calculations were evaluated."""
        return sum(tally.evaluated for tally in self.tallies)

    @property
    def counterexample_count(self) -> int:
        """How many calculations a backend got wrong."""
        return sum(len(tally.counterexamples) for tally in self.tallies)

    @property
    def conforms(self) -> bool:
        """Whether all ran that is installed or was named, with nothing unsupported or wrong."""
        complete = all(t.evaluated and not (t.unsupported or t.not_run) for t in self.tallies)
        started = all(
            run.outcome == "unavailable" and not run.refusal for run in self.not_started.values()
        )
        return bool(self.tallies) and complete and started and not self.counterexample_count


def draw_inputs(seed: int) -> dict[str, Any]:
    """Return the network of a seed and a training step on it, as the inputs of a vector file.

    Every tenth network is an extreme one.
    """
    rows = ROWS[seed % len(ROWS)]
    tens, ones = divmod(seed, 10)
    scale = SCALES[seed % len(SCALES)] if ones else EXTREME_SCALES[tens % len(EXTREME_SCALES)]
    return net(seed, rows, scale) | {
        "learning_rate": LEARNING_RATES[seed % len(LEARNING_RATES)],
        "epochs": 1,
        "batch_size": rows,
        "train_biases": True,
    }


def counterexample_file(seed: int, op: Op) -> dict[str, Any]:
    """Return one calculation of a seed as the content of a vector file."""
    inputs = draw_inputs(seed)
    calculation = {
        "id": f"fuzz/seed-{seed}/{op}",
        "description": f"The random net of `backproof fuzz --seed {seed} --nets 1`.",
        "op": op,
        "inputs": {name: inputs[name] for name in INPUT_KEYS[op]},
    }
    return {"vectors": [calculation]}


def enclose_outputs(inputs: Inputs, fmt: Format) -> dict[Op, dict[str, BoundedValue]]:
    """Return the true value and the error bound of every number of every op, by quantity.

    `inputs` hold numbers of `fmt`. Raises `BoundUnavailable` if a calculation may overflow.
    """
    a = RoundingModel(fmt)
    return {op: evaluate(CORRECT_NETWORK, a, a.from_input, op, inputs) for op in OPS}


def evaluate_number(number: BoundedValue, actual: float, fmt: Format) -> tuple[float, str]:
    """Return a number's error over its bound, and what is wrong with it, if anything is.

    `deviations.measure_deviations` does the same with the decimals of a test vector, whose bound
    covers their rounding. Here the enclosure decides, by the comparison of balls.
    """
    distance = abs(arb(actual) - number.value)
    over = 0.0 if distance.is_zero() else float(distance / number.bound)
    if not distance <= number.bound:
        over = math.inf if math.isnan(over) else over  # the bound is 0, or the answer NaN
        exact = number.value.str(20, radius=False)
        return (
            over,
            f"exceeds its error bound: expected {exact}, got {actual!r}, {over:.4g} bounds away",
        )
    if not fmt.represents(actual):
        return over, f"is {actual!r}, not a {fmt.name} number, so computed in another dtype"
    if actual == 0 and abs(number.value) < enclose(fmt.min_normal):
        return 0.0, ""  # a subnormal number, flushed to zero, conforms
    return over, ""


def fuzz(
    specs: Sequence[str],
    dtypes: Sequence[str],
    device: str,
    seeds: range,
    *,
    timeout: float,
    workers: int,
    explicit: bool,
    on_counterexample: Callable[[Tally, Counterexample], None],
    track: Callable[[Iterable[list[Tally]], int], Iterable[list[Tally]]],
) -> FuzzResult:
    """Run the calculations of the seeds on the backends, and evaluate them in `workers` processes.

    The result does not depend on the number of workers. `timeout` is in seconds, to start and for
    each response. `on_counterexample` is called with each counterexample and a tally that names its
    backend and dtype. `track` wraps the iterator over the results of the chunks of seeds, given
    their number, to show progress. Raises what `start_backends` raises, given the specs
    `explicit`ly or not.
    """
    specs = list(dict.fromkeys(specs))
    with start_backends(specs, dtypes, device, timeout, explicit=explicit) as backends:
        started = dict(zip(specs, backends.drivers, strict=True))
        totals = _empty_tallies(started, dtypes)
        starts = range(0, len(seeds), SEEDS_PER_CHUNK)
        chunks = (seeds[i : i + SEEDS_PER_CHUNK] for i in starts)
        counted = _evaluate_chunks(backends, started, dtypes, chunks, workers)
        for tallies in track(counted, len(starts)):
            for total, tally in zip(totals, tallies, strict=True):
                total.merge(tally)
                for found in tally.counterexamples:
                    on_counterexample(tally, found)
        not_started = {spec: run for spec, run in started.items() if isinstance(run, Run)}
        return FuzzResult(totals, not_started)


def run_seeds(dtypes: Sequence[str], seeds: range, driver: Driver | Run) -> Responses:
    """Run the calculations of the seeds on a backend, in each of `dtypes` that it supports.

    There are no responses of a backend that could not be started.
    """
    if isinstance(driver, Run):
        return {}
    supported = [dtype for dtype in dtypes if dtype in driver.dtypes]
    responses: dict[tuple[int, str], Mapping[Op, Response]] = {}
    for seed in seeds:
        written = parse_inputs(draw_inputs(seed))
        for dtype in supported:
            inputs = written.rounded(FORMATS[dtype])
            responses[seed, dtype] = {op: driver.run_op(op, dtype, inputs) for op in OPS}
    return responses


def evaluate_seeds(
    seeds: range, counted: list[Tally], responses: Mapping[str, Responses]
) -> list[Tally]:
    """Evaluate the responses of the backends, by spec; return `counted`, with these added."""
    for seed in seeds:
        written = parse_inputs(draw_inputs(seed))
        for dtype in dict.fromkeys(tally.dtype for tally in counted):
            given = [(t, responses[t.spec][seed, dtype]) for t in counted if t.dtype == dtype]
            ran = any(not isinstance(r, NotRun) for _, by_op in given for r in by_op.values())
            with ctx.workprec(PRECISION):
                reference = _reference(written, FORMATS[dtype]) if ran else None
                for tally, by_op in given:
                    for op, response in by_op.items():
                        tally.record(seed, op, response, reference[op] if reference else None)
    return counted


def _reference(written: Inputs, fmt: Format) -> dict[Op, dict[str, BoundedValue]] | None:
    """Return what must come out of each op, or None if no bound exists."""
    try:
        return enclose_outputs(written.rounded(fmt), fmt)
    except BoundUnavailable:
        return None


def _empty_tallies(started: Mapping[str, Driver | Run], dtypes: Sequence[str]) -> list[Tally]:
    """Return an empty tally for each backend that runs, in each of `dtypes` that it supports."""
    return [
        Tally(spec, dtype)
        for spec, driver in started.items()
        if not isinstance(driver, Run)
        for dtype in dtypes
        if dtype in driver.dtypes
    ]


def _evaluate_chunks(
    backends: StartedBackends,
    started: Mapping[str, Driver | Run],
    dtypes: Sequence[str],
    chunks: Iterable[range],
    workers: int,
) -> Iterator[list[Tally]]:
    """Run each chunk of seeds on all backends; yield the tallies of each, in order.

    While one chunk is evaluated, the backends run the next.
    """

    def run(seeds: range) -> dict[str, Responses]:
        return dict(zip(started, backends.map(partial(run_seeds, dtypes, seeds)), strict=True))

    if workers == 1:
        for seeds in chunks:
            yield evaluate_seeds(seeds, _empty_tallies(started, dtypes), run(seeds))
        return
    # Frameworks with threads of their own do not survive a fork.
    with ProcessPoolExecutor(workers, get_context("spawn"), _prepare_worker) as pool:
        evaluating: deque[Future[list[Tally]]] = deque()
        try:
            for seeds in chunks:
                empty = _empty_tallies(started, dtypes)
                evaluating.append(pool.submit(evaluate_seeds, seeds, empty, run(seeds)))
                if len(evaluating) > 2 * workers:  # do not pile up responses
                    yield from wait_for([evaluating.popleft()])
            yield from wait_for(evaluating)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _prepare_worker() -> None:
    """Let the parent alone handle signals, and end with it however it ends."""
    for signum in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(signum, signal.SIG_IGN)
    Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
