"""Mistakes in back-propagation, in the order of its formulas."""
