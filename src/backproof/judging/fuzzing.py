"""Random search for mistakes that no test vector shows, and for bounds that are too narrow.

A seed stands for one random network and one training step on it. Its four calculations run on
every backend in every dtype, and are compared with certified enclosures of the true values and
with the same error bounds as those of test vectors.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from multiprocessing import get_context
from signal import SIG_IGN, SIGINT, signal
from typing import Any, TypeVar

from flint import arb, ctx

from backproof.errors import BoundUnavailable
from backproof.network.evaluation import evaluate
from backproof.network.float_formats import FORMATS, Format
from backproof.network.inputs import OPS, Inputs, Op
from backproof.network.network import CORRECT_NETWORK
from backproof.network.quantities import field_of
from backproof.ports.in_process_driver import InProcessDriver
from backproof.ports.loading import load
from backproof.ports.responses import Output, Response, Unsupported
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
SEEDS_PER_CHUNK = 25  # seeds that a worker takes at a time

R = TypeVar("R")


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
    counterexamples: list[Counterexample] = field(default_factory=list)
    error_ratios: dict[Op, float] = field(default_factory=dict)  # the worst error over bound

    def record(
        self, seed: int, op: Op, response: Response, reference: Mapping[str, BoundedValue]
    ) -> None:
        """Evaluate a response, and count it."""
        if isinstance(response, Unsupported):
            self.unsupported += 1
            return
        left_out = response.unsupported if isinstance(response, Output) else []
        wanted = {q: number for q, number in reference.items() if field_of(q) not in left_out}
        if not isinstance(response, Output):
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
        self.counterexamples += other.counterexamples
        for op, over in other.error_ratios.items():
            self.error_ratios[op] = max(self.error_ratios.get(op, 0.0), over)


@dataclass(frozen=True)
class FuzzResult:
    """The result of a search: a tally for each backend and dtype."""

    tallies: Sequence[Tally]

    @property
    def counterexample_count(self) -> int:
        """How many calculations a backend got wrong."""
        return sum(len(tally.counterexamples) for tally in self.tallies)

    @property
    def conforms(self) -> bool:
        """Whether each tally has evaluated calculations, and none unsupported or wrong."""
        complete = all(tally.evaluated and not tally.unsupported for tally in self.tallies)
        return bool(self.tallies) and complete and not self.counterexample_count


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


@cache
def load_driver(spec: str, device: str) -> InProcessDriver:
    """Load a backend, once in each process."""
    return InProcessDriver(load(spec), device)


def fuzz(
    specs: Sequence[str],
    dtypes: Sequence[str],
    device: str,
    seeds: range,
    *,
    workers: int,
    on_counterexample: Callable[[Tally, Counterexample], None],
    track: Callable[[Iterable[list[Tally]], int], Iterable[list[Tally]]],
) -> FuzzResult:
    """Run the calculations of the seeds on the backends, in `workers` processes.

    The result does not depend on the number of workers. `on_counterexample` is called with each
    counterexample and a tally that names its backend and dtype. `track` wraps the iterator over the
    results of the chunks of seeds, given their number, to show progress.
    """
    totals = _empty_tallies(specs, dtypes, device)
    chunks = [seeds[i : i + SEEDS_PER_CHUNK] for i in range(0, len(seeds), SEEDS_PER_CHUNK)]
    counted = _map_in_processes(partial(fuzz_seeds, specs, dtypes, device), chunks, workers)
    for tallies in track(counted, len(chunks)):
        for total, tally in zip(totals, tallies, strict=True):
            total.merge(tally)
            for found in tally.counterexamples:
                on_counterexample(tally, found)
    return FuzzResult(totals)


def _empty_tallies(specs: Sequence[str], dtypes: Sequence[str], device: str) -> list[Tally]:
    """Return an empty tally for each backend in each of `dtypes` that it supports."""
    return [Tally(s, d) for s in specs for d in dtypes if d in load_driver(s, device).dtypes]


def fuzz_seeds(
    specs: Sequence[str], dtypes: Sequence[str], device: str, seeds: range
) -> list[Tally]:
    """Run the calculations of the seeds on the backends, and evaluate the responses."""
    counted = _empty_tallies(specs, dtypes, device)
    for seed in seeds:
        written = parse_inputs(draw_inputs(seed))
        for dtype in dtypes:
            concerned = [tally for tally in counted if tally.dtype == dtype]
            with ctx.workprec(PRECISION):
                try:
                    inputs = written.rounded(FORMATS[dtype])
                    reference = enclose_outputs(inputs, FORMATS[dtype])
                except BoundUnavailable:
                    for tally in concerned:
                        tally.skipped += len(OPS)
                    continue
                for tally in concerned:
                    for op in OPS:
                        response = load_driver(tally.spec, device).run_op(op, dtype, inputs)
                        tally.record(seed, op, response, reference[op])
    return counted


def _map_in_processes(
    function: Callable[[range], R], chunks: Iterable[range], workers: int
) -> Iterator[R]:
    """Apply a function to each chunk, in `workers` processes; yield the results in order."""
    if workers == 1:
        yield from map(function, chunks)
        return
    # Frameworks with threads of their own do not survive a fork. The parent handles Ctrl-C.
    with ProcessPoolExecutor(workers, get_context("spawn"), signal, (SIGINT, SIG_IGN)) as pool:
        yield from pool.map(function, chunks)
