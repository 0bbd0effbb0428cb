"""The tolerances that tests of neural networks usually have, to compare with the error bounds."""

from collections.abc import Callable
from dataclasses import dataclass

from backproof.diagnosis.prepared_vectors import Values
from backproof.network.float_formats import equal_nan

TORCH_TOLERANCES = {  # https://docs.pytorch.org/docs/stable/testing.html: relative, absolute
    "float64": (1e-7, 1e-7),
    "float32": (1.3e-6, 1e-5),
    "bfloat16": (1.6e-2, 1e-5),
    "float16": (1e-3, 1e-5),
}


@dataclass(frozen=True)
class Tolerance:
    """How far a number may be from its reference value, in some tests."""

    name: str
    source: str
    allowed: Callable[[str, float], float]  # by dtype and reference value

    def accepts(self, dtype: str, values: Values, reference: Values) -> bool:
        return all(
            equal_nan(x, reference[quantity])
            or abs(x - reference[quantity]) <= self.allowed(dtype, reference[quantity])
            for quantity, x in values.items()
        )


TOLERANCES = (
    Tolerance(
        "torch.testing.assert_close, defaults",
        "https://docs.pytorch.org/docs/stable/testing.html",
        lambda dtype, x: TORCH_TOLERANCES[dtype][1] + TORCH_TOLERANCES[dtype][0] * abs(x),
    ),
    Tolerance(
        "numpy.testing.assert_allclose, defaults",
        "https://numpy.org/doc/stable/reference/generated/numpy.testing.assert_allclose.html",
        lambda _, x: 1e-7 * abs(x),
    ),
    Tolerance(
        "Keras' assertAllClose, defaults",
        "https://github.com/keras-team/keras/blob/master/keras/src/testing/test_case.py",
        lambda _, x: 1e-6 + 1e-6 * abs(x),
    ),
    Tolerance(
        "8 decimals, as the tutorial prints",
        "half a unit of the last of them",
        lambda _dtype, _x: 0.5e-8,
    ),
)
