"""The correction of the intervals: what the last predictions out of sample showed, per pattern and stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.provisioning.prediction.settings import Learning
from services.provisioning.prediction.spells import Flags, Floats, Spells, Whole
from services.provisioning.prediction.table import Seen, Tables, resolve, see, table_of

WANTED: Final = (0.1, 0.5, 0.9)
_GRID: Final = np.linspace(0, 1, 101)
_ROUNDS: Final = 4

Probabilities = tuple[float, float, float]


@dataclass(frozen=True)
class Ranks:
    """Where the outcome lay in what was predicted; key: pattern times four plus stage.

    low, high: the predicted chance of an earlier day, and of this day or an earlier one. lit: else it lies above high.
    """

    key: Whole
    low: Floats
    high: Floats
    lit: Floats
    weight: Floats


def calibrate(spells: Spells, learning: Learning, today: int, tables: Tables) -> Mapping[int, Probabilities]:
    """Return per key the probabilities at which P10, P50 and P90 must be read off; (.1, .5, .9) if nothing is wrong.

    Split-conformal in the form of the probability integral transform: for each of the last blocks of days a table is
    made from what was known at its start, and the orders seen during the block say where they lay in it. A day has
    mass, so that the transform of an outcome is a range; it counts as spread evenly over it, which is the expected
    value of the randomized transform. An order still open counts as spread like the others above what it has passed.
    """
    ranks = [
        _ranks(spells, learning, today - number * learning.calibration_days, tables)
        for number in range(1, learning.calibration_blocks + 1)
    ]
    found: dict[int, Probabilities] = {}
    if not ranks:
        return found
    key, low, high, lit, weight = (
        np.concatenate([getattr(each, name) for each in ranks])
        for name in ("key", "low", "high", "lit", "weight")
    )
    every = Ranks(key, low, high, lit, weight)
    for pattern in np.unique(key // 4):
        whole = _spread(every, key // 4 == pattern, _GRID, learning.calibration_pull)
        for one in np.unique(key[key // 4 == pattern]):
            curve = _spread(every, key == one, whole, learning.calibration_pull)
            low_at, middle_at, high_at = (float(np.interp(share, curve, _GRID)) for share in WANTED)
            found[int(one)] = (low_at, middle_at, high_at)
    return found


def _ranks(spells: Spells, learning: Learning, start: int, tables: Tables) -> Ranks:
    cells = table_of(tables, spells, learning, start)
    seen = see(spells.pick((spells.high > start) & (spells.low <= start + learning.calibration_days)))
    seen = seen.pick((seen.at.day > start) & (seen.at.day <= start + learning.calibration_days))
    level, row = resolve(cells, seen)
    seen, level, row = seen.pick(level >= 0), level[level >= 0], row[level >= 0]
    low, high = np.zeros(len(level)), np.zeros(len(level))
    for number, each in enumerate(cells):
        here = level == number
        at = (row[here], seen.value[here])
        high[here] = each.below[at]
        low[here] = high[here] - each.mass[at]
    return Ranks(_keys(seen), low, high, seen.lit.astype(float), seen.at.asked)


def _keys(seen: Seen) -> Whole:
    return seen.spells.pattern[seen.at.spell] * 4 + seen.spells.stage[seen.at.spell]


def _spread(ranks: Ranks, which: Flags, prior: Floats, pull: float) -> Floats:
    """Return the distribution of the outcomes' ranks on the grid, drawn towards a prior one."""
    low, high, counted = _together(ranks, which & (ranks.lit > 0))
    width = np.maximum(high - low, 1e-9)[:, None]
    shares = np.clip((_GRID[None, :] - low[:, None]) / width, 0, 1)
    settled: Floats = counted @ shares + pull * prior
    _, passed, weight = _together(ranks, which & (ranks.lit == 0))
    passed = passed[:, None]
    total = ranks.weight[which].sum() + pull
    curve: Floats = settled / settled[-1]
    for _ in range(_ROUNDS if len(weight) else 0):
        at: Floats = np.interp(passed, _GRID, curve)
        above: Floats = np.clip((curve[None, :] - at) / np.maximum(1 - at, 1e-9), 0, 1)
        curve = (settled + weight @ above) / total
    return curve


def _together(ranks: Ranks, which: Flags) -> tuple[Floats, Floats, Floats]:
    """Return low, high and weight of some outcomes, equal ones as one."""
    pairs = ranks.low[which] + 1j * ranks.high[which]
    one, place = np.unique(pairs, return_inverse=True)
    return one.real, one.imag, np.bincount(place, ranks.weight[which], len(one)).astype(np.float64)
