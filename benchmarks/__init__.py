"""Measurements; each is run by `python -m benchmarks.<name>` and writes its table into docs/."""
