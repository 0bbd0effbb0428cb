"""The test suite of a backend in a folder of its own, run by a separate pytest."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from frameworks import REFERENCE

import backproof

SUITE = """\
from backproof.testing import parametrize_with_vectors
from my_backend import MyBackend

@parametrize_with_vectors(MyBackend{options})
def test_conforms(check):
    check()
"""
# A conforming backend, and ways to break it.
CONFORMING = """\
from backproof import load

class MyBackend(load("{free}")):
    name = "mine"
"""
DOUBLES_W7 = """
    def gradients(self, params, X, T):
        found = super().gradients(params, X, T)
        (w5, w6), (w7, w8) = found.W2
        return found._replace(W2=[[w5, w6], [2 * w7, w8]])
"""
FIRST_DELTA = """
    def gradients(self, params, X, T):
        found = super().gradients(params, X, T)
        out = self.forward(params, X)
        (o1, _), = out.out_y
        delta = (o1 - T[0][0]) * o1 * (1 - o1)
        return found._replace(W2=[found.W2[0], [delta * a for a in out.out_h[0]]])

    def train(self, params, X, T, *, learning_rate, epochs, batch_size=1, train_biases=False):
        dE = self.gradients(params, X, T)
        step = lambda W, d: [
            [w - learning_rate * g for w, g in zip(*rows)] for rows in zip(W, d)
        ]
        return params._replace(W1=step(params.W1, dE.W1), W2=step(params.W2, dE.W2))
"""
LACKS_LOSS = """
    def loss(self, params, X, T):
        raise NotImplementedError("loss")
"""
LACKS_TOTAL = """
    def loss(self, params, X, T):
        return super().loss(params, X, T)._replace(total=None)
"""
RAISES = """
    def loss(self, params, X, T):
        return 1 / 0
"""
VARIES = """
    turns = [2.0 ** -56, 0.0] * 1000

    def gradients(self, params, X, T):
        found = super().gradients(params, X, T)
        return found._replace(b1=found.b1 + self.turns.pop())
"""
KNOWN = """\
[[failure]]
vectors = "tutorial/row-1/gradients"
reason = "w7 is not written yet."
expires = 9999-12-31
"""


@dataclass(frozen=True)
class Suite:
    """A backend's test suite in a separate folder."""

    folder: Path
    vectors: Path

    def run(self, *options: str, breaks: str = "", **arguments: object) -> str:
        """Run it and return pytest's output; `arguments` are passed to the decorator."""
        backend = CONFORMING.format(free=REFERENCE) + breaks
        (self.folder / "my_backend.py").write_text(backend, encoding="utf-8")
        given = "".join(f", {name}={value!r}" for name, value in arguments.items())
        (self.folder / "test_mine.py").write_text(SUITE.format(options=given), encoding="utf-8")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "backproof.pytest_plugin"),
                *("-W", "error", "--strict-markers", "-rA", *options),
            ],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(Path(backproof.__file__).parents[1])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout


def outcomes(text: str) -> dict[str, list[str]]:
    """Return the tests in pytest's summary by outcome."""
    found: dict[str, list[str]] = {}
    for outcome, test in re.findall(
        r"^([A-Z]+) test_mine\.py::test_conforms\[(\S+)\]", text, re.MULTILINE
    ):
        found.setdefault(outcome, []).append(test)
    return found
