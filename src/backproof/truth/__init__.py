"""Reference values: certified results, proven error bounds, trajectories, predictions.

May import `network` and below. Ball arithmetic (python-flint) is used from here up, not below.
"""

__all__ = ["arithmetics", "certified", "predictions", "trajectory"]
