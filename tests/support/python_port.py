"""A backend in a Python file, of which a test writes what its forward pass does."""

from pathlib import Path

PORT = """\
from backproof import Backend

class Port(Backend):
    name = "port"
    version = "1.2"
    dtypes = ("float64",)

    def __init__(self, dtype="float64", device="cpu"):
        self.device = device

    def forward(self, params, X):
        {body}
"""


def port(folder: Path, body: str) -> Path:
    """Write a port whose `forward` has the body given, and which lacks all else."""
    path = folder / "port.py"
    path.write_text(PORT.format(body=body), encoding="utf-8")
    return path
