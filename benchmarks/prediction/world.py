"""Orders of a simulated world, straight from a law: every order with all that will ever happen to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np

from benchmarks.prediction.law import Law, Spread
from services.provisioning.domain.patterns import Pattern
from services.provisioning.prediction.cases import Episode, Turn

FIRST_DAY: Final = date(2026, 1, 5)
P: Final = Pattern


@dataclass
class Life:
    """An order being lived: what holds now, and the turns so far."""

    law: Law
    rng: np.random.Generator
    opened_on: date
    area: str
    building_kind: str
    factor: float
    pattern: Pattern = P.IMMEDIATE
    consulted_on: date | None = None
    started_on: date | None = None
    turns: list[Turn] = field(default_factory=list[Turn])

    def turn(self, on: date, *, held_on: date | None = None, fixed_on: date | None = None) -> None:
        """Note what holds from a day on."""
        self.turns.append(Turn(on, self.pattern, self.started_on, held_on, fixed_on))

    def hits(self, percent: float) -> bool:
        """Return whether something happens that happens so often."""
        return bool(self.rng.random() * 100 < percent)

    def days(self, spread: Spread) -> int:
        """Return how long a step takes where this order is."""
        return spread.draw(self.rng, self.factor)

    def work_day(self, day: date) -> date:
        """Return the day, or the next weekday where only weekdays count."""
        if self.law.weekdays_only:
            while day.weekday() >= 5:
                day += timedelta(days=1)
        return day


def simulate(law: Law, orders: int, seed: int) -> list[Episode]:
    """Return so many orders, whole lives, by the day of their opening; the same for the same law and seed."""
    rng = np.random.default_rng([seed, *law.name.encode()])
    opened = list(_arrivals(law, orders, rng))
    half = opened[orders // 2] if orders else FIRST_DAY
    return [_live(law, rng, day, half) for day in opened]


def seen(episode: Episode, as_of: date) -> Episode | None:
    """Return what was known of an order at the end of a day; None: it was not there yet."""
    if episode.opened_on > as_of:
        return None
    return Episode(
        opened_on=episode.opened_on,
        area=episode.area,
        building_kind=episode.building_kind,
        turns=tuple(turn for turn in episode.turns if turn.on <= as_of),
        as_of=as_of,
        activated_on=_until(episode.activated_on, as_of),
        ended_on=_until(episode.ended_on, as_of),
    )


def _until(day: date | None, as_of: date) -> date | None:
    return day if day is not None and day <= as_of else None


def _arrivals(law: Law, orders: int, rng: np.random.Generator) -> Iterator[date]:
    day, made = FIRST_DAY, 0
    while made < orders:
        if day.weekday() < 5:
            today = min(int(rng.poisson(law.orders_per_weekday)), orders - made)
            made += today
            yield from [day] * today
        day += timedelta(days=1)


def _live(law: Law, rng: np.random.Generator, opened_on: date, half: date) -> Episode:
    area = "west" if rng.random() * 100 < law.west else "east"
    kind = "detached" if rng.random() * 100 < law.detached else "collective"
    factor = law.factor[area] * law.factor[kind] * _drift(law, opened_on, half)
    life = Life(law, rng, opened_on, area, kind, factor)
    life.turn(opened_on)
    activated_on = _consult_and_build(life)
    ended_on = _cancelled(life, activated_on)
    last = ended_on or activated_on
    return Episode(
        opened_on=opened_on,
        area=area,
        building_kind=kind,
        turns=tuple(turn for turn in life.turns if ended_on is None or turn.on <= ended_on),
        as_of=last,
        activated_on=None if ended_on else activated_on,
        ended_on=ended_on,
    )


def _drift(law: Law, day: date, half: date) -> float:
    along = min(max((day - half).days / max(law.drift.days, 1), 0.0), 1.0)
    return 1 + (law.drift.to - 1) * along


def _cancelled(life: Life, activated_on: date) -> date | None:
    rate = life.law.cancelled_per_day / 100
    day = life.opened_on + timedelta(days=int(life.rng.geometric(rate)) if rate else 100_000)
    return day if day < activated_on else None


def _consult_and_build(life: Life) -> date:
    law, rng = life.law, life.rng
    wait = int(rng.integers(3, 7) if life.hits(law.late_consult) else rng.integers(1, 3))
    life.consulted_on = life.started_on = _business_days(life.opened_on, wait)
    life.turn(life.started_on)
    numbers = sorted(law.share)
    weights = np.array([law.share[number] for number in numbers])
    met = Pattern(int(rng.choice(numbers, p=weights / weights.sum())))
    return _WAYS[met](life, life.started_on)


def _business_days(day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _immediate(life: Life, n: date) -> date:
    return _offer(life, n, life.work_day(n + timedelta(days=life.days(life.law.days.lead))))


def _registration(life: Life, n: date) -> date:
    life.pattern = P.ADDRESS_REGISTRATION
    life.turn(n)
    back = life.work_day(n + timedelta(days=life.days(life.law.days.registration)))
    return _offer(life, back, life.work_day(back + timedelta(days=life.days(life.law.days.lead))))


def _works(life: Life, n: date) -> date:
    survey = life.work_day(n + timedelta(days=life.days(life.law.days.survey_wait)))
    life.pattern, life.started_on = P.WORKS_FOUND_AFTER_SURVEY, survey
    life.turn(survey)
    return _told_late(life, survey, survey + timedelta(days=life.days(life.law.days.works)))


def _no_near_date(life: Life, n: date) -> date:
    life.pattern = P.NO_NEAR_DATE
    life.turn(n)
    return _told_late(life, n, n + timedelta(days=life.days(life.law.days.no_near_date)))


def _equipment_return(life: Life, n: date) -> date:
    first = life.work_day(n + timedelta(days=life.days(life.law.days.lead)))
    life.turn(n, fixed_on=first)
    lost = n + timedelta(days=int(life.rng.integers(1, max((first - n).days, 2))))
    life.pattern = P.EQUIPMENT_RETURN
    life.turn(lost)
    return _told_late(life, lost, n + timedelta(days=life.days(life.law.days.equipment_return)))


def _not_immediate(life: Life, n: date) -> date:
    life.pattern = P.NOT_IMMEDIATE
    life.turn(n)
    answer = life.work_day(n + timedelta(days=life.days(life.law.days.plant_answer)))
    if life.hits(50):  # construction possible, or a survey and then possible
        survey = life.days(life.law.days.survey_wait) if life.hits(40) else 0
        on = life.work_day(answer + timedelta(days=survey))
        return _offer(life, on, life.work_day(on + timedelta(days=life.days(life.law.days.lead))))
    return _told_late(life, answer, answer + timedelta(days=life.days(life.law.days.works)))


def _told_late(life: Life, since: date, on: date) -> date:
    on = life.work_day(max(on, since + timedelta(days=1)))
    told = max(since, on - timedelta(days=life.days(life.law.days.told_before)))
    return _offer(life, told, on)


def _offer(life: Life, told: date, on: date) -> date:
    """Fix a date, at once or after it was held; nobody answers: pattern 7 and a new one."""
    on = max(on, told)
    if not life.hits(life.law.held_first) or (on - told).days < 4:
        life.turn(told, fixed_on=on)
        return on
    life.turn(told, held_on=on)
    if not life.hits(life.law.silent):
        life.turn(life.work_day(told + timedelta(days=int(life.rng.integers(0, 4)))), fixed_on=on)
        return on
    lost = told + timedelta(days=3)
    life.pattern, life.started_on = P.CUSTOMER_DELAY, life.consulted_on
    life.turn(lost)
    answered = life.work_day(lost + timedelta(days=life.days(life.law.days.silence)))
    again = life.work_day(answered + timedelta(days=life.days(life.law.days.lead)))
    life.turn(answered, fixed_on=again)
    return again


_WAYS: Final = {
    P.IMMEDIATE: _immediate,
    P.ADDRESS_REGISTRATION: _registration,
    P.WORKS_FOUND_AFTER_SURVEY: _works,
    P.NO_NEAR_DATE: _no_near_date,
    P.EQUIPMENT_RETURN: _equipment_return,
    P.NOT_IMMEDIATE: _not_immediate,
}
