"""Vector files as somebody would write them: a worked example typed by hand, and small ones."""

import json
from pathlib import Path
from typing import Any

from backproof.network.inputs import Op
from backproof.vectors.entries import INPUT_KEYS

# Matt Mazur, "A Step by Step Backpropagation Example" (2015), with what it prints.
MAZUR = """\
{
  "title": "Mazur",
  "vectors": [
    {
      "inputs": {
        "params": {
          "W1": [[0.15, 0.20], [0.25, 0.30]], "b1": 0.35,
          "W2": [[0.40, 0.45], [0.50, 0.55]], "b2": 0.60
        },
        "X": [[0.05, 0.10]], "T": [[0.01, 0.99]], "learning_rate": 0.5
      },
      "printed": {
        "h[0][0]": 0.3775,
        "out_h[0][0]": 0.593269992, "out_h[0][1]": 0.596884378,
        "y[0][0]": 1.105905967,
        "out_y[0][0]": 0.75136507, "out_y[0][1]": 0.772928465,
        "per_output[0][0]": 0.274811083, "per_output[0][1]": 0.023560026,
        "total[0]": 0.298371109,
        "dE_dout_y[0][0]": 0.74136507,
        "dout_dy[0][0]": 0.186815602,
        "gradients.W2[0][0]": 0.082167041,
        "delta_y[0][0]": 0.138498562,
        "dE_k_dout_h[0][0][0]": 0.055399425, "dE_k_dout_h[0][1][0]": -0.019049119,
        "dE_dout_h[0][0]": 0.036350306,
        "dout_dh[0][0]": 0.241300709,
        "gradients.W1[0][0]": 0.000438568,
        "params.W2[0][0]": 0.35891648, "params.W2[0][1]": 0.408666186,
        "params.W2[1][0]": 0.511301270, "params.W2[1][1]": 0.561370121,
        "params.W1[0][0]": 0.149780716, "params.W1[0][1]": 0.19956143,
        "params.W1[1][0]": 0.24975114, "params.W1[1][1]": 0.29950229
      }
    },
    {
      "id": "mazur/after-1",
      "op": "train",
      "inputs": {
        "params": {
          "W1": [[0.15, 0.20], [0.25, 0.30]], "b1": 0.35,
          "W2": [[0.40, 0.45], [0.50, 0.55]], "b2": 0.60
        },
        "X": [[0.05, 0.10]], "T": [[0.01, 0.99]], "learning_rate": 0.5
      },
      "printed": {"total[0]": 0.291027924}
    }
  ]
}
"""
NET = {
    "W1": [["0.1", "-0.2"], ["0.3", "0.4"]],
    "b1": "0.5",
    "W2": [["1", "2"], ["3", "4"]],
    "b2": 0,
}


def written(folder: Path, content: Any, name: str = "mine.json") -> Path:
    """Write a file: bytes, text, or data as JSON."""
    path = folder / name
    if not isinstance(content, str | bytes):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def entry(**changed: Any) -> dict[str, Any]:
    """Return a whole vector; give what is to be changed, `None` for what is to be left out.

    A key such as `inputs__params__W1` reaches into it.
    """
    inputs = {"params": NET, "X": [["0.1", "0.2"]], "T": [["0", "1"]], "learning_rate": "0.5"}
    whole: dict[str, Any] = json.loads(json.dumps({"inputs": inputs}))
    for place, value in changed.items():
        *way, last = place.split("__")
        inside = whole
        for key in way:
            inside = inside[key]
        inside[last] = value
        if value is None:
            del inside[last]
    return whole


def with_op(op: Op, **changed: Any) -> dict[str, Any]:
    """Return a vector with an op, and the inputs that it takes."""
    whole = entry(op=op, **changed)
    whole["inputs"] = {k: v for k, v in whole["inputs"].items() if k in INPUT_KEYS[op]}
    return whole
