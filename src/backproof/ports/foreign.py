"""Wrap a backend in another language as a Python backend class."""

import atexit
from typing import Any, ClassVar

from backproof.errors import SpecError
from backproof.interface import Backend, Forward, Loss, Matrix, Params
from backproof.network.inputs import Op, Schedule
from backproof.ports.launching import find_launch
from backproof.ports.remote_driver import RemoteDriver
from backproof.ports.responses import Arguments, Output, StartFailure, Unsupported

TIMEOUT = 60.0  # to start, and for each response


def start_foreign_backend(spec: str) -> type[Backend]:
    """Start the backend described by a `port.toml`, and return a class that forwards calls to it.

    The process ends with this one. Raises `SpecError` if it fails to start.
    """
    port = RemoteDriver(find_launch(spec, "cpu"), TIMEOUT)
    atexit.register(port.close)
    try:
        port.start()
    except StartFailure as failure:
        raise SpecError(f"{spec}: {failure}") from failure
    told = {"name": port.name, "version": port.version, "dtypes": port.dtypes, "port": port}
    return type("Foreign", (_ForeignBackend,), told)


class _ForeignBackend(Backend):
    """A backend whose instances all forward their calls to `port`."""

    port: ClassVar[RemoteDriver]

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if dtype not in self.dtypes:
            raise ValueError(
                f"{self.name} does not support {dtype!r}, only {', '.join(self.dtypes)}"
            )
        if device != "cpu":
            raise ValueError(f"{self.name} does not support the device {device!r}, only cpu")
        self.dtype = dtype

    def _answer(self, op: Op, *given: Any) -> Any:
        response = self.port.call(op, self.dtype, Arguments(*given))
        if isinstance(response, Output):
            return response.fields
        if isinstance(response, Unsupported):
            raise NotImplementedError(response.message)
        raise RuntimeError(response.message)

    def forward(self, params: Params, X: Matrix) -> Forward:
        answer: Forward = self._answer("forward", params, X, None, {})
        return answer

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        answer: Loss = self._answer("loss", params, X, T, {})
        return answer

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        answer: Params = self._answer("gradients", params, X, T, {})
        return answer

    def train(
        self,
        params: Params,
        X: Matrix,
        T: Matrix,
        *,
        learning_rate: float,
        epochs: int,
        batch_size: int = 1,
        train_biases: bool = False,
    ) -> Params:
        options = Schedule(learning_rate, epochs, batch_size, train_biases).options()
        answer: Params = self._answer("train", params, X, T, options)
        return answer
