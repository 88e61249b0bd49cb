"""Landmarks: what makes two orders comparable; days waited and days to go in steps, from fine to coarse."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

# Days already waited while no date is known; days to go towards a known date.
WAITED: Final = (*range(15), 15, 17, 19, 22, 25, 29, 33, 38, 44, 51, 59, 69, 81, 100)
TO_GO: Final = (0, 1, 2, 3, 4, 6, 8, 11, 15, 22, 36)
_WIDE_WAITED: Final = (0, 3, 8, 15, 29, 59)
_WIDE_TO_GO: Final = (0, 2, 8, 22)
WIDE_WAITED: Final = tuple(bisect_right(_WIDE_WAITED, days) - 1 for days in WAITED)
WIDE_TO_GO: Final = tuple(bisect_right(_WIDE_TO_GO, days) - 1 for days in TO_GO)
BUCKETS: Final = max(len(WAITED), len(TO_GO))


@dataclass(frozen=True, slots=True)
class Level:
    """A grain: landmarks fine, wide or none ("all"), with the place (area, building kind) or without.

    parent: the number of the coarser level that it is mixed with.
    """

    grain: str
    place: bool
    parent: int


LEVELS: Final = (
    Level("all", place=False, parent=-1),
    Level("wide", place=False, parent=0),
    Level("wide", place=True, parent=1),
    Level("fine", place=False, parent=1),
    Level("fine", place=True, parent=3),
)
LADDER: Final = ((4, 0), (2, 0), (3, 0), (1, 0), (1, -1), (1, 1), (1, -2), (0, 0))
"""Which level is asked first, and how many landmarks beside; the next one where there are too few closed orders."""


def bucket(days: int, *, dated: bool) -> int:
    """Return the landmark of days waited, or of days to go; a date that has passed is like today's."""
    return max(bisect_right(TO_GO if dated else WAITED, days) - 1, 0)


def coarser(bucket: int, grain: str, *, dated: bool) -> int:
    """Return the landmark on a grain, given the fine one."""
    if grain == "fine":
        return bucket
    return (WIDE_TO_GO if dated else WIDE_WAITED)[bucket] if grain == "wide" else 0
