"""Run test vectors on one backend in each dtype, and evaluate its responses."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from backproof.errors import BackproofError
from backproof.judging.checkpoints import Diverged, evaluate_checkpoints
from backproof.judging.deviations import Deviation, measure_deviations
from backproof.judging.results import Outcome, Result, Run
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import Inputs
from backproof.network.quantities import field_of
from backproof.ports.responses import Driver, Output
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
    """Run one vector on a backend, twice, and evaluate the response."""
    inputs = vector.inputs.rounded(FORMATS[dtype])
    unsupported: dict[str, None] = {}  # fields that some response lacks, in order
    deviations: list[Deviation] = []

    def ask(inputs: Inputs) -> Mapping[str, float]:
        output = _request_output(driver, vector, dtype, inputs)
        unsupported.update(dict.fromkeys(output.unsupported))
        return output.numbers

    complaint = ""
    try:
        answer = ask(inputs)
        try:
            for deviation in evaluate_checkpoints(ask, vector, dtype):
                deviations.append(deviation)  # noqa: PERF402  # what precedes an exception is kept
        except Diverged as where:
            complaint = str(where)
        deviations += measure_deviations(vector, dtype, answer)
        if not complaint and not any(d.problem for d in deviations):
            complaint = _nondeterminism(answer, _repeat_request(ask, inputs))
    except _NoOutput as lack:
        return Result(vector, lack.outcome, message=str(lack))
    outcome: Outcome = "unsupported" if unsupported else "pass"
    message = f"{join_words([*unsupported])} of {vector.op}" if unsupported else ""
    if complaint or any(d.problem for d in deviations):
        outcome, message = "fail", complaint
    return Result(vector, outcome, deviations, message, unsupported=tuple(unsupported))


def _repeat_request(
    request_values: Callable[[Inputs], Mapping[str, float]], inputs: Inputs
) -> Mapping[str, float]:
    try:
        return request_values(inputs)
    except _NoOutput as lack:
        raise _NoOutput(lack.outcome, f"for the same request again: {lack}") from lack


class _NoOutput(Exception):
    """A backend returned nothing that can be evaluated."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


def _request_output(driver: Driver, vector: Vector, dtype: str, inputs: Inputs) -> Output:
    """Run a vector's op on a backend, with these inputs, and return its output."""
    response = driver.run_op(vector.op, dtype, inputs)
    if not isinstance(response, Output):
        raise _NoOutput(response.outcome, response.message)
    if misshapen := _shape_problem(vector, dtype, response):
        raise _NoOutput("error", misshapen)
    return response


def _shape_problem(vector: Vector, dtype: str, response: Output) -> str:
    """Say which quantities of supported fields a response lacks, and which are not expected."""
    expected, got = vector.expected[dtype].keys(), response.numbers.keys()
    absent = [quantity for quantity in expected if quantity not in got]
    missing = [quantity for quantity in absent if field_of(quantity) not in response.unsupported]
    extra = [quantity for quantity in got if quantity not in expected]
    parts = [f"lacks {', '.join(missing)}"] if missing else []
    parts += [f"has {', '.join(extra)}, which is not expected"] if extra else []
    return f"{vector.op} returned another shape: it {' and '.join(parts)}" if parts else ""


def _nondeterminism(first: Mapping[str, float], second: Mapping[str, float]) -> str:
    """Say how the response to the same request differs the second time."""
    for quantity in {**first, **second}:
        was, again = (
            repr(values[quantity]) if quantity in values else "unsupported"
            for values in (first, second)
        )
        if was != again:  # compared as text: −0.0 is not 0.0, and NaN is NaN
            differs = f"{quantity} was {was}, then {again}"
            return f"not deterministic: for the same request, {differs}"
    return ""
