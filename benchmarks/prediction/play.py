"""One world, lived day by day: every prediction is made from what was known then, and judged when the line is lit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta
from time import perf_counter_ns
from typing import Final

import numpy as np

from benchmarks.prediction.law import read_law
from benchmarks.prediction.world import simulate
from services.provisioning.prediction.cases import Case, Episode, Prediction, Turn
from services.provisioning.prediction.coverage import Published, inside
from services.provisioning.prediction.estimate import estimate
from services.provisioning.prediction.fit import fit_spells
from services.provisioning.prediction.model import Model, look_up
from services.provisioning.prediction.rule import by_rule
from services.provisioning.prediction.spells import Floats, Spells, Whole, prepare
from services.provisioning.prediction.table import Tables
from services.provisioning.prediction_book import load_learning, load_rule_table

REFIT_DAYS: Final = 14
LOOK_DAYS: Final = 7
"""An order to which nothing happens is looked at again so often."""
ESTIMATED: Final = 40
"""Every so manieth prediction is made by the full estimate, too."""


@dataclass(frozen=True)
class Question:
    """A case, and when it is asked: looks in the morning, facts during the day."""

    day: date
    morning: bool
    order: int
    case: Case


@dataclass(frozen=True)
class Record:
    """Columns, a row for each prediction about an order whose line was lit; days.

    order: its number in the order of arrival. left: from the question to the lit line. error, rule_error, full_error:
    P50 less the actual day (of the model, of the rule table, of the full estimate or NaN); shortest_error: of the
    table's shortest time. inside: part of the actual day that lies in the 80 %. named: whether it lies in the
    published days. width: P90 less P10.
    """

    order: Whole
    pattern: Whole
    dated: Whole
    learned: Whole
    left: Floats
    error: Floats
    rule_error: Floats
    shortest_error: Floats
    full_error: Floats
    full_inside: Floats
    inside: Floats
    named: Floats
    width: Floats


@dataclass(frozen=True)
class Played:
    """What came of one world. look_up_ns, estimate_ns: time of single calls."""

    law: str
    seed: int
    record: Record
    look_up_ns: Whole
    estimate_ns: Whole
    fit_ms: Floats


def play(law: str, seed: int, orders: int) -> Played:
    """Return everything that was predicted in one world."""
    episodes = simulate(read_law(law), orders, seed)
    everything, rules, learning = prepare(episodes), load_rule_table(), load_learning()
    model, fitted_on = Model.empty(), date.min
    tables: Tables = {}
    rows: list[tuple[float, ...]] = []
    look_ns: list[int] = []
    full_ns: list[int] = []
    fit_ms: list[float] = []
    known_on, known = date.min, everything
    for question in sorted(_questions(episodes), key=lambda each: (each.day, not each.morning)):
        if question.day - fitted_on >= timedelta(days=REFIT_DAYS):
            began = perf_counter_ns()
            yesterday = question.day - timedelta(days=1)
            model = fit_spells(_known(everything, yesterday), learning, yesterday, tables)
            oldest = yesterday.toordinal() - learning.calibration_blocks * learning.calibration_days
            tables = {day: table for day, table in tables.items() if day >= oldest}
            fit_ms.append((perf_counter_ns() - began) / 1e6)
            fitted_on = question.day
        lit_on = episodes[question.order].activated_on
        began = perf_counter_ns()
        said = look_up(question.case, model, rules)
        look_ns.append(perf_counter_ns() - began)
        full = None
        if len(look_ns) % ESTIMATED == 0:
            if known_on != question.day:
                known_on, known = question.day, _known(everything, question.day - timedelta(days=1))
            began = perf_counter_ns()
            full = estimate(question.case, known, model, rules, learning)
            full_ns.append(perf_counter_ns() - began)
        if lit_on is not None:
            rows.append(_row(question, said, full, by_rule(question.case, rules, ""), lit_on))
    return Played(law, seed, _columns(rows), np.array(look_ns), np.array(full_ns), np.array(fit_ms))


def _known(everything: Spells, day: date) -> Spells:
    return everything.as_known(day.toordinal())


def _questions(episodes: list[Episode]) -> Iterator[Question]:
    for order, episode in enumerate(episodes):
        last = episode.activated_on or episode.ended_on or episode.as_of
        for number, turn in enumerate(episode.turns):
            if turn.on >= last:
                break
            yield Question(turn.on, morning=False, order=order, case=_case(episode, turn, turn.on))
            until = episode.turns[number + 1].on if number + 1 < len(episode.turns) else last
            day = turn.on + timedelta(days=LOOK_DAYS)
            while day < min(until, last):
                yield Question(day, morning=True, order=order, case=_case(episode, turn, day))
                day += timedelta(days=LOOK_DAYS)


def _case(episode: Episode, turn: Turn, day: date) -> Case:
    return Case(
        pattern=turn.pattern,
        area=episode.area,
        building_kind=episode.building_kind,
        started_on=turn.started_on,
        asked_on=day,
        opened_on=episode.opened_on,
        fixed_on=turn.fixed_on,
        held_on=turn.held_on,
    )


def _row(
    question: Question, said: Prediction, full: Prediction | None, rule: Prediction, lit_on: date
) -> tuple[float, ...]:
    pattern = question.case.pattern

    def part(each: Prediction) -> float:
        return inside(Published(pattern, each.p10_on, each.p90_on, lit_on, each.low_part, each.high_part))

    return (
        question.order,
        pattern.value,
        question.case.stage.value >= 2,
        said.basis == "history",
        (lit_on - question.day).days,
        (said.p50_on - lit_on).days,
        (rule.p50_on - lit_on).days,
        (rule.p10_on - lit_on).days,
        (full.p50_on - lit_on).days if full else np.nan,
        part(full) if full and full.basis == "history" else np.nan,
        part(said),
        said.p10_on <= lit_on <= said.p90_on,
        (said.p90_on - said.p10_on).days,
    )


def _columns(rows: list[tuple[float, ...]]) -> Record:
    table = np.array(rows, dtype=np.float64).reshape(-1, len(fields(Record))).T
    whole = [column.astype(np.int64) for column in table[:4]]
    return Record(*whole, *table[4:])
