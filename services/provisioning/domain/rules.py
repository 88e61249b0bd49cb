"""The figures that an operator may change, as the domain needs them: due days, lead times, levels, the farthest day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from kernel.times import at_local, local_date
from services.provisioning.domain.arithmetic import Arithmetic, Start, WorkCalendar, count
from services.provisioning.domain.order import Jeopardy
from services.provisioning.domain.patterns import Met, Pattern, dominant


class DeadlineKind(StrEnum):
    """What must happen in time, or is to be called to mind."""

    CONSULT_DUE = "consult_due"
    NEXT_TRY = "next_try"
    ANSWER_BY = "answer_by"
    SURVEY_REMINDER = "survey_reminder"
    CONSTRUCTION_REMINDER = "construction_reminder"
    REGISTRATION_USUAL = "registration_usual"
    PLANT_ANSWER = "plant_answer"
    WORKS_WAIT = "works_wait"
    PERMIT_WAIT = "permit_wait"
    USUAL_TIME = "usual_time"
    WISHED_DAY = "wished_day"


class Level(StrEnum):
    """How bad it is: worth an eye, likely to be missed, or missed."""

    WATCH = "watch"
    AT_RISK = "at_risk"
    BREACHED = "breached"


@dataclass(frozen=True)
class CountRule:
    """How days are counted to a deadline, for counts that begin on effective_from or later.

    days: negative means before; None: another table gives the figure. calendar: of business days, "carrier" being the
    one of the order's area; empty: calendar days. at_hour: local hour at which it passes, None: when the day is over.
    """

    effective_from: date
    days: int | None
    calendar: str
    at_hour: int | None = None


@dataclass(frozen=True)
class LeadTime:
    """Days of a pattern from its clock (day N, or the survey) to the lit line; longest: the usual end of the range."""

    shortest: int
    longest: int
    from_survey: bool


@dataclass(frozen=True)
class Alarm:
    """How bad a jeopardy is, and within how many business days of the company somebody must act."""

    level: Level
    act_within: int


@dataclass(frozen=True)
class Rules:
    """Rules in force; shortest_days: per pattern, what decides which one is dominant.

    counts: per deadline, the oldest rule first. A count takes the rule of the day on which it begins, so that a new
    rule moves no deadline that runs. A day ends day_ends_after_hours after its local midnight.
    promise_better_days: by how many days a promise must be beaten before it is bettered.
    waiting_days: how long a claim waits for its order; horizon_days: a claim may name no day further ahead.
    """

    calendars: Mapping[str, WorkCalendar]
    counts: Mapping[DeadlineKind, tuple[CountRule, ...]]
    alarms: Mapping[Jeopardy, Alarm]
    lead_times: Mapping[Pattern, LeadTime]
    day_ends_after_hours: int
    waiting_days: int
    promise_better_days: int
    horizon_days: int
    shortest_days: Mapping[Pattern, int]
    # Ends of days and lead times that were asked for: the same few for all orders.
    _ends: dict[date, datetime] = field(
        init=False, repr=False, compare=False, default_factory=dict[date, datetime]
    )
    _lead_times: dict[Met, LeadTime] = field(
        init=False, repr=False, compare=False, default_factory=dict[Met, LeadTime]
    )

    def consult_due_on(self, arrived_at: datetime) -> date:
        """Return the last day on which the consult is in time.

        :raises CalendarHasNoYear: the calendar does not reach so far.
        """
        return self.count(DeadlineKind.CONSULT_DUE, Start.ARRIVAL, local_date(arrived_at)).result_on

    def next_call_due_on(self, tried_at: datetime) -> date:
        """Return the last day on which the next call is in time, after one that reached nobody.

        :raises CalendarHasNoYear: the calendar does not reach so far.
        """
        return self.count(DeadlineKind.NEXT_TRY, Start.TRY, local_date(tried_at)).result_on

    def registration_usual_by(self, asked_at: datetime) -> date:
        """Return the day by which an address registration is usually back."""
        asked_on = local_date(asked_at)
        return self.count(DeadlineKind.REGISTRATION_USUAL, Start.REGISTRATION, asked_on).result_on

    def count(
        self, kind: DeadlineKind, start: Start, day: date, *, area: str = "east", days: int | None = None
    ) -> Arithmetic:
        """Return the way from a day to a deadline. area: of the order; days: where another table gives the figure.

        :raises CalendarHasNoYear: the calendar does not reach so far.  :raises KeyError: nothing says how to count.
        """
        rule = self.rule(kind, day)
        figure = rule.days if days is None else days
        if figure is None:
            raise KeyError(kind)
        return count(start, day, figure, self._calendar(rule.calendar, area))

    def rule(self, kind: DeadlineKind, day: date) -> CountRule:
        """Return the rule for counts that begin on the day; before the first rule, the first.

        :raises KeyError: nothing says how it is counted.
        """
        rules = self.counts[kind]
        return next((rule for rule in reversed(rules) if rule.effective_from <= day), rules[0])

    def passes_at(self, kind: DeadlineKind, counted: Arithmetic) -> datetime:
        """Return the instant at which a counted deadline passes: the hour of its rule, or when its day is over."""
        hour = self.rule(kind, counted.from_on).at_hour
        return self.end_of(counted.result_on) if hour is None else at_local(counted.result_on, time(hour))

    def lead_time(self, met: Met) -> LeadTime:
        """Return the lead time of the dominant pattern."""
        known = self._lead_times.get(met)
        if known is None:
            known = self._lead_times[met] = self.lead_times[dominant(met, self.shortest_days)]
        return known

    def act_by(self, cause: Jeopardy, raised_at: datetime) -> date:
        """Return the day by which somebody must act on a jeopardy.

        :raises CalendarHasNoYear: the calendar does not reach so far.
        """
        within = self.alarms[cause].act_within
        return count(Start.ARRIVAL, self.day_begun(raised_at), within, self.calendars["company"]).result_on

    def end_of(self, day: date) -> datetime:
        """Return the instant from which on the local day is over."""
        known = self._ends.get(day)
        if known is None:
            days, hours = divmod(self.day_ends_after_hours, 24)
            known = self._ends[day] = at_local(day + timedelta(days=days), time(hours))
        return known

    def day_over(self, instant: datetime) -> date:
        """Return the last local day that is over at the instant."""
        return local_date(instant - timedelta(hours=self.day_ends_after_hours))

    def day_begun(self, instant: datetime) -> date:
        """Return the first local day that is not over at the instant."""
        return self.day_over(instant) + timedelta(days=1)

    def gives_up_at(self, arrived_at: datetime) -> datetime:
        """Return the instant at which a claim for an unknown order stops waiting for it."""
        return arrived_at + timedelta(days=self.waiting_days)

    def believable(self, day: date, said_at: datetime) -> bool:
        """Return whether a day that was said at an instant lies within the horizon."""
        return (day - local_date(said_at)).days <= self.horizon_days

    def _calendar(self, name: str, area: str) -> WorkCalendar | None:
        return self.calendars[f"carrier_{area}" if name == "carrier" else name] if name else None
