"""Deadlines follow from the order and the rules: which run now, when they pass, and what their passing means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, partial
from types import MappingProxyType
from typing import Final
from uuid import UUID

from kernel.ids import derived_id
from services.provisioning.domain import jeopardy
from services.provisioning.domain.arithmetic import Arithmetic, Start, given
from services.provisioning.domain.facts import AnswerDeadlineMissed, ConsultOverdue, Fact, ReminderDue
from services.provisioning.domain.order import FiberOrder, Jeopardy, State
from services.provisioning.domain.rules import DeadlineKind, Rules


@dataclass(frozen=True)
class Deadline:
    """One running deadline; due_on: its last day, local; due_at: the instant at which it passes.

    attempt: tells apart the answers to several dates of one order. arithmetic: how the day was found.
    """

    order_id: UUID
    kind: DeadlineKind
    due_on: date
    due_at: datetime
    attempt: int
    arithmetic: Arithmetic
    make_missed: Callable[[], Fact] = field(compare=False, repr=False)

    @property
    def missed(self) -> Fact:
        """The fact that its passing is."""
        return self.make_missed()

    @cached_property
    def id(self) -> UUID:
        """The same for the same deadline, whenever it is asked."""
        return derived_id(self.order_id, "deadline", self.kind, str(self.attempt), self.due_at.isoformat())

    @property
    def cause_id(self) -> UUID:
        """The cause of what follows when it passes: late or on time, the same."""
        return derived_id(self.id, self.due_at.isoformat())


def running(order: FiberOrder, rules: Rules) -> tuple[Deadline, ...]:
    """Return the deadlines that run now, earliest first; a fact that arrives in time ends its own by the new state.

    None lies before the latest fact, except those of the consult and the answer, which nothing but their passing ends.

    :raises CalendarHasNoYear: a day lies beyond the calendars.
    """
    found = [clock for make in _CLOCKS.get(order.state, ()) if (clock := make(order, rules))]
    for danger in jeopardy.dangers(order, rules):
        if danger.cause is Jeopardy.CONSULT_OVERDUE:
            if danger.cause not in order.overdue:
                missed = partial(ConsultOverdue, danger.due_on)
                found.append(_deadline(order, danger.kind, order.consult_due_at, missed, danger.arithmetic))
        elif danger.passes_at is not None and danger.passes_at > order.last_at:
            missed = partial(jeopardy.raised, danger, rules, at=danger.passes_at)
            found.append(_deadline(order, danger.kind, danger.passes_at, missed, danger.arithmetic))
    return tuple(sorted(found, key=lambda deadline: (deadline.due_at, deadline.kind)))


def due(order: FiberOrder, by: datetime, rules: Rules) -> Deadline | None:
    """Return the earliest deadline of the order that has passed at the instant, if any.

    :raises CalendarHasNoYear: a day lies beyond the calendars.
    """
    return next((deadline for deadline in running(order, rules) if deadline.due_at <= by), None)


def _deadline(
    order: FiberOrder,
    kind: DeadlineKind,
    due_at: datetime,
    make_missed: Callable[[], Fact],
    arithmetic: Arithmetic,
) -> Deadline:
    return Deadline(
        order_id=order.order_id,
        kind=kind,
        due_on=arithmetic.from_on if kind is DeadlineKind.WISHED_DAY else arithmetic.result_on,
        due_at=due_at,
        attempt=order.attempt,
        arithmetic=arithmetic,
        make_missed=make_missed,
    )


def _answer_by(order: FiberOrder, _rules: Rules) -> Deadline:
    assert order.held_on
    assert order.answer_by
    assert order.answer_due_at
    missed = partial(AnswerDeadlineMissed, order.held_on, order.answer_by)
    way = given(Start.ANSWER, order.answer_by)
    return _deadline(order, DeadlineKind.ANSWER_BY, order.answer_due_at, missed, way)


def _reminder(kind: DeadlineKind, start: Start, day_of: Callable[[FiberOrder], date | None]) -> _Clock:
    """Return the clock of a reminder of a day; where its hour is over when the day is named, there is none."""

    def clock(order: FiberOrder, rules: Rules) -> Deadline | None:
        day = day_of(order)
        if day is None:
            return None
        way = rules.count(kind, start, day, area=order.area)
        due_at = rules.passes_at(kind, way)
        if due_at <= order.last_at:
            return None
        return _deadline(order, kind, due_at, lambda: ReminderDue(kind.value, day, way.as_json()), way)

    return clock


def _survey_ahead(order: FiberOrder) -> date | None:
    return None if order.survey_on == order.surveyed_on else order.survey_on


_Clock = Callable[[FiberOrder, Rules], Deadline | None]
_SURVEY: Final = _reminder(DeadlineKind.SURVEY_REMINDER, Start.SURVEY, _survey_ahead)
_CONSTRUCTION: Final = _reminder(
    DeadlineKind.CONSTRUCTION_REMINDER, Start.CONSTRUCTION, lambda order: order.construction_on
)
# Beside what `watches.WATCHES` waits for.
_CLOCKS: Final[Mapping[State, tuple[_Clock, ...]]] = MappingProxyType(
    {
        State.DATE_HELD: (_answer_by,),
        State.AWAITING_SURVEY: (_SURVEY,),
        State.CONSTRUCTION_SCHEDULED: (_SURVEY, _CONSTRUCTION),
    }
)
