"""From episodes to a model: what a tick does now and then, and stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

import numpy as np

from services.provisioning.prediction.calibration import calibrate
from services.provisioning.prediction.cases import Episode, Stage
from services.provisioning.prediction.landmarks import BUCKETS, LEVELS
from services.provisioning.prediction.model import NOT_CORRECTED, Key, Levels, Model, Quantiles
from services.provisioning.prediction.settings import Learning
from services.provisioning.prediction.spells import Floats, Spells, Whole, prepare
from services.provisioning.prediction.table import EARLY, Cells, Tables, table_of

_EARLIEST: Final = 0.01
_HAIR: Final = 1e-9


def fit(episodes: Iterable[Episode], learning: Learning, as_of: date) -> Model:
    """Return the model of what was known at the end of a day; the same for the same episodes in the same order."""
    return fit_spells(prepare(episodes), learning, as_of)


def fit_spells(spells: Spells, learning: Learning, as_of: date, tables: Tables | None = None) -> Model:
    """Return the model, from episodes that were prepared.

    tables: what is to be kept between fits to the same growing history, by the day; the past need not be built again.
    """
    today = as_of.toordinal()
    tables = {} if tables is None else tables
    corrected = calibrate(spells, learning, today, tables)
    levels = {divmod(key, 4): at for key, at in corrected.items()}
    cells: dict[Key, Quantiles] = {}
    for number, each in enumerate(table_of(tables, spells, learning, today)):
        cells.update(_rows(number, each, spells, levels))
    return Model(as_of, cells, levels)


def _rows(
    number: int, cells: Cells, spells: Spells, corrected: dict[tuple[int, int], Levels]
) -> Iterator[tuple[Key, Quantiles]]:
    keys = list(_keys(number, cells.codes[cells.enough], spells))
    wanted = np.array([corrected.get((key[1], key[2]), NOT_CORRECTED) for key in keys]).reshape(-1, 3)
    found = quantiles(cells.mass[cells.enough], wanted)
    for key, closed, row in zip(keys, cells.closed[cells.enough], found, strict=True):
        shift = EARLY if key[2] >= Stage.DATE_HELD else 0
        yield key, shifted(row, int(closed), shift)


def shifted(row: Floats, closed: int, shift: int) -> Quantiles:
    """Return one row of `quantiles` in whole days, less a shift."""
    days = [int(value) - shift for value in row[:4]]
    return Quantiles(
        closed, days[0], days[1], days[2], days[3], round(float(row[4]), 4), round(float(row[5]), 4)
    )


def _keys(number: int, codes: Whole, spells: Spells) -> Iterator[Key]:
    for code in codes:
        area, kind = "", ""
        rest = int(code)
        if LEVELS[number].place:
            rest, kind_no = divmod(rest, len(spells.kinds))
            rest, area_no = divmod(rest, len(spells.areas))
            area, kind = spells.areas[area_no], spells.kinds[kind_no]
        rest, landmark = divmod(rest, BUCKETS)
        pattern, stage = divmod(rest, 4)
        yield number, pattern, stage, landmark, area, kind


def quantiles(mass: Floats, at: Floats) -> Floats:
    """Return per row: the earliest day, the days at three probabilities, and how much of the first and last is inside.

    mass: rows of shares per day; at: rows of three probabilities. A day is the first by which so much has happened.
    """
    below = np.cumsum(mass, axis=1)
    every = np.arange(len(mass))

    def first(share: Floats) -> Whole:
        return np.argmax(below >= np.minimum(share, below[:, -1])[:, None] - _HAIR, axis=1)

    low, middle, high = (first(at[:, column]) for column in range(3))
    earliest = np.minimum(first(np.full(len(mass), _EARLIEST)), low)
    low_mass, high_mass = (np.maximum(mass[every, day], _HAIR) for day in (low, high))
    low_part = (below[every, low] - at[:, 0]) / low_mass
    high_part = (at[:, 2] - (below[every, high] - high_mass)) / high_mass
    one_day = low == high
    low_part = np.where(one_day, (at[:, 2] - at[:, 0]) / low_mass, low_part)
    high_part = np.where(one_day, low_part, high_part)
    parts = np.clip(np.stack([low_part, high_part], axis=1), 0, 1)
    return np.hstack([np.stack([earliest, low, middle, high], axis=1).astype(float), parts])
