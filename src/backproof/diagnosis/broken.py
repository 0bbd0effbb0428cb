"""Every mistake of the catalogue as a backend: `backproof.diagnosis.broken:GradientHalved`.

Each backend simulates the network with its mistake in the arithmetic of the dtype, on Python's
floats. `backproof.diagnosis.broken:Right` simulates the correct network.
"""

from typing import Any, ClassVar

from backproof.interface import Backend, Forward, Loss, Matrix, Params
from backproof.network.evaluation import run_network
from backproof.network.float_formats import FORMATS
from backproof.network.inputs import Op
from backproof.network.mistakes import CATALOGUE
from backproof.network.network import Network, Parameters, Plan
from backproof.truth.arithmetics import MachineArithmetic
from backproof.truth.predictions import effective_format


class SimulatedBackend(Backend):
    """A network, correct or mistaken, as a backend."""

    network: ClassVar[type[Network]]
    dtypes = tuple(FORMATS)

    def __init__(self, dtype: str = "float64", device: str = "cpu") -> None:
        if device != "cpu":
            raise ValueError(f"{self.name} has no device {device!r}, only cpu")
        self._arithmetic = MachineArithmetic(effective_format(self.network, FORMATS[dtype]))

    def forward(self, params: Params, X: Matrix) -> Forward:
        return Forward(*self._answer("forward", params, X, []))

    def loss(self, params: Params, X: Matrix, T: Matrix) -> Loss:
        return Loss(*self._answer("loss", params, X, T))

    def gradients(self, params: Params, X: Matrix, T: Matrix) -> Params:
        return Params(*self._answer("gradients", params, X, T))

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
        plan = Plan(self._arithmetic.nearest(learning_rate), epochs, batch_size, train_biases)
        return Params(*self._answer("train", params, X, T, plan))

    def _answer(
        self, op: Op, params: Params, X: Matrix, T: Matrix, plan: Plan[float] | None = None
    ) -> tuple[Any, ...]:
        a = self._arithmetic
        given = Parameters(
            self._round_matrix(params.W1),
            a.nearest(params.b1),
            self._round_matrix(params.W2),
            a.nearest(params.b2),
        )
        network = self.network(a.format)
        return run_network(
            network, a, op, given, self._round_matrix(X), self._round_matrix(T), plan
        )

    def _round_matrix(self, rows: Matrix) -> list[list[float]]:
        return [[self._arithmetic.nearest(x) for x in row] for row in rows]


def as_backend(network: type[Network], name: str) -> type[Backend]:
    """Return a backend class that simulates a network."""
    return type(
        name, (SimulatedBackend,), {"name": name, "network": network, "__module__": __name__}
    )


Right = as_backend(Network, "imitation")
_BY_CLASS = {mistake.__name__: mistake for mistake in CATALOGUE.values()}


def __getattr__(name: str) -> type[Backend]:
    if name in _BY_CLASS:
        return as_backend(_BY_CLASS[name], _BY_CLASS[name].id())
    raise AttributeError(f"the catalogue has no mistake {name!r}")
