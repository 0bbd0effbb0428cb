"""Mistakes in the gradients: derivatives, deltas, the gradients of the weights, sums.

May import `network` and `text`. How a gradient is used in a step is decided in `training`.
"""

__all__ = ["deltas", "derivatives", "sums", "weights"]
