"""Jeopardies: what a fact raises and clears, and what endangers an order now or will at an instant to come.

Raising and clearing are facts of the history, so that the row is its fold whatever the rules become.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from services.provisioning.domain import facts
from services.provisioning.domain.facts import Fact
from services.provisioning.domain.order import FiberOrder, Jeopardy, replace
from services.provisioning.domain.refusals import Code, Refused
from services.provisioning.domain.rules import Rules
from services.provisioning.domain.watches import POSSIBLE, WATCHES, Danger


def open_now(order: FiberOrder, rules: Rules) -> Mapping[Jeopardy, Danger]:
    """Return what endangers the order at the instant of its latest fact.

    :raises CalendarHasNoYear: a day lies beyond the calendars.
    """
    return {
        danger.cause: danger
        for danger in dangers(order, rules)
        if danger.passes_at is None or danger.passes_at <= order.last_at
    }


def dangers(order: FiberOrder, rules: Rules) -> Iterator[Danger]:
    """Return what endangers the order now, or will if nothing happens.

    :raises CalendarHasNoYear: a day lies beyond the calendars.
    """
    return (danger for _, watch in WATCHES[order.state] for danger in watch(order, rules))


def changes(before: FiberOrder | None, after: FiberOrder, rules: Rules) -> Iterator[Fact]:
    """Return what a fact clears and raises, in a fixed order; what is open already is raised again for another day.

    :raises CalendarHasNoYear: a day lies beyond the calendars.
    """
    now = open_now(after, rules)
    for cause in sorted(after.overdue - now.keys()):
        yield facts.JeopardyCleared(cause.value)
    known: Mapping[Jeopardy, Danger] = open_now(before, rules) if before and after.overdue and now else {}
    for cause in sorted(now):
        other_day = cause in known and known[cause].due_on != now[cause].due_on
        if cause not in after.overdue or other_day:
            yield raised(now[cause], rules, at=after.last_at)


def raised(danger: Danger, rules: Rules, *, at: datetime) -> facts.JeopardyRaised:
    """Return the fact that a danger is there. at: since when it is known."""
    return facts.JeopardyRaised(
        danger.cause.value,
        rules.alarms[danger.cause].level.value,
        danger.acts.value,
        rules.act_by(danger.cause, at),
        danger.due_on,
        danger.arithmetic.as_json(),
    )


def raise_jeopardy(order: FiberOrder, fact: facts.JeopardyRaised, _at: datetime) -> FiberOrder:
    """Return the order with one more thing that endangers it; the same may be raised again for another day.

    :raises Refused: the state knows no such danger (wrong_state).
    """
    cause = Jeopardy(fact.cause)
    if cause not in POSSIBLE[order.state]:
        raise Refused(Code.WRONG_STATE)
    return replace(order, overdue=order.overdue | {cause})


def clear_jeopardy(order: FiberOrder, fact: facts.JeopardyCleared, _at: datetime) -> FiberOrder:
    """Return the order without one of the things that endangered it.

    :raises Refused: it does not (already_done).
    """
    cause = Jeopardy(fact.cause)
    if cause not in order.overdue:
        raise Refused(Code.ALREADY_DONE)
    return replace(order, overdue=order.overdue - {cause})


def remember(order: FiberOrder, _fact: facts.ReminderDue, _at: datetime) -> FiberOrder:
    """Return the order as it was: a reminder changes nothing."""
    return order
