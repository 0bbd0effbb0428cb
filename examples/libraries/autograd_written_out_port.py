"""HIPS autograd again, with a sigmoid that is written out and differentiated term by term."""

from pathlib import Path
from typing import Any

import autograd.numpy as anp

from backproof import load

WithExpit: Any = load(str(Path(__file__).with_name("autograd_port.py")))


class WrittenOut(WithExpit):  # type: ignore[misc]  # the class of a file that is loaded by its path
    """autograd's derivative of a formula, in place of its own sigmoid's."""

    name = "autograd, σ written out"

    @staticmethod
    def sigmoid(z: Any) -> Any:
        return 1 / (1 + anp.exp(-z))
