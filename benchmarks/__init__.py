"""Measurements: ratios and percentiles first, then absolute figures with the machine that they come from."""
