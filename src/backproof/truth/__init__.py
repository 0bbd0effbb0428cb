"""Reference values: certified results, proven error bounds, trajectories, predictions.

Imports `network` and what it imports; those modules do not use ball arithmetic (python-flint).
"""

__all__ = ["arithmetics", "certified", "predictions", "trajectory"]
