"""Trouble that a person can do something about; the command line shows its text without a traceback."""

from __future__ import annotations


class Trouble(RuntimeError):
    """What is wrong, and what to do next, in words for a person."""
