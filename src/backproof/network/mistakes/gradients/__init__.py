"""Mistakes of back-propagation, in the order of its formulas."""
