"""Requests for the numbers of a test vector, and whether the responses vary."""

from collections.abc import Mapping, Sequence

from backproof.judging.results import Outcome
from backproof.network.inputs import Inputs
from backproof.network.quantities import field_of
from backproof.ports.responses import BackendError, Driver, Output
from backproof.vectors.vectors import Vector


class NoNumbers(Exception):
    """A backend returned nothing that can be evaluated."""

    def __init__(self, outcome: Outcome, message: str, frames: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.frames = frames  # of an exception


class Requests:
    """Runs the op of a test vector on a backend, with any inputs.

    `difference` says how a response differed when its request was repeated, if one did.
    `unsupported` has the fields that some response lacks, in order.
    """

    def __init__(self, driver: Driver, vector: Vector, dtype: str) -> None:
        self._driver = driver
        self._vector = vector
        self._dtype = dtype
        self.difference = ""
        self.unsupported: dict[str, None] = {}

    def send(self, inputs: Inputs) -> Mapping[str, float]:
        """Return the numbers of the response to a request; raise `NoNumbers` if it has none."""
        response = self._driver.run_op(self._vector.op, self._dtype, inputs)
        if not isinstance(response, Output):
            frames = response.frames if isinstance(response, BackendError) else ()
            raise NoNumbers(response.outcome, response.message, frames)
        if misshapen := self._shape_problem(response):
            raise NoNumbers("error", misshapen)
        self.unsupported |= dict.fromkeys(response.unsupported)
        return response.numbers

    def repeat(self, inputs: Inputs, first: Mapping[str, float]) -> Mapping[str, float]:
        """Send a request again, and note how the numbers differ from those of the first time."""
        try:
            second = self.send(inputs)
        except NoNumbers as lack:
            said = f"for the same request again: {lack}"
            raise NoNumbers(lack.outcome, said, lack.frames) from lack
        if left_out := sorted(first.keys() ^ second.keys()):
            raise NoNumbers(
                "error", f"{left_out[0]} is unsupported in one of two responses to the same request"
            )
        self.difference = self.difference or _difference(first, second)
        return second

    def _shape_problem(self, response: Output) -> str:
        """Say which quantities of supported fields a response lacks, and which are not expected."""
        expected, got = self._vector.expected[self._dtype].keys(), response.numbers.keys()
        absent = [quantity for quantity in expected if quantity not in got]
        missing = [q for q in absent if field_of(q) not in response.unsupported]
        extra = [quantity for quantity in got if quantity not in expected]
        parts = [f"lacks {', '.join(missing)}"] if missing else []
        parts += [f"has {', '.join(extra)}, which is not expected"] if extra else []
        op = self._vector.op
        return f"{op} returned another shape: it {' and '.join(parts)}" if parts else ""


def _difference(first: Mapping[str, float], second: Mapping[str, float]) -> str:
    """Say how two responses to the same request differ in any bit; all NaNs are alike."""
    for quantity, number in first.items():
        again = second[quantity]
        if repr(number) != repr(again):  # so that −0.0 is not 0.0, and NaN is NaN
            return f"for the same request, {quantity} was {number!r}, then {again!r}"
    return ""
