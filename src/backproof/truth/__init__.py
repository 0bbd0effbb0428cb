"""Reference values: certified results, proven error bounds, trajectories, predictions.

Knows `network`. Ball arithmetic (python-flint) starts here; nothing below uses it.
"""

__all__ = ["arithmetics", "certified", "predictions", "trajectory"]
