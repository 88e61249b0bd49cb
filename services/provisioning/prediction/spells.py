"""Episodes as columns: a row for each stay of an order in one pattern and stage, prepared once for many questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.provisioning.prediction.cases import Episode, Stage
from services.provisioning.prediction.landmarks import TO_GO, WAITED

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Row = tuple[int, int, str, str, int, int, int, int, int, int]

NEVER: Final = 10**7
"""A day that does not come: the line is not lit."""
REPEAT_DAYS: Final = 7
"""How often an order to which nothing happens is predicted again."""
_WAITED: Final = np.array(WAITED, dtype=np.int64)
_TO_GO: Final = np.array(TO_GO, dtype=np.int64)
_BACK: Final = np.append(_TO_GO[1:] - 1, NEVER)


@dataclass(frozen=True)
class Spells:
    """Columns of equal length; days are ordinals.

    anchor: the day from which is counted: the clock's start, or the known date. low, high: first and last day of the
    stay. lit: the day of the lit line, or NEVER. known: the last day of which something is known.
    order: the number of the episode. area, kind: numbers of the words.
    """

    pattern: Whole
    stage: Whole
    area: Whole
    kind: Whole
    anchor: Whole
    low: Whole
    high: Whole
    lit: Whole
    known: Whole
    order: Whole
    areas: tuple[str, ...]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of stays."""
        return len(self.pattern)

    def pick(self, which: Flags | Whole) -> Spells:
        """Return some of the rows."""
        return replace(self, **{name: getattr(self, name)[which] for name in _COLUMNS})

    def as_known(self, day: int) -> Spells:
        """Return what was known at the end of an earlier day."""
        there = self.pick(self.low <= day)
        known = np.minimum(there.known, day)
        lit = np.where(there.lit > day, NEVER, there.lit)
        return replace(there, high=np.minimum(there.high, day), lit=lit, known=known)

    @property
    def dated(self) -> Flags:
        """Which rows count towards a known date."""
        return self.stage >= Stage.DATE_HELD


_COLUMNS: Final = tuple(field.name for field in fields(Spells))[:-2]


def rows_of(episode: Episode) -> Iterator[Row]:
    """Yield the stays of one order; stays that follow one another unchanged are one."""
    last = episode.activated_on or episode.ended_on or episode.as_of
    known, lit = last.toordinal(), NEVER if episode.activated_on is None else last.toordinal()
    turns = episode.turns
    number = 0
    while number < len(turns):
        turn = turns[number]
        number += 1
        while number < len(turns) and _same(turn, turns[number]):
            number += 1
        until = turns[number].on if number < len(turns) else last
        stage = turn.stage
        anchor = _anchor(episode, turn.started_on, turn.fixed_on or turn.held_on)
        yield (
            turn.pattern.value,
            stage.value,
            episode.area,
            episode.building_kind,
            anchor.toordinal(),
            turn.on.toordinal(),
            max(until, turn.on).toordinal(),
            lit,
            known,
            0,
        )


def _same(one: object, other: object) -> bool:
    names = ("pattern", "started_on", "held_on", "fixed_on")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _anchor(episode: Episode, started_on: date | None, named_on: date | None) -> date:
    return named_on or started_on or episode.opened_on


def prepare(episodes: Iterable[Episode]) -> Spells:
    """Return the stays of all orders, for `fit_spells` and `estimate`."""
    return columns([list(rows_of(episode)) for episode in episodes])


def columns(per_order: Sequence[Sequence[Row]]) -> Spells:
    """Return the rows as columns; the position in the outer sequence is the number of the order."""
    rows = [row for rows in per_order for row in rows]
    order = np.repeat(np.arange(len(per_order)), [len(rows) for rows in per_order])
    areas, kinds = tuple(sorted({row[2] for row in rows})), tuple(sorted({row[3] for row in rows}))
    area_no, kind_no = ({word: no for no, word in enumerate(words)} for words in (areas, kinds))
    table = np.array(
        [(row[0], row[1], area_no[row[2]], kind_no[row[3]], *row[4:9]) for row in rows], dtype=np.int64
    ).reshape(-1, 9)
    by_name = dict(zip(_COLUMNS, (*np.ascontiguousarray(table.T), order.astype(np.int64)), strict=True))
    return Spells(**by_name, areas=areas, kinds=kinds)


@dataclass(frozen=True)
class Looks:
    """Spells seen at landmarks: a row for each stay and each landmark in it.

    spell: the row of the spell; bucket: the landmark; day: the first of the stay, else the middle of its days there.
    asked: how often somebody asks at this landmark: once when the stay begins, later once in REPEAT_DAYS.
    """

    spell: Whole
    bucket: Whole
    day: Whole
    asked: Floats


def looks(spells: Spells) -> Looks:
    """Return every stay at every landmark that it passes, once each, on the first day there."""
    first, last = _passed(spells)
    count = last - first + 1
    spell = np.repeat(np.arange(len(spells)), count)
    bucket = np.arange(len(spell)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    start = np.where(
        spells.dated[spell],
        spells.anchor[spell] - _BACK[np.minimum(bucket, len(_BACK) - 1)],
        spells.anchor[spell] + _WAITED[np.minimum(bucket, len(WAITED) - 1)],
    )
    day = np.maximum(spells.low[spell], start)
    # Rows of one stay run forward in time while it waits, backward while it goes towards a date.
    step = np.where(spells.dated[spell], -1, 1)
    follows = np.clip(np.arange(len(spell)) + step, 0, max(len(spell) - 1, 0))
    same = (spell[follows] == spell) & (follows != np.arange(len(spell)))
    leaves = np.where(same, day[follows], spells.high[spell] + 1)
    begins = day == spells.low[spell]
    asked = (leaves - day - begins) / REPEAT_DAYS + begins
    middle = np.where(begins, day, (day + leaves - 1) // 2)
    return Looks(spell, bucket, middle, asked)


def _passed(spells: Spells) -> tuple[Whole, Whole]:
    waited_first = bucket_waited(spells.low - spells.anchor)
    waited_last = bucket_waited(spells.high - spells.anchor)
    go_first = bucket_to_go(spells.anchor - spells.high)
    go_last = bucket_to_go(spells.anchor - spells.low)
    dated = spells.dated
    return np.where(dated, go_first, waited_first), np.where(dated, go_last, waited_last)


def bucket_waited(days: Whole) -> Whole:
    """Return the landmark of days already waited."""
    return np.maximum(np.searchsorted(_WAITED, days, "right") - 1, 0)


def bucket_to_go(days: Whole) -> Whole:
    """Return the landmark of days to go; a date that has passed is like today's."""
    return np.maximum(np.searchsorted(_TO_GO, days, "right") - 1, 0)
