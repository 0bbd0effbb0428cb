"""Mistakes in training: the order of rows, the learning rate, momentum, decay, state.

May import `network` and `text`. How a gradient is computed is decided in `gradients`.
"""

__all__ = ["decay", "learning_rate", "momentum", "order", "state"]
