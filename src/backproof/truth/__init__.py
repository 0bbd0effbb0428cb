"""What is right: certified values, proven error bounds, trajectories, predictions of mistakes.

Knows `network` and `text`. The ball arithmetic, python-flint, is used from here on upwards only.
"""

__all__ = ["arithmetics", "certified", "predictions", "trajectory"]
