"""Run test vectors on one backend in each dtype, and evaluate its responses."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from backproof.errors import BackproofError
from backproof.judging.checkpoints import Diverged, evaluate_checkpoints
from backproof.judging.deviations import (
    Deviation,
    measure_deviations,
    severity_key,
    worst_deviation,
)
from backproof.judging.requests import NoNumbers, Requests
from backproof.judging.results import Outcome, Result, Run
from backproof.network.float_formats import FORMATS
from backproof.ports.responses import Driver
from backproof.text.english import join_words
from backproof.vectors.vectors import Vector


def check_backend(
    driver: Driver,
    vectors: Iterable[Vector],
    dtypes: Sequence[str],
    on_vector_done: Callable[[], None] = lambda: None,
) -> Iterator[Run]:
    """Run the vectors on a backend, in each of `dtypes` that it supports; yield a run for each.

    If `dtypes` is empty, run in every dtype that the backend supports and some vector covers; if
    there is none, yield an empty run for every dtype that it supports. `on_vector_done` is called
    after each vector.
    """
    vectors = list(vectors)
    if dtypes:
        chosen = [dtype for dtype in driver.dtypes if dtype in dtypes]
    else:
        judged = [dtype for dtype in driver.dtypes if any(dtype in v.expected for v in vectors)]
        chosen = judged or list(driver.dtypes)
    for dtype in chosen:
        results = []
        for vector in vectors:
            if dtype in vector.expected:
                results.append(run_vector(driver, vector, dtype))
                on_vector_done()
        yield Run(driver.name, driver.version, dtype, results)


def require_dtypes(spec: str, supported: Sequence[str], dtypes: Sequence[str]) -> None:
    """Raise `BackproofError` if a backend supports none of the dtypes."""
    if not set(supported) & set(dtypes):
        raise BackproofError(
            f"{spec}: supports {', '.join(supported)}, but not {', '.join(dtypes)}"
        )


def run_vector(driver: Driver, vector: Vector, dtype: str) -> Result:
    """Run one vector on a backend, twice, and evaluate both responses.

    The second request is not sent if the first response is wrong.
    """
    requests = Requests(driver, vector, dtype)
    deviations: list[Deviation] = []
    complaint = ""
    try:
        final = _evaluate_twice(requests, vector, dtype)
        try:
            for deviation in evaluate_checkpoints(requests, vector, dtype):
                deviations.append(deviation)  # noqa: PERF402  # what precedes an exception is kept
        except Diverged as where:
            complaint = str(where)
    except NoNumbers as lack:
        return Result(vector, lack.outcome, message=str(lack), frames=lack.frames)
    deviations += final
    unsupported = tuple(requests.unsupported)
    message = complaint or requests.difference
    outcome: Outcome = "varies" if requests.difference else "pass"
    if complaint or any(d.problem for d in deviations):
        outcome = "fail"
    elif unsupported and outcome == "pass":
        outcome, message = "unsupported", f"{join_words(unsupported)} of {vector.op}"
    return Result(vector, outcome, deviations, message, unsupported=unsupported)


def _evaluate_twice(requests: Requests, vector: Vector, dtype: str) -> list[Deviation]:
    """Return the deviations of the first response if it is wrong, else of the worse of two."""
    inputs = vector.inputs.rounded(FORMATS[dtype])
    response = requests.send(inputs)
    first = measure_deviations(vector, dtype, response)
    if any(deviation.problem for deviation in first):
        return first
    again = requests.repeat(inputs, response)
    if not requests.difference:
        return first
    second = measure_deviations(vector, dtype, again)
    return max(first, second, key=lambda found: severity_key(worst_deviation(found)))
