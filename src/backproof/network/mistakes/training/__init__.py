"""Mistakes in training, where the gradients of a single calculation are right."""
