"""Shared words of every service: ids, whole yen, half-open periods, business days. Standard library only."""
