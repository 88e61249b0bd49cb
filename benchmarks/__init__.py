"""Measurements, each run by `python -m benchmarks.<name>`: ratios and percentiles first, then absolute figures."""
