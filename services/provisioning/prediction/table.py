"""Distributions of the days that remain: weighted Kaplan-Meier per kind of case, each mixed with its coarser one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from services.provisioning.prediction.landmarks import (
    BUCKETS,
    LADDER,
    LEVELS,
    TO_GO,
    WAITED,
    WIDE_TO_GO,
    WIDE_WAITED,
    Level,
)
from services.provisioning.prediction.settings import Learning
from services.provisioning.prediction.spells import (
    NEVER,
    Flags,
    Floats,
    Looks,
    Spells,
    Whole,
    looks,
)

REACH: Final = 260
"""Days that a distribution reaches; whatever lies beyond counts as its last day."""
EARLY: Final = 20
"""Days before a known date at which its distribution begins."""
_WIDE_WAITED: Final = np.array(WIDE_WAITED, dtype=np.int64)
_WIDE_TO_GO: Final = np.array(WIDE_TO_GO, dtype=np.int64)


@dataclass(frozen=True)
class Seen:
    """Looks at stays with what came of them; value: days on the scale of `Cells`, lit: else it is censored there."""

    spells: Spells
    at: Looks
    value: Whole
    lit: Flags

    def pick(self, which: Flags) -> Seen:
        """Return some of the looks."""
        at = Looks(self.at.spell[which], self.at.bucket[which], self.at.day[which], self.at.asked[which])
        return Seen(self.spells, at, self.value[which], self.lit[which])


@dataclass(frozen=True)
class Cells:
    """The cells of one level. codes: sorted. closed: comparable closed orders, enough: whether there are enough.

    mass: share per day, rows add up to 1; below: the same, added up to the end of the day.
    Days count from the day of the question, or from EARLY days before the date that is known.
    """

    codes: Whole
    closed: Floats
    enough: Flags
    mass: Floats
    below: Floats


def see(spells: Spells) -> Seen:
    """Return all looks at the stays; what is known of none of its days is left out."""
    at = looks(spells)
    lit = spells.lit[at.spell] < NEVER
    base = np.where(spells.dated[at.spell], spells.anchor[at.spell] - EARLY, at.day)
    value = np.where(lit, spells.lit[at.spell], spells.known[at.spell]) - base
    seen = Seen(spells, at, np.clip(value, 0, REACH - 1), lit)
    return seen.pick(lit | (value >= 0))


def codes_of(seen: Seen, level: Level) -> Whole:
    """Return the number of the cell of every look."""
    spells, at = seen.spells, seen.at
    dated = spells.dated[at.spell]
    bucket = at.bucket
    if level.grain == "wide":
        bucket = np.where(
            dated,
            _WIDE_TO_GO[np.minimum(bucket, len(TO_GO) - 1)],
            _WIDE_WAITED[np.minimum(bucket, len(WAITED) - 1)],
        )
    elif level.grain == "all":
        bucket = np.zeros_like(bucket)
    code = (spells.pattern[at.spell] * 4 + spells.stage[at.spell]) * BUCKETS + bucket
    if level.place:
        code = (code * len(spells.areas) + spells.area[at.spell]) * len(spells.kinds) + spells.kind[at.spell]
    return code


Tables = dict[int, tuple[Cells, ...]]


def table_of(tables: Tables, spells: Spells, learning: Learning, day: int) -> tuple[Cells, ...]:
    """Return the cells as they were at the end of a day, built once."""
    if day not in tables:
        tables[day] = build(spells.as_known(day), learning, day)
    return tables[day]


def build(spells: Spells, learning: Learning, today: int) -> tuple[Cells, ...]:
    """Return the cells of all levels from what was known at the end of a day."""
    seen = see(spells.pick(spells.high > today - learning.window_days))
    age = np.maximum(today - seen.at.day, 0)
    weight = 0.5 ** (age / learning.half_life_days)
    made: list[Cells] = []
    for level in LEVELS:
        code = codes_of(seen, level)
        share = _one_per_stay(seen.at.spell, code)
        codes, first, cell = np.unique(code, return_index=True, return_inverse=True)
        closed = np.round(sums(cell, share * seen.lit, len(codes)))
        counted = weight * seen.at.asked
        mass, left, weighed = kaplan_meier(cell, seen.value, seen.lit, counted, len(codes))
        parent = _flat(len(codes))
        if level.parent >= 0:
            above = made[level.parent]
            parent = above.mass[np.searchsorted(above.codes, codes_of(seen, LEVELS[level.parent])[first])]
        mass = fill(mass, left, parent)
        if level.parent >= 0:
            pull = learning.pull / (learning.pull + weighed)[:, None]
            mass = mass * (1 - pull) + parent * pull
        enough = closed >= learning.least_comparable
        made.append(Cells(codes, closed, enough, mass, np.cumsum(mass, axis=1)))
    return tuple(made)


def _one_per_stay(spell: Whole, code: Whole) -> Floats:
    """Return weights so that a stay that is seen several times in one cell counts once there."""
    starts = np.ones(len(spell), dtype=bool)
    starts[1:] = (spell[1:] != spell[:-1]) | (code[1:] != code[:-1])
    run = np.cumsum(starts) - 1
    return 1 / np.bincount(run)[run] if len(run) else np.zeros(0)


def kaplan_meier(
    cell: Whole, value: Whole, lit: Flags, weight: Floats, cells: int
) -> tuple[Floats, Floats, Floats]:
    """Return per cell: mass per day, the mass that is left where nothing more is known, and the weight of the lit.

    Kaplan and Meier (1958), weighted: the chance to be lit on a day among those still waiting at its beginning.
    Censored on a day means: known not to be lit on it. What is left lies beyond the last day with anybody waiting.
    """
    place = cell * REACH + value
    events = sums(place, weight * lit, cells * REACH).reshape(cells, REACH)
    all_out = sums(place, weight, cells * REACH).reshape(cells, REACH)
    waiting = np.cumsum(all_out[:, ::-1], axis=1)[:, ::-1]
    hazard: Floats = np.where(waiting > 1e-12, events / np.maximum(waiting, 1e-12), 0.0)
    alive = np.cumprod(1 - np.minimum(hazard, 1), axis=1).astype(np.float64)
    before: Floats = np.hstack([np.ones((cells, 1)), alive[:, :-1]])
    mass: Floats = before - alive
    left = np.where(waiting > 1e-12, 0.0, alive[:, -1:]).astype(np.float64)
    none_follow = ~left.any(axis=1)
    left[none_follow, -1] = alive[none_follow, -1]
    weighed: Floats = events.sum(axis=1)
    return mass, left, weighed


def sums(place: Whole, weight: Floats, places: int) -> Floats:
    """Return the sum of the weights at every place, also where there are none."""
    return np.bincount(place, weight, places).astype(np.float64)


def fill(mass: Floats, left: Floats, parent: Floats) -> Floats:
    """Return the mass with what is left spread over the days of which nothing is known, as the coarser cell has it."""
    open_days = left > 0
    rest = left.max(axis=1)
    wanted = np.where(open_days, parent, 0.0)
    total = wanted.sum(axis=1)
    first_open = np.argmax(open_days, axis=1)
    lost = (total <= 1e-12) & (rest > 0)
    wanted[lost, first_open[lost]] = 1.0
    scale = np.divide(rest, np.where(lost, 1.0, total), out=np.zeros_like(rest), where=lost | (total > 1e-12))
    return mass + wanted * scale[:, None]


def _flat(cells: int) -> Floats:
    return np.zeros((cells, REACH))


def resolve(cells: tuple[Cells, ...], seen: Seen) -> tuple[Whole, Whole]:
    """Return level and row of the finest cell with enough closed orders for every look; -1: there is none."""
    count = len(seen.value)
    level_of, row_of = np.full(count, -1), np.zeros(count, dtype=np.int64)
    for number, shift in LADDER:
        codes = codes_of(seen, LEVELS[number]) + shift
        row = np.minimum(np.searchsorted(cells[number].codes, codes), max(len(cells[number].codes) - 1, 0))
        if not len(cells[number].codes):
            continue
        good = (cells[number].codes[row] == codes) & cells[number].enough[row] & (level_of < 0)
        level_of[good], row_of[good] = number, row[good]
    return level_of, row_of
