"""Which day is the earliest for a line by the rule table, and by which day there is usually a date."""

from __future__ import annotations

from datetime import date, timedelta

from services.provisioning.domain.arithmetic import Arithmetic, Start, given
from services.provisioning.domain.order import FiberOrder
from services.provisioning.domain.rules import DeadlineKind, Rules


def earliest(order: FiberOrder, rules: Rules) -> Arithmetic:
    """Return the way to the earliest day for the line: the date that stands, else the shortest lead time.

    Never a day that is over; the consult, if still awaited, is at best today, or on the day agreed with the customer.
    Days are calendar days or business days of the carrier, as the usual time is counted.

    :raises CalendarHasNoYear: a day lies beyond the calendars.
    """
    stands = order.construction_on or order.held_on
    if stands is not None:
        return given(Start.CONSTRUCTION, stands)
    today = rules.day_begun(order.last_at)
    start, clock = _clock(order, rules)
    if clock is None:
        start, clock = Start.CONSULT, max(today, order.consult_scheduled_on or today)
    way = _from(start, clock, rules.lead_time(order.met).shortest, order, rules)
    return way if way.result_on >= today else given(Start.TODAY, today)


def usual_by(order: FiberOrder, rules: Rules) -> Arithmetic | None:
    """Return the way to the day by which an order of its dominant pattern usually is lit; None before the consult.

    :raises CalendarHasNoYear: a day lies beyond the calendars.
    """
    start, clock = _clock(order, rules)
    if clock is None:
        return None
    return _from(start, clock, rules.lead_time(order.met).longest, order, rules)


def last_consult_for(wish: date, order: FiberOrder, rules: Rules) -> Arithmetic:
    """Return the way from the last day for the consult after which the wished day is still possible.

    The order must not be beyond that day.

    :raises CalendarHasNoYear: a day lies beyond the calendars.
    """
    days = rules.lead_time(order.met).shortest
    way = _from(Start.CONSULT, wish - timedelta(days=days), days, order, rules)
    while way.result_on > wish:
        way = _from(Start.CONSULT, way.from_on - timedelta(days=1), days, order, rules)
    while (
        later := _from(Start.CONSULT, way.from_on + timedelta(days=1), days, order, rules)
    ).result_on <= wish:
        way = later
    return way


def _clock(order: FiberOrder, rules: Rules) -> tuple[Start, date | None]:
    """Return the day from which the dominant pattern counts: day N, or the survey if it counts from there."""
    if rules.lead_time(order.met).from_survey and (surveyed := order.surveyed_on or order.survey_on):
        return Start.SURVEY, surveyed
    return Start.CONSULT, order.consulted_on


def _from(start: Start, day: date, days: int, order: FiberOrder, rules: Rules) -> Arithmetic:
    return rules.count(DeadlineKind.USUAL_TIME, start, day, area=order.area, days=days)
