"""The seven delay patterns (遅延パターン), the one in force, and the dominant one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum


class Pattern(IntEnum):
    """How an order takes its time; the number is the one that people know.

    Source: fiber-orders.md, "The seven patterns".
    """

    IMMEDIATE = 1
    ADDRESS_REGISTRATION = 2
    WORKS_FOUND_AFTER_SURVEY = 3
    NO_NEAR_DATE = 4
    EQUIPMENT_RETURN = 5
    NOT_IMMEDIATE = 6
    CUSTOMER_DELAY = 7


Met = tuple[Pattern, ...]


def meet(met: Met, pattern: Pattern) -> Met:
    """Return the patterns met so far with one more; the one in force is not noted again."""
    return met if met[-1:] == (pattern,) else (*met, pattern)


def shown(met: Met) -> Met:
    """Return the patterns of an order, in order; one that met none is an immediate one."""
    return met or (Pattern.IMMEDIATE,)


def in_force(met: Met) -> Pattern:
    """Return the pattern that was met last."""
    return shown(met)[-1]


def dominant(met: Met, shortest_days: Mapping[Pattern, int]) -> Pattern:
    """Return the pattern that costs the most days; of two that cost the same, the one met later.

    shortest_days: the shortest lead time of every pattern, in days.
    """
    return _last_of_largest(shown(met), [shortest_days[pattern] for pattern in shown(met)])


def _last_of_largest(patterns: Sequence[Pattern], days: Sequence[int]) -> Pattern:
    return max(zip(days, range(len(days)), patterns, strict=True))[2]
