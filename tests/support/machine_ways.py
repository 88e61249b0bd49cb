"""A typical way of an order through each pattern: the fewest usual facts that meet it and no other, and light the line.

One fact a day, but for those that have a day of their own. The construction falls on the shortest lead time of the
pattern in force, so that the days of a way are those of the book of lead times.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from kernel.times import at_local, local_date
from services.provisioning.books import load_rules
from services.provisioning.domain import facts
from services.provisioning.domain import site_facts as site
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.lifecycle import apply, open_order
from services.provisioning.domain.order import FiberOrder, Obstacle, Party, State, SurveyKind
from services.provisioning.domain.patterns import Met, Pattern
from services.provisioning.domain.refusals import Refused
from tests.support.machine_walk import OPENED, START, Happened, key


@dataclass(frozen=True)
class Stop:
    """One fact on a way, when it happened, and the order after it."""

    fact: Fact
    at: datetime
    order: FiberOrder


def usual(order: FiberOrder, now: datetime) -> Iterator[Happened]:
    """Return what is usually said next, whatever the state; what it does not accept is refused."""
    shortest = load_rules().shortest_days
    today = local_date(now) + timedelta(days=1)
    at = _noon(today)
    day_n = order.consulted_on or today
    built_on = max(today + timedelta(days=2), day_n + timedelta(days=shortest[order.pattern]))
    yield facts.ConsultDone(today), at
    yield facts.AddressRegistrationRequested(today + timedelta(days=5)), at
    if order.registration_usual_by is not None:
        yield (
            facts.AddressRegistrationCompleted(order.registration_usual_by),
            _noon(order.registration_usual_by),
        )
    yield facts.ServiceOrderCreated("SO-1"), at
    yield site.PlantInquirySent(today), at
    yield site.PlantInquiryAnswered("construction_possible", None, today), at
    yield site.NearDateDenied(day_n + timedelta(days=shortest[Pattern.NO_NEAR_DATE])), at
    yield site.SurveyScheduled(SurveyKind.BUILDING.value, today + timedelta(days=3)), at
    found_on = order.survey_on or today
    expected_by = found_on + timedelta(days=shortest[Pattern.WORKS_FOUND_AFTER_SURVEY] - 3)
    yield site.WorksRequired(Obstacle.GENERAL_WORKS.value, found_on, expected_by), _noon(found_on)
    if order.works_expected_by is not None:
        done_on = order.works_expected_by
        yield site.WorksCompleted(Obstacle.GENERAL_WORKS.value, done_on), _noon(done_on)
    answer_by = today + timedelta(days=2)
    yield facts.ConstructionScheduled(built_on, None), at
    yield facts.ProvisionalDateHeld(built_on, answer_by, _midnight_after(answer_by)), at
    if order.held_on and order.answer_by and order.answer_due_at:
        yield facts.AnswerDeadlineMissed(order.held_on, order.answer_by), order.answer_due_at
    yield facts.CustomerAnswered(today), at
    if order.construction_on is not None:
        yield facts.ConstructionPostponed(order.construction_on, "equipment_return"), at
        yield facts.ConstructionCompleted(order.construction_on), _noon(order.construction_on)


def typical_way(pattern: Pattern) -> list[Stop]:
    """Return the way through a pattern, from the opening to the lit line; empty if usual facts do not meet it alone."""
    wanted: Met = () if pattern is Pattern.IMMEDIATE else (pattern,)
    left = deque([[Stop(OPENED, START, open_order(OPENED, START).after)]])
    seen: set[object] = set()
    while left:
        way = left.popleft()
        if way[-1].order.state is State.ACTIVE and way[-1].order.met == wanted:
            return way
        for stop in _next(way[-1]):
            if stop.order.met in {(), wanted} and (key(stop.order), stop.order.met) not in seen:
                seen.add((key(stop.order), stop.order.met))
                left.append([*way, stop])
    return []


def _next(stop: Stop) -> Iterator[Stop]:
    for fact, at in usual(stop.order, stop.at):
        if at < stop.at:
            continue
        try:
            yield Stop(fact, at, apply(stop.order, fact, at).after)
        except Refused:
            continue


def day_of(stop: Stop, way: list[Stop]) -> str:
    """Return the day of a stop, counted from the consult, day N."""
    days = (local_date(stop.at) - (way[-1].order.consulted_on or local_date(way[0].at))).days
    return f"N{days:+d}" if days else "N"


def ball_days(way: list[Stop]) -> list[tuple[Party, int]]:
    """Return who had the ball for how many days of the way, longest first."""
    days: dict[Party, int] = {}
    for stop, following in pairwise(way):
        if (party := stop.order.ball) is not None:
            spent = (local_date(following.at) - local_date(stop.at)).days
            days[party] = days.get(party, 0) + spent
    return sorted(days.items(), key=lambda each: (-each[1], list(Party).index(each[0])))


def _noon(day: date) -> datetime:
    return at_local(day, time(12))


def _midnight_after(day: date) -> datetime:
    return at_local(day + timedelta(days=1), time(0))
