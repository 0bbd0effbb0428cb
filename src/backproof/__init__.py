"""A conformance suite for neural-network training, small enough to check by hand."""

from backproof.interface import UNSUPPORTED, Backend, Forward, Loss, Params
from backproof.ports.loading import load

__all__ = ["UNSUPPORTED", "Backend", "Forward", "Loss", "Params", "load"]
