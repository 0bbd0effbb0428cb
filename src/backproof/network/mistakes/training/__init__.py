"""Mistakes of training: the gradients of a single calculation are right."""
