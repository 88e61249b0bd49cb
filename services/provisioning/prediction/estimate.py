"""The full estimate for one order, on request: the orders that stood where it stands, to the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from services.provisioning.prediction.cases import Case, Prediction, Stage
from services.provisioning.prediction.fit import quantiles, shifted
from services.provisioning.prediction.model import NOT_CORRECTED, Model, placed
from services.provisioning.prediction.rule import RuleTable, by_rule
from services.provisioning.prediction.settings import Learning
from services.provisioning.prediction.spells import NEVER, Flags, Floats, Spells, Whole
from services.provisioning.prediction.table import EARLY, REACH, fill, kaplan_meier

_APART: Final = (0, 1, 3, 7)


@dataclass(frozen=True)
class _Alike:
    """Stays in the pattern and stage of the case, seen on the day that is nearest to where the case stands.

    apart: days between the two. value: days on the scale of the table; lit: else it is censored there.
    """

    here: Flags
    apart: Whole
    value: Whole
    lit: Flags
    weight: Floats


def estimate(case: Case, history: Spells, model: Model, rules: RuleTable, learning: Learning) -> Prediction:
    """Return the prediction from the orders that were in the same pattern and stage after the same number of days.

    Days may differ by as few as gives enough closed orders, in the same area and kind of building if there are
    enough, else anywhere; the rule if there are too few at all. history: what is known on the day of the question,
    by `prepare`, once for many cases. The correction of the intervals is the model's.
    """
    alike = _alike(case, history, learning)
    everywhere = np.ones(len(alike.here), dtype=bool)
    for place in (alike.here, everywhere):
        for apart in _APART:
            near = alike.apart <= apart
            closed = alike.lit & near & place
            if closed.sum() >= learning.least_comparable:
                mass = _mass(alike, near, np.zeros((1, REACH)), 0)
                if place is alike.here:
                    mass = _mass(alike, near & place, mass, learning.pull)
                return _read(case, model, mass, int(closed.sum()))
    return by_rule(case, rules, model.version)


def _alike(case: Case, history: Spells, learning: Learning) -> _Alike:
    today, dated = case.asked_on.toordinal(), case.stage >= Stage.DATE_HELD
    start = (case.fixed_on or case.held_on or case.started_on or case.opened_on).toordinal()
    same = history.pick(
        np.flatnonzero(
            (history.pattern == case.pattern.value)
            & (history.stage == case.stage.value)
            & (history.high > today - learning.window_days)
        )
    )
    wanted = same.anchor + (min(today - start, 0) if dated else today - start)
    day = np.clip(wanted, same.low, same.high)
    lit = same.lit < NEVER
    base = same.anchor - EARLY if dated else day
    value = np.where(lit, same.lit, same.known) - base
    age = np.maximum(today - day, 0)
    weight = np.where(lit | (value >= 0), 0.5 ** (age / learning.half_life_days), 0.0)
    here = (same.area == _number(history.areas, case.area)) & (
        same.kind == _number(history.kinds, case.building_kind)
    )
    return _Alike(here, np.abs(wanted - day), np.clip(value, 0, REACH - 1), lit, weight)


def _number(words: tuple[str, ...], word: str) -> int:
    return words.index(word) if word in words else -1


def _mass(alike: _Alike, which: Flags, parent: Floats, pull: float) -> Floats:
    """Return the share per day of some of the stays, mixed with a coarser one."""
    cell = np.zeros(int(which.sum()), dtype=np.int64)
    mass, left, weighed = kaplan_meier(cell, alike.value[which], alike.lit[which], alike.weight[which], 1)
    share = pull / (pull + weighed[0])
    return fill(mass, left, parent) * (1 - share) + parent * share


def _read(case: Case, model: Model, mass: Floats, closed: int) -> Prediction:
    named_on = case.fixed_on or case.held_on
    at = model.levels.get((case.pattern.value, case.stage.value), NOT_CORRECTED)
    row = quantiles(mass, np.array([at]))[0]
    found = shifted(row, closed, EARLY if named_on is not None else 0)
    return placed(found, named_on or case.asked_on, case.asked_on, model.version)
